"""One video of a dataset, with what its contact sensors said, each on its own clock."""

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
    """Numbers with a time for each, as a sensor gave them.

    Parameters
    ----------
    t : float64 array, shape (time,)
        Seconds on the video's clock, strictly rising.
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
        """Mean samples a second, Hz; NaN for fewer than two."""
        return float((self.t.size - 1) / np.ptp(self.t)) if self.t.size > 1 else float("nan")


@dataclass(frozen=True, eq=False)
class References:
    """What is known of a video from contact; None: this dataset does not have it.

    Parameters
    ----------
    bvp : Series or None
        Contact waveform (PPG), in units of its own, rising at systole.
    hr_bpm : Series or None
        Heart rate as the device shows it.
    respiration : Series or None
        Waveform of the breath.
    beats_s : float64 array, shape (beats,), or None
        Times of the beats, seconds, where they are known as such.
    """

    bvp: Series | None = None
    hr_bpm: Series | None = None
    respiration: Series | None = None
    beats_s: NDArray[np.float64] | None = None


class OpenFrames(Protocol):
    """How a recording's pictures are read: as `sspd.video.read.read` without its path."""

    def __call__(
        self,
        *,
        start_s: float = 0.0,
        end_s: float | None = None,
        chunk: int = 32,
        warn: Callable[[str], None] | None = None,
    ) -> Iterator[Frames]:
        """Pictures of a stretch, lazily, in order of time."""


@dataclass(frozen=True, eq=False)
class Recording:
    """One video of a dataset. Nothing is read before it is asked for.

    Its callables can be pickled (`functools.partial` of a module's functions): recordings are
    sent to processes that measure them.

    Parameters
    ----------
    name : str
        Unique in its dataset, e.g. ``"01-03"``; a part of paths, so no separators.
    subject : str
        Who is in it: recordings of one subject never stand on both sides of a split.
    condition : str
        What was done, in the dataset's own words, e.g. ``"talking"``.
    video : Path
        The video, or the folder of its pictures.
    frames : callable
        Opens the pictures: an iterator of `Frames` in order of time.
    references : callable
        Reads what the contact sensors said.
    files : tuple of Path
        Everything that must be there for both.

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
