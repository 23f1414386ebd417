"""LGI-PPGI: people at rest, turning, talking and in a gym, raw .avi (Pilz et al., 2018).

The names of the XML files' outer elements differ and are ignored: every element with the required
children is one sample, in the order of the file. In the oximeter's file (CMS50, nominally 60 Hz, no
times) ``value1`` is the heart rate and ``value2`` the waveform; in the camera's, ``value1`` is the
frame's time in milliseconds. Public loaders (pyVHR and those after it) read them so; no description
is published.

If the camera's file is there, the frames have its times; the rate in the video's header (25 Hz) is
nominal. Loaders disagree about the alignment of oximeter and video: here, as in pyVHR, the oximeter
ran a little longer and stopped with the video, so its surplus is before the video's start. An
oximeter file that is shorter than the video, which pyVHR rejects, or that is beside a video without
times, is assumed to start with the video.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from sspd.errors import SourceError
from sspd.research.datasets.card import Dataset, found_or_raise
from sspd.research.datasets.texts import numbers, read_text, series
from sspd.simulation import VideoSpec, contact_bvp, contact_rate, frame_times, simulate
from sspd.types import Frames, Recording, References
from sspd.utils.files import whole_file
from sspd.video.avi import write_avi
from sspd.video.read import read
from sspd.video.restamp import read_with_timestamps

TREE = """
<id>/<id>_<session>/cv_camera_sensor_stream_handler.avi, cms50_stream_handler.xml
    (sessions gym, resting, rotation, talk; if there: cv_camera_sensor_timer_stream_handler.xml)
