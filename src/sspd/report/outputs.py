"""Output files that are written once per measured video."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from sspd.errors import OutputError, SSPDError
from sspd.types import Vitals
from sspd.utils.files import check_output
from sspd.utils.places import is_standard_output, is_stream

#: Kind to module and function, imported on use and called with the vitals and the path.
_WRITERS = {
    "plot": ("sspd.report.plots", "plot_vitals"),
    "signal": ("sspd.report.csv", "write_signal_csv"),
    "overlay": ("sspd.report.overlay", "write_overlay"),
    "page": ("sspd.report.html", "write_page"),
}
#: Names of all kinds.
VIDEO_OUTPUTS = tuple(_WRITERS)
#: Kinds that can be written to standard output.
STREAMED = ("json", "csv")


def check_result_output(kind: str, path: str | Path) -> Path:
    """Check, before the measurement starts, that an output file can be written.

    Parameters
    ----------
    kind : str
        One of `VIDEO_OUTPUTS`, or a file for all videos (json, csv, html).
    path : str or Path

    Returns
    -------
    Path

    Raises
    ------
    OutputError
        The file cannot be written, or not in the format of its suffix.

    >>> check_result_output("plot", "result.docx")
    Traceback (most recent call last):
        ...
    sspd.errors.OutputError: result.docx: a plot is written as .png, .svg or .pdf
    """
    target = check_output(path)
    if is_stream(path):
        if is_standard_output(path) and kind not in STREAMED:
            raise OutputError(f"--{kind} needs a file: standard output takes --json or --csv")
        return target
    if kind == "plot":
        from sspd.report.plots import check_plot

        check_plot(target)
    if kind == "overlay":
        from sspd.report.overlay import check_annotated

        check_annotated(target)
    return target


def file_of_face(path: str | Path, face_id: int) -> Path:
    """Return the file name of one face's output.

    Parameters
    ----------
    path : str or Path
        Output file as the user gave it.
    face_id : int
        Number of the face; 0 leaves the name unchanged.

    Returns
    -------
    Path

    >>> file_of_face("out/pulse.csv", 0).name, file_of_face("out/pulse.csv", 1).name
    ('pulse.csv', 'pulse-face2.csv')
    """
    target = Path(path)
    return target.with_stem(f"{target.stem}-face{face_id + 1}") if face_id else target


def write_outputs(vitals: Vitals, outputs: Mapping[str, str | Path]) -> tuple[str, ...]:
    """Write the output files of one face; a failure does not stop the other files.

    Parameters
    ----------
    vitals : Vitals
    outputs : mapping of str to path
        Path of each kind of `VIDEO_OUTPUTS` to write; see `file_of_face`.

    Returns
    -------
    tuple of str
        One error message per file that could not be written.

    >>> vitals = Vitals("a.mp4", "pos", None, 5.0, None, ())
    >>> write_outputs(vitals, {"signal": "no_such_folder/a.csv"})
    ('no_such_folder/a.csv: cannot be written (No such file or directory)',)
    """
    failures = []
    for kind, plain in outputs.items():
        path = file_of_face(plain, vitals.face_id)
        module, name = _WRITERS[kind]
        write: Callable[[Vitals, str | Path], Any] = getattr(import_module(module), name)
        try:
            write(vitals, path)
        except SSPDError as error:
            failures.append(str(error))
        except Exception as error:  # the results must not be lost, nor the other videos
            failures.append(f"{path}: unexpected {type(error).__name__}: {error}")
    return tuple(" ".join(line.split()) for line in failures)
