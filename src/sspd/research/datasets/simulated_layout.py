"""Write simulated videos in a dataset's layout, one by one; complete ones are kept.

The general truth of a video goes to ``truth/<recording>.csv`` and ``.json``, in every layout;
``truth/recordings.json`` lists the recordings that were written, by number. That file also marks
the folder as one of simulated videos: no other folder is written into.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from sspd.errors import OutputError, SourceError
from sspd.research.datasets.card import Dataset
from sspd.research.datasets.texts import read_text
from sspd.simulation import VideoSpec, write_truth
from sspd.utils.files import whole_file


def waiting(dataset: Dataset, out: Path, specs: Mapping[int, VideoSpec]) -> dict[int, VideoSpec]:
    """Return the videos that are missing or incomplete.

    Parameters
    ----------
    dataset : Dataset
    out : Path
        The folder, which may be missing.
    specs : mapping of int to VideoSpec
        Videos by the number of their recording.

    Returns
    -------
    dict of int to VideoSpec

    Raises
    ------
    OutputError
        The folder holds something else, or other videos.
    """
    named = recording_names(dataset, out)
    whole: set[str] = set()
    if named:
        try:
            found = dataset.recordings(out)
        except SourceError:  # no video of it is left
            found = []
        whole = {one.name for one in found if all(file.exists() for file in one.files)}
    left = {}
    for number, spec in specs.items():
        name = named.get(str(number))
        known = None if name is None else _spec(out, name)
        if known is not None and known != spec.record():
            raise OutputError(
                f"{out}: its recording {name} is another video; choose an empty folder, or the"
                " options it was made with"
            )
        if known is None or name not in whole:
            left[number] = spec
    return left


def write_layout(dataset: Dataset, out: Path, specs: Mapping[int, VideoSpec]) -> Iterator[str]:
    """Write videos as recordings of a dataset, and yield the name of each complete one.

    Parameters
    ----------
    dataset : Dataset
    out : Path
        The folder; created if missing.
    specs : mapping of int to VideoSpec
        Videos by the number of their recording, from `waiting`.

    Yields
    ------
    str

    Raises
    ------
    OutputError
        The folder cannot be written, or holds something else.
    """
    named = recording_names(dataset, out)
    try:
        (out / "truth").mkdir(parents=True, exist_ok=True)
        _write_names(dataset, out, named)
        for number, spec in specs.items():
            name = dataset.write(out, number, spec)
            write_truth(spec, out / "truth" / f"{name}.mp4")
            named[str(number)] = name
            _write_names(dataset, out, named)
            yield name
    except OSError as error:
        raise OutputError(f"{out}: cannot be written ({error.strerror})") from error


def recording_names(dataset: Dataset, out: Path) -> dict[str, str]:
    """Return the names of the recordings that are written so far, by their number.

    Parameters
    ----------
    dataset : Dataset
    out : Path

    Returns
    -------
    dict of str to str

    Raises
    ------
    OutputError
        The folder holds something else.
    """
    file = out / "truth" / "recordings.json"
    if not file.exists():
        if out.is_dir() and any(out.iterdir()):
            raise OutputError(f"{out}: holds something else; choose an empty folder")
        return {}
    try:
        known = json.loads(read_text(file))
        named = {str(number): str(name) for number, name in known["recordings"].items()}
        layout = str(known["layout"])
    except (SourceError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise OutputError(f"{file}: damaged; choose an empty folder") from error
    if layout != dataset.name:
        raise OutputError(f"{out}: laid out as {layout}; choose an empty folder")
    return named


def _write_names(dataset: Dataset, out: Path, named: Mapping[str, str]) -> None:
    with whole_file(out / "truth" / "recordings.json") as part:
        record = {"layout": dataset.name, "recordings": named}
        part.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def _spec(out: Path, name: str) -> object:
    """Read the options that a video was made with; None if they are not stored."""
    try:
        return json.loads(read_text(out / "truth" / f"{name}.json"))["spec"]
    except (SourceError, ValueError, LookupError, TypeError):
        return None
