"""The output files of ``sspd measure``."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sspd.cli.inputs import Found, output_paths
from sspd.errors import OutputError
from sspd.utils.locks import claim
from sspd.utils.partials import remove_parts
from sspd.utils.places import is_discarded, is_standard_output, is_stream

if TYPE_CHECKING:
    from sspd.types import Vitals

#: Called with an error in one line.
Fail = Callable[[str], object]


def usable_outputs(
    asked: Mapping[str, Path | None],
    found: Sequence[Found],
    fail: Fail,
    *,
    every_face: bool = False,
) -> dict[str, Path]:
    """Return the requested outputs that can be written; `fail` receives the others.

    Parameters
    ----------
    asked : mapping of str to Path or None
        Paths by the option's name.
    found : sequence of (path, problem)
        All sources; no output may replace one of them.
    fail : callable
        Called with an error in one line.
    every_face : bool
        Whether there may be files of further faces.

    Returns
    -------
    dict of str to Path

    >>> usable_outputs({"csv": Path("a.mp4")}, [(Path("a.mp4"), None)], print)
    a.mp4: is one of the videos, which would be lost
    {}
    """
    from sspd.report.outputs import VIDEO_OUTPUTS, check_result_output

    videos = [video for video, _ in found]
    kept = {Path(os.path.realpath(video)) for video in videos}  # also for cyclic links
    usable: dict[str, Path] = {}
    for kind, path in asked.items():
        if path is None:
            continue
        try:
            if is_discarded(path):
                continue  # /dev/null needs no output
            if is_standard_output(path) and to_standard_output(usable):
                raise OutputError("only one of --json and --csv can go to standard output")
            files = [] if is_stream(path) else [path]
            for target in output_paths(path, videos) if files and kind in VIDEO_OUTPUTS else files:
                place = Path(os.path.realpath(target))
                lost = _of_further_faces(place, kept) if every_face else []
                if place in kept or lost:
                    name = lost[0] if lost else target
                    raise OutputError(f"{name}: is one of the videos, which would be lost")
            usable[kind] = check_result_output(kind, path)
        except OutputError as error:
            fail(str(error))
    return usable


def hold_outputs(
    context: typer.Context, outputs: Mapping[str, Path], found: Sequence[Found]
) -> None:
    """Lock outputs until the command ends, and remove files that killed runs left beside them.

    Files of single videos among many are not locked, because those of other videos may be written
    beside them.

    Parameters
    ----------
    context : typer.Context
    outputs : mapping of str to Path
        Outputs by the option's name.
    found : sequence of (path, problem)
        All sources.

    Raises
    ------
    OutputError
        Another run is writing one of them.
    """
    from sspd.report.outputs import VIDEO_OUTPUTS

    held = [p for kind, p in outputs.items() if kind not in VIDEO_OUTPUTS or len(found) == 1]
    context.with_resource(claim(held))
    for path in outputs.values():
        remove_parts(path)


def to_standard_output(outputs: Mapping[str, Path]) -> bool:
    """Return whether one of the outputs is standard output.

    Parameters
    ----------
    outputs : mapping of str to Path

    Returns
    -------
    bool

    >>> to_standard_output({"json": Path("-")}), to_standard_output({"json": Path("a.json")})
    (True, False)
    """
    return any(is_standard_output(path) for path in outputs.values())


def _of_further_faces(target: Path, videos: Iterable[Path]) -> list[Path]:
    """List the videos whose names a file of a further face beside ``target`` could have."""
    name = re.compile(rf"{re.escape(target.stem)}-face\d+{re.escape(target.suffix)}")
    return [
        video for video in videos if video.parent == target.parent and name.fullmatch(video.name)
    ]


def video_outputs(found: Sequence[Found], outputs: Mapping[str, Path]) -> list[dict[str, Path]]:
    """List the output files of each video that can be measured.

    Parameters
    ----------
    found : sequence of (path, problem)
        All sources.
    outputs : mapping of str to Path
        From `usable_outputs`.

    Returns
    -------
    list of dict of str to Path
        Path by the option's name, for each video.

    >>> found = [(Path("a.mp4"), None), (Path("b"), "b: no video in it"), (Path("c.mp4"), None)]
    >>> video_outputs(found, {"plot": Path("p.png"), "json": Path("o.json")})
    [{'plot': PosixPath('p-a.png')}, {'plot': PosixPath('p-c.png')}]
    """
    from sspd.report.outputs import VIDEO_OUTPUTS

    names = {
        kind: output_paths(outputs[kind], [video for video, _ in found])
        for kind in VIDEO_OUTPUTS
        if kind in outputs
    }
    return [
        {kind: paths[i] for kind, paths in names.items()}
        for i, (_, problem) in enumerate(found)
        if problem is None
    ]


def write_whole(
    results: Sequence[Vitals], outputs: Mapping[str, Path], fail: Fail, *, with_image: bool
) -> None:
    """Write the files that hold all videos; if one file fails, the others are still written.

    Parameters
    ----------
    results : sequence of Vitals
    outputs : mapping of str to Path
        From `usable_outputs`; files of single videos are ignored.
    fail : callable
        Called with an error in one line.
    with_image : bool
        Whether the report may show a frame of the video.
    """
    from sspd.report.csv import write_csv
    from sspd.report.html import write_html
    from sspd.report.json import write_json

    page = partial(write_html, with_image=with_image)
    writers: dict[str, Callable[[Sequence[Vitals], Path], None]]
    writers = {"json": write_json, "csv": write_csv, "report": page}
    for kind in [kind for kind in outputs if kind in writers]:
        try:
            writers[kind](results, outputs[kind])
        except OutputError as error:
            fail(str(error))
        except Exception as error:  # the other files must still be written
            fail(f"{outputs[kind]}: unexpected {type(error).__name__}: {error}")