"""
VIDEO, CONTACT, TIMER = (
    "cv_camera_sensor_stream_handler.avi",
    "cms50_stream_handler.xml",
    "cv_camera_sensor_timer_stream_handler.xml",
)
SESSIONS = ("gym", "resting", "rotation", "talk")
VIDEO_HZ, CONTACT_HZ = 25.0, 60.0
#: Largest XML file, characters; an hour at 60 Hz has fewer, and parsed XML takes many times more.
MAX_XML_CHARS = 1 << 25


def recordings(root: Path) -> list[Recording]:
    """List the recordings one or two folders down, named as their folder.

    Parameters
    ----------
    root : Path

    Returns
    -------
    list of Recording
    """
    found = []
    for folder in [*root.glob("*/*_*"), *root.glob("*/*/*_*")]:
        subject, _, session = folder.name.rpartition("_")
        video, contact, timer = (folder / name for name in (VIDEO, CONTACT, TIMER))
        if subject and session and (video.is_file() or contact.is_file()):
            found.append(
                Recording(
                    name=folder.name,
                    subject=subject,
                    condition=session,
                    video=video,
                    frames=partial(read_frames, video, timer),
                    references=partial(read_contact, contact, timer),
                    files=(video, contact),
                )
            )
    return found_or_raise(found, root, TREE)


def read_frames(
    video: Path,
    timer: Path,
    *,
    start_s: float = 0.0,
    end_s: float | None = None,
    chunk: int = 32,
    warn: Callable[[str], None] | None = None,
) -> Iterator[Frames]:
    """Read the video with the camera's times, or with its own if those are missing.

    Parameters
    ----------
    video, timer : Path
    start_s, end_s : float or None
        Seconds of the video; None: the end.
    chunk : int
        Frames in a chunk.
    warn : callable or None
        Called with one line for each problem.

    Yields
    ------
    Frames
    """
    if not timer.is_file():
        return read(video, start_s=start_s, end_s=end_s, chunk=chunk, warn=warn)
    t = camera_times(timer)
    return read_with_timestamps(video, t, start_s=start_s, end_s=end_s, chunk=chunk, warn=warn)


def camera_times(timer: Path) -> NDArray[np.float64]:
    """Read the time of each frame since the first.

    Parameters
    ----------
    timer : Path

    Returns
    -------
    float64 array, shape (frames,)
        Seconds.
    """
    ms = read_samples(timer, "value1")[:, 0]
    return np.asarray((ms - ms[0]) / 1000)


def read_contact(contact: Path, timer: Path) -> References:
    """Read waveform and heart rate of the oximeter.

    Parameters
    ----------
    contact, timer : Path

    Returns
    -------
    sspd.types.References
    """
    hr, bvp = read_samples(contact, "value1", "value2").T
    t = np.arange(bvp.size) / CONTACT_HZ
    if timer.is_file():
        t -= max(0.0, float(t[-1] - camera_times(timer)[-1]))
    during = t > -0.5 / CONTACT_HZ
    t = np.maximum(t[during], 0)
    return References(bvp=series(contact, t, bvp[during]), hr_bpm=series(contact, t, hr[during]))


def read_samples(path: Path, *tags: str) -> NDArray[np.float64]:
    """Read the numbers of every XML element that has all these children.

    Parameters
    ----------
    path : Path
    *tags : str

    Returns
    -------
    float64 array, shape (rows, tags)

    Raises
    ------
    SourceError
        The file is missing, not XML or without a sample; or it has a document type, whose
        entities could make a small file large or name other files.
    """
    text = read_text(path)
    if len(text) > MAX_XML_CHARS:
        raise SourceError(f"{path}: larger than any recording's samples")
    if "<!DOCTYPE" in text:
        raise SourceError(f"{path}: XML with a DOCTYPE is not read; remove it")
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as error:
        raise SourceError(f"{path}: not XML ({error})") from None
    rows = []
    for element in root.iter():
        leaves = {child.tag: child.text or "" for child in element if not len(child)}
        if all(tag in leaves for tag in tags):
            rows.append([leaves[tag] for tag in tags])
    if not rows:
        raise SourceError(f"{path}: no element with {' and '.join(tags)} in it")
    return numbers(path, rows)


def write(root: Path, number: int, spec: VideoSpec) -> str:
    """Write a video as a session of ``id<N>``; the oximeter starts half a second early.

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
    person = f"id{number // len(SESSIONS) + 1}"
    folder = root / person / f"{person}_{SESSIONS[number % len(SESSIONS)]}"
    folder.mkdir(parents=True, exist_ok=True)
    write_avi(folder / VIDEO, simulate(spec), fps=VIDEO_HZ)
    timestamps = frame_times(spec)
    _write_xml(folder / TIMER, ((f"{1000 * t:.3f}",) for t in timestamps))
    t = np.arange(timestamps[-1], 0, -1 / CONTACT_HZ)[::-1]
    hr, bvp = contact_rate(spec, t).values, 20 + 60 * contact_bvp(spec, t).values
    early = np.zeros((round(CONTACT_HZ / 2), 2))
    rows = np.concatenate([early, np.stack([hr, bvp], axis=1)])
    _write_xml(folder / CONTACT, ((f"{rate:.0f}", f"{value:.0f}") for rate, value in rows))
    return folder.name


def _write_xml(path: Path, rows: Iterable[tuple[str, ...]]) -> None:
    lines = []
    for n, row in enumerate(rows):
        cells = "".join(f"<value{i}>{cell}</value{i}>" for i, cell in enumerate((str(n), *row)))
        lines.append(f"<value{n}>{cells}</value{n}>\n")
    with whole_file(path) as part:
        part.write_text(f'<?xml version="1.0" encoding="utf-8"?>\n<data>{"".join(lines)}</data>\n')


DATASET = Dataset(
    name="lgi-ppgi",
    title="LGI-PPGI",
    citation="C. S. Pilz, S. Zaunseder, J. Krajewski and V. Blazek, Local group invariance for"
    " heart rate estimation from face videos in the wild, CVPR Workshops, 2018",
    licence="For research; the terms come with the download.",
    tree=TREE,
    recordings=recordings,
    write=write,
)
