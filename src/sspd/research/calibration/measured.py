"""Videos that were measured: everything that a reading is made of, without the frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sspd.face.track import face_segments
from sspd.methods import Method
from sspd.research.calibration.nulls import FPS
from sspd.types import Box, FaceSegment, Frames, FrameStats, Signal
from sspd.utils.files import whole_file
from sspd.video.read import probe, read
from sspd.vitals import VideoFacts


@dataclass(frozen=True, eq=False)
class MeasuredVideo:
    """One video with its waveforms.

    Parameters
    ----------
    kind : str
    number : int
        Of its kind.
    segments : list of FaceSegment
        Without their faces.
    waves : list of Signal or None
        The waveform of each segment.
    facts : VideoFacts
    beats_s : float64 array, shape (beats,)
        The true beats, seconds; empty: it has no pulse.
    """

    kind: str
    number: int
    segments: list[FaceSegment]
    waves: list[Signal | None]
    facts: VideoFacts
    beats_s: NDArray[np.float64]


def measure_video(
    kind: str,
    number: int,
    path: Path,
    beats_s: NDArray[np.float64],
    box: Box | None,
    method: Method,
) -> MeasuredVideo:
    """Run a method on a video.

    Parameters
    ----------
    kind : str
    number : int
    path : Path
        The video.
    beats_s : float64 array, shape (beats,)
        See `MeasuredVideo`.
    box : Box or None
        Where the face is; None: it is looked for.
    method : Method

    Returns
    -------
    MeasuredVideo
    """
    info = probe(path)
    segments = list(face_segments(read(path), size=method.size, box=box))
    waves = [method.run([segment.faces]) if segment.box else None for segment in segments]
    pixels = info.width * info.height * (info.fps or FPS)
    facts = VideoFacts(info.bit_rate / pixels if info.bit_rate else None)
    return MeasuredVideo(kind, number, segments, waves, facts, beats_s)


def save_measured(video: MeasuredVideo, path: Path) -> None:
    """Write a measured video, whole or not at all.

    Parameters
    ----------
    video : MeasuredVideo
    path : Path
        ``KIND-NUMBER.npz``.
    """
    arrays: dict[str, NDArray[Any]] = {"beats_s": video.beats_s}
    arrays["bits_per_pixel"] = np.array(video.facts.bits_per_pixel or np.nan)
    for k, (segment, wave) in enumerate(zip(video.segments, video.waves, strict=True)):
        arrays[f"{k}/span_s"] = np.array([segment.start_s, segment.end_s])
        arrays[f"{k}/box"] = np.array(segment.box or [], np.int64)
        for name, rows in vars(segment.frame_stats).items():
            arrays[f"{k}/scene/{name}"] = rows
        if wave is not None:
            arrays[f"{k}/wave"] = wave.values
            arrays[f"{k}/wave_fs_start"] = np.array([wave.fs, wave.start_s])
    with whole_file(path) as part, part.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def load_measured(path: Path) -> MeasuredVideo:
    """Read what `save_measured` wrote.

    Parameters
    ----------
    path : Path

    Returns
    -------
    MeasuredVideo
    """
    with np.load(path, allow_pickle=False) as found:
        arrays = dict(found)
    kind, number = path.stem.rsplit("-", 1)
    segments, waves = [], []
    for k in range(sum(name.endswith("/span_s") for name in arrays)):
        names = [f.name for f in fields(FrameStats) if f"{k}/scene/{f.name}" in arrays]
        frame_stats = FrameStats(**{name: arrays[f"{k}/scene/{name}"] for name in names})
        none = Frames(np.zeros((0, 1, 1, 3), np.uint8), np.zeros(0))
        box = Box(*arrays[f"{k}/box"].tolist()) if arrays[f"{k}/box"].size else None
        start_s, end_s = arrays[f"{k}/span_s"].tolist()
        segments.append(FaceSegment(start_s, end_s, box, none, frame_stats))
        wave = f"{k}/wave" in arrays
        facts = arrays[f"{k}/wave_fs_start"].tolist() if wave else []
        waves.append(Signal(arrays[f"{k}/wave"], *facts) if wave else None)
    bits = float(arrays["bits_per_pixel"])
    facts_of = VideoFacts(bits if np.isfinite(bits) else None)
    return MeasuredVideo(kind, int(number), segments, waves, facts_of, arrays["beats_s"])


def load_all_measured(folder: Path) -> Iterator[MeasuredVideo]:
    """Read the measured videos of a folder, by name.

    Parameters
    ----------
    folder : Path

    Yields
    ------
    MeasuredVideo
    """
    return map(load_measured, sorted(folder.glob("*.npz")))
