"""Files that every measured video has of its own: the table of their kinds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from sspd.errors import OutputError, SSPDError
from sspd.types import Vitals
from sspd.utils.files import check_output
from sspd.utils.places import is_standard_output, is_stream

#: Kind -> module and function, loaded on use; called with the vitals and the path.
_WRITERS = {
    "plot": ("sspd.report.plots", "plot_vitals"),
    "signal": ("sspd.report.csv", "write_signal_csv"),
    "overlay": ("sspd.report.overlay", "write_overlay"),
}
#: Every kind there is.
VIDEO_OUTPUTS = tuple(_WRITERS)
#: Kinds that standard output takes.
STREAMED = ("json", "csv")


def check_result_output(kind: str, path: str | Path) -> Path:
    """Make sure, before work starts, that a file of results can be written.

    Parameters
    ----------
    kind : str
        Of `VIDEO_OUTPUTS`, or of a file that holds all videos (json, csv).
    path : path

    Raises
    ------
    OutputError
        It cannot be written here, or not in the format that its name asks for.

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
        from sspd.report.plots import check_picture

        check_picture(target)
    if kind == "overlay":
        from sspd.report.overlay import check_annotated

        check_annotated(target)
    return target


def file_of_face(path: str | Path, face_id: int) -> Path:
    """What a file is called where it is of one person among several.

    >>> file_of_face("out/pulse.csv", 0).name, file_of_face("out/pulse.csv", 1).name
    ('pulse.csv', 'pulse-face2.csv')
    """
    target = Path(path)
    return target.with_stem(f"{target.stem}-face{face_id + 1}") if face_id else target


def write_outputs(vitals: Vitals, outputs: Mapping[str, str | Path]) -> tuple[str, ...]:
    """Write the files of one face in a video; one that fails leaves the others.

    Parameters
    ----------
    vitals : Vitals
    outputs : mapping of str to path
        Kind, of `VIDEO_OUTPUTS`, to file; see `file_of_face`.

    Returns
    -------
    tuple of str
        One line for each file that could not be written.

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
        except Exception as error:  # the numbers are there, and other videos to come
            failures.append(f"{path}: unexpected {type(error).__name__}: {error}")
    return tuple(" ".join(line.split()) for line in failures)
