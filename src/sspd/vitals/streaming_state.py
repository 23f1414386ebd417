"""State of the read-out of a waveform that is still growing."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sspd.signal.streaming_filter import FilterState, begin_filter
from sspd.types import ConfidenceSpec, EqualizerSpec, FrameStats, WindowVitals
from sspd.types.spans import window_lengths
from sspd.vitals.acceptance import VideoFacts, still_scene
from sspd.vitals.heart_rate import PASS_HZ

#: Frames up to this long before and after a window belong to its quality features, seconds.
ROWS_AROUND_S = 1.0
#: Frame statistics may be this far ahead of the waveform, seconds: what waits is bounded.
MOST_AHEAD_S = 60.0
#: Variability and breathing are those of the last five minutes: a short-term record of the Task
#: Force's standard (`sspd.vitals.hrv`), seconds.
RHYTHM_S = 300.0


@dataclass(frozen=True)
class ReadoutSettings:
    """Settings of a read-out, with the time of the first sample of the waveform.

    >>> ReadoutSettings(fs=30.0, window_s=3.0)
    Traceback (most recent call last):
        ...
    sspd.errors.UsageError: a window needs 8 s or more, got 3 s
    """

    fs: float
    start_s: float = 0.0
    window_s: float = 30.0
    step_s: float | None = None
    facts: VideoFacts = field(default_factory=VideoFacts)
    confidence: ConfidenceSpec | None = None
    least_confidence: float | None = None
    equalizer: EqualizerSpec | None = None
    """Applied before beats are detected, not before windows are read."""

    def __post_init__(self) -> None:
        window_lengths(self.window_s, self.step_s)
        begin_filter(self.fs, PASS_HZ)  # checks the rate

    @property
    def held(self) -> int:
        """Number of last samples that wait until the frames around them are known."""
        return int(np.ceil(ROWS_AROUND_S * self.fs)) + 1


@dataclass(frozen=True, eq=False)
class ReadoutState:
    """All that the read-out of a growing waveform remembers: about 6 minutes of it."""

    settings: ReadoutSettings
    held: NDArray[np.float64]
    """The last samples, not yet in what follows."""
    n_samples: int
    """Samples before ``held``."""
    run: FilterState | None
    """Filter of the run, which is the waveform since the last gap; None in a gap."""
    n_read: int
    """Windows of the run that are complete."""
    frame_stats: FrameStats
    recent: NDArray[np.float64]
    """The last `RHYTHM_S` of the waveform before ``held``, NaN in gaps."""
    windows: tuple[WindowVitals, ...]
    """Complete windows that begin in the last `RHYTHM_S`."""

    @property
    def end_s(self) -> float:
        """End of the samples before ``held``, seconds."""
        return self.settings.start_s + self.n_samples / self.settings.fs

    @property
    def run_start_s(self) -> float:
        """Start of the run, seconds; ``end_s`` in a gap."""
        n = self.run.n_samples if self.run else 0
        return self.settings.start_s + (self.n_samples - n) / self.settings.fs


def begin_readout(settings: ReadoutSettings) -> ReadoutState:
    """Begin the read-out of a waveform of which no sample is known yet.

    Parameters
    ----------
    settings : ReadoutSettings

    Returns
    -------
    ReadoutState

    >>> begin_readout(ReadoutSettings(fs=30.0)).n_samples
    0
    """
    none = np.zeros(0)
    return ReadoutState(settings, none, 0, None, 0, still_scene(none), none, ())
