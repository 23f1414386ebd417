"""A plain folder of videos, with any reference data that is known.

Videos of any container, in folders of any depth. All of this is optional:

``truth.csv`` in the folder
    a row for each video: its path, subject, condition and heart rate (see
    `sspd.research.datasets.folder_table`).
``NAME.csv`` beside ``NAME.mp4``
    a contact waveform: ``time_s`` (seconds since the video's first frame) and ``bvp``.
``truth/NAME.csv`` and ``truth/NAME.json`` beside the video
    as ``sspd simulate`` writes them; both or neither.

A video without a subject in ``truth.csv`` counts as a person of its own. If several videos show
one person, name the subjects; otherwise one person may be in both parts of a split. A single
rate is assumed for the whole video, once a second.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from sspd.errors import SourceError
from sspd.research.datasets.card import Dataset, found_or_raise
from sspd.research.datasets.folder_table import TABLE, Row, add_row, read_table
from sspd.research.datasets.texts import numbers, read_columns, read_text, series
from sspd.simulation import VideoSpec, truth, video_suffix, write_truth, write_video
from sspd.types import Recording, References, Series
from sspd.video.folder import videos_in
from sspd.video.read import probe, read

TREE = """
<any>/<video>.mp4 (or another video)
<any>/<video>.csv with time_s,bvp (optional)
truth.csv with video,subject,condition,hr_bpm (optional)
"""
#: Two days, seconds: a longer stated duration is not used.
MAX_VIDEO_S = 172_800.0
WAVEFORM_HEADER = ["time_s", "bvp"]


def recordings(root: Path) -> list[Recording]:
    """List every video below a folder, and missing videos that ``truth.csv`` names.

    Parameters
    ----------
    root : Path

    Returns
    -------
    list of Recording
    """
    rows = read_table(root)
    videos = sorted(set(videos_in(root)) | set(rows))
    names = _names(video.relative_to(root) for video in videos)
    found = []
    for video, name in zip(videos, names, strict=True):
        row = rows.get(video, Row(str(video)))
        beside = video.with_suffix(".csv")
        waveform = beside if beside.is_file() and beside != root / TABLE else None
        known = video.parent / "truth" / video.name
        pair = tuple(known.with_suffix(suffix) for suffix in (".csv", ".json"))
        simulated = pair if any(file.is_file() for file in pair) else ()
        found.append(
            Recording(
                name=name,
                subject=row.subject or name,
                condition=row.condition or "not told",
                video=video,
                frames=partial(read, video),
                references=partial(read_references, video, row.hr_bpm, waveform, simulated),
                files=(video, *([waveform] if waveform else []), *simulated),
            )
        )
    return found_or_raise(found, root, TREE)


def _names(videos: Iterable[Path]) -> list[str]:
    """Name each video by its path without suffix; equal names keep it, or get a number."""
    videos = list(videos)
    short = ["-".join(video.with_suffix("").parts) for video in videos]
    often = Counter(short)
    names: list[str] = []
    for video, name in zip(videos, short, strict=True):
        name = name if often[name] == 1 else "-".join(video.parts)
        name = "".join("_" if char in "\\:" else char for char in name)
        name = f"_{name}" if name.startswith(".") else name
        again = sum(1 for other in names if other == name or other.startswith(f"{name}~"))
        names.append(f"{name}~{again + 1}" if again else name)
    return names


def read_references(
    video: Path, hr_bpm: float | None, waveform: Path | None, simulated: tuple[Path, ...]
) -> References:
    """Read the references of a video.

    Parameters
    ----------
    video : Path
    hr_bpm : float or None
        The rate in ``truth.csv``.
    waveform : Path or None
        ``NAME.csv`` beside the video.
    simulated : tuple of Path
        ``truth/NAME.csv`` and ``truth/NAME.json``, or empty.

    Returns
    -------
    sspd.types.References
    """
    bvp = beats_s = None
    if simulated:
        bvp, known = read_waveform(simulated[0]), _read_record(simulated[1])
        beats_s = numbers(simulated[1], known.get("beats_s", []))
        if beats_s.ndim != 1 or not bool((np.diff(beats_s) > 0).all()):
            raise SourceError(f"{simulated[1]}: beats_s must be times that rise")
        if hr_bpm is None and known.get("hr_bpm") is not None:
            hr_bpm = float(numbers(simulated[1], [known["hr_bpm"]])[0])
    if waveform is not None:
        bvp = read_waveform(waveform)
    rate = None
    if hr_bpm is not None:
        t = np.arange(0, np.clip(probe(video).duration_s or 0.0, 1e-3, MAX_VIDEO_S), 1.0)
        rate = Series(t, np.full_like(t, hr_bpm))
    return References(bvp=bvp, hr_bpm=rate, beats_s=beats_s)


def read_waveform(path: Path) -> Series:
    """Read a contact waveform: a header ``time_s,bvp`` and rows of numbers below it.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Series
    """
    header = read_text(path).partition("\n")[0].strip().lower().split(",")
    if [name.strip() for name in header[:2]] != WAVEFORM_HEADER:
        raise SourceError(f"{path}: no contact waveform; its first line must be time_s,bvp")
    return series(path, *read_columns(path, 2, header=True).T)


def _read_record(path: Path) -> dict[str, Any]:
    try:
        known = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{path}: not JSON ({error})") from error
    if not isinstance(known, dict):
        raise SourceError(f"{path}: not the truth of a simulated video")
    return known


def write(root: Path, number: int, spec: VideoSpec) -> str:
    """Write a video and its truth as ``sspd simulate`` does, and its row of ``truth.csv``.

    Parameters
    ----------
    root : Path
    number : int
    spec : VideoSpec

    Returns
    -------
    str
        Name of the recording.
    """
    name = f"video_{number:04d}"
    file = name + video_suffix(spec)
    (root / "truth").mkdir(parents=True, exist_ok=True)
    write_truth(spec, root / "truth" / file)
    write_video(spec, root / file)
    rate = truth(spec).hr_bpm
    add_row(root, Row(file, name, spec.motion, None if math.isnan(rate) else rate))
    return name


DATASET = Dataset(
    name="folder",
    title="A folder of videos",
    citation="your own; say who was filmed, how, and with whose consent",
    licence="That of the videos.",
    tree=TREE,
    recordings=recordings,
    write=write,
)
