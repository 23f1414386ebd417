"""LGI-PPGI: people at rest, turning, talking and in a gym, raw .avi (Pilz et al., 2018).

The names of the XML files' outer elements differ and are not looked at: every element with
the children that are wanted is one sample, in the order of the file. In the oximeter's file
(CMS50, nominally 60 Hz, no times) ``value1`` is the heart rate and ``value2`` the
waveform; in the camera's, ``value1`` is the picture's time in milliseconds. This is how
public loaders (pyVHR and those after it) read them; no description is published.

Where the camera's file is there, its times are the pictures'; the rate in the video's header
(25 Hz) is nominal. Loaders disagree how the oximeter lies to the video: here, as in pyVHR, it
ran a little longer and stopped with the video, so the surplus is before its start. One
that is shorter than the video, which pyVHR refuses, or beside a video without times, is
taken to start with it.
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
#: An hour of 60 Hz has less; parsed, XML takes many times its size.
MAX_XML_CHARS = 1 << 25


def recordings(root: Path) -> list[Recording]:
    """The recordings one or two folders down, named as their folder."""
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
    """The video with its camera's times, or with its own where those are not there."""
    if not timer.is_file():
        return read(video, start_s=start_s, end_s=end_s, chunk=chunk, warn=warn)
    t = camera_times(timer)
    return read_with_timestamps(video, t, start_s=start_s, end_s=end_s, chunk=chunk, warn=warn)


def camera_times(timer: Path) -> NDArray[np.float64]:
    """Seconds of each picture since the first."""
    ms = read_samples(timer, "value1")[:, 0]
    return np.asarray((ms - ms[0]) / 1000)


def read_contact(contact: Path, timer: Path) -> References:
    """Waveform and heart rate of the oximeter."""
    hr, bvp = read_samples(contact, "value1", "value2").T
    t = np.arange(bvp.size) / CONTACT_HZ
    if timer.is_file():
        t -= max(0.0, float(t[-1] - camera_times(timer)[-1]))
    seen = t > -0.5 / CONTACT_HZ
    t = np.maximum(t[seen], 0)
    return References(bvp=series(contact, t, bvp[seen]), hr_bpm=series(contact, t, hr[seen]))


def read_samples(path: Path, *tags: str) -> NDArray[np.float64]:
    """The numbers of every element that has all these children, shape (rows, tags).

    Raises
    ------
    SourceError
        Missing, not XML, without a sample; or with a document type, whose entities
        could make a small file large or name other files.
    """
    text = read_text(path)
    if len(text) > MAX_XML_CHARS:
        raise SourceError(f"{path}: larger than any recording's samples")
    if "<!DOCTYPE" in text:
        raise SourceError(f"{path}: XML with a DOCTYPE is not read; take it out")
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
    """Write a video as a session of ``id<N>``; the oximeter starts half a second early."""
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
    _write_xml(folder / CONTACT, ((f"{rate:.0f}", f"{level:.0f}") for rate, level in rows))
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
    licence="For research; the terms lie with the download.",
    tree=TREE,
    recordings=recordings,
    write=write,
)
