"""One video of a dataset, with its contact references."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sspd.types.frames import Frames


@dataclass(frozen=True, eq=False)
class Series:
    """Values of a sensor with their timestamps.

    Parameters
    ----------
    t : float64 array, shape (time,)
        Seconds on the video's clock, strictly ascending.
    values : float64 array, shape (time,)

    >>> Series(np.array([0.0, 0.5]), np.array([61.0, 62.0])).fs
    2.0
    """

    t: NDArray[np.float64]
    values: NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.t.ndim != 1 or self.t.shape != self.values.shape:
            raise ValueError(f"Series: {self.values.shape} values need as many times, one row")
        if self.t.size > 1 and not bool(np.all(np.diff(self.t) > 0)):
            raise ValueError("Series: times must rise strictly")

    def __len__(self) -> int:
        return int(self.t.size)

    @property
    def fs(self) -> float:
        """Mean sampling rate, Hz; NaN for fewer than two samples."""
        return float((self.t.size - 1) / np.ptp(self.t)) if self.t.size > 1 else float("nan")


@dataclass(frozen=True, eq=False)
class References:
    """Contact references of a video; None for those that the dataset does not have.

    Parameters
    ----------
    bvp : Series or None
        Contact PPG waveform, in units of the device, rising at systole.
    hr_bpm : Series or None
        Heart rate as the device displays it, beats per minute.
    respiration : Series or None
        Respiration waveform.
    beats_s : float64 array, shape (beats,), or None
        Times of the beats, seconds, if the dataset contains them.
    """

    bvp: Series | None = None
    hr_bpm: Series | None = None
    respiration: Series | None = None
    beats_s: NDArray[np.float64] | None = None


class OpenFrames(Protocol):
    """Function that reads the frames of a recording: `sspd.video.read.read` without its path."""

    def __call__(
        self,
        *,
        start_s: float = 0.0,
        end_s: float | None = None,
        chunk: int = 32,
        warn: Callable[[str], None] | None = None,
    ) -> Iterator[Frames]:
        """Read the frames of a time span lazily, in order of time."""


@dataclass(frozen=True, eq=False)
class Recording:
    """One video of a dataset with its references, which are read on request.

    Its callables can be pickled (`functools.partial` of a module's functions), as recordings
    are sent to worker processes.

    Parameters
    ----------
    name : str
        Unique name in the dataset, e.g. ``"01-03"``; used in paths, so without separators.
    subject : str
        Name of the subject. Recordings of one subject are never on both sides of a split.
    condition : str
        Condition in the dataset's own words, e.g. ``"talking"``.
    video : Path
        Video file, or folder of image files.
    frames : callable
        Opens the frames: returns an iterator of `Frames` in order of time.
    references : callable
        Reads the contact references.
    files : tuple of Path
        All files that both need.

    >>> def none(**options):
    ...     return iter(())
    >>> one = Recording("01-01", "01", "steady", Path("f.avi"), none, References, ())
    >>> one
    Recording(01-01: subject 01, steady)
    """

    name: str
    subject: str
    condition: str
    video: Path
    frames: OpenFrames
    references: Callable[[], References]
    files: tuple[Path, ...]

    def __post_init__(self) -> None:
        if not self.name or set(self.name) & set("/\\:\0") or self.name.startswith("."):
            raise ValueError(f"Recording: {self.name!r} cannot be a file's name")

    def __repr__(self) -> str:
        return f"Recording({self.name}: subject {self.subject}, {self.condition})"
