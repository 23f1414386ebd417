"""What was measured: numbers with units, or the reasons why there are none."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sspd.types.frames import Box, FaceSpan
from sspd.types.signal import Signal

#: The two read-outs of a window agree if they are this near, beats a minute.
AGREE_BPM = 5.0
#: From one number of a window's `track_bpm` to the next, seconds.
TRACK_STEP_S = 1.0


@dataclass(frozen=True)
class Estimate:
    """One number, or the reason why there is none.

    >>> Estimate(None, reason="needs 60 s").reason
    'needs 60 s'
    """

    value: float | None
    n_beats: int | None = None
    span_s: float | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Respiration:
    """The breathing rate, or the reason why there is none.

    >>> Respiration(0.25).breaths_per_minute, Respiration(None, reason="needs 30 s").hz
    (15.0, None)
    """

    hz: float | None
    n_beats: int | None = None
    span_s: float | None = None
    reason: str | None = None

    @property
    def breaths_per_minute(self) -> float | None:
        """The same rate, breaths a minute."""
        return None if self.hz is None else 60 * self.hz


@dataclass(frozen=True)
class WindowVitals:
    """The reading of one window.

    ``spectral_bpm`` and ``peaks_bpm`` are what the two read-outs say, believed or
    not; ``hr_bpm`` is the spectral one if the window was accepted, else None.
    """

    start_s: float
    end_s: float
    spectral_bpm: float | None
    peaks_bpm: float | None
    snr_db: float | None
    confidence: float | None
    accepted: bool
    reasons: tuple[str, ...] = ()
    track_bpm: tuple[float, ...] = field(default=(), repr=False)
    """The rate every `TRACK_STEP_S` from the start on, where it moves within the window."""

    @property
    def hr_bpm(self) -> float | None:
        """The accepted heart rate, beats a minute, or None."""
        return self.spectral_bpm if self.accepted else None

    @property
    def hr_peaks_bpm(self) -> float | None:
        """The heart rate by peaks, beats a minute; None where it is not that accepted."""
        if self.hr_bpm is None or self.peaks_bpm is None:
            return None
        return self.peaks_bpm if abs(self.peaks_bpm - self.hr_bpm) <= AGREE_BPM else None


@dataclass(frozen=True, eq=False, repr=False)
class Vitals:
    """What was measured of one face in one video; None with a reason where unknown.

    Names are those of the JSON. ``hr_bpm`` is the length-weighted mean over accepted
    windows; ``estimate_bpm`` the same over all windows, accepted or not: it is for studies
    of the method, not for people, and does not stand in the JSON. ``faces`` covers what was
    measured of the video, without gaps; ``face_box`` is the first box in it. ``fps`` counts new
    frames per second; ``container_fps`` is what the container states, repeated frames
    included; ``stated_fps`` what the user stated instead, which the times go by.
    """

    source: str
    method: str
    weights: str | None
    duration_s: float
    fps: float | None
    windows: tuple[WindowVitals, ...]
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    hrv: dict[str, Estimate] = field(default_factory=dict)
    respiration: Respiration = Respiration(None, reason="not measured")
    face_id: int = 0
    face_box: Box | None = None
    faces: tuple[FaceSpan, ...] = ()
    timing_s: dict[str, float] = field(default_factory=dict)
    signal: Signal | None = None
    beats_s: NDArray[np.float64] | None = None
    error: str | None = None
    container_fps: float | None = None
    stated_fps: float | None = None

    def __repr__(self) -> str:
        if self.error is not None:
            return f"Vitals({self.source!r}, failed: {self.error})"
        rate = None if self.hr_bpm is None else f"{self.hr_bpm:.1f} bpm"
        said = rate or f"rejected: {', '.join(self.reasons) or 'no reason'}"
        sure = "unknown" if self.confidence is None else f"{self.confidence:.2f}"
        face = f", face_id={self.face_id}" if self.face_id else ""
        return f"Vitals({self.source!r}{face}, {said}, confidence {sure})"

    def _mean(self, name: str, accepted_only: bool) -> float | None:
        rows = [w for w in self.windows if w.accepted or not accepted_only]
        pairs = [(getattr(w, name), w.end_s - w.start_s) for w in rows]
        known = [(v, s) for v, s in pairs if v is not None]
        length_s = sum(s for _, s in known)
        return float(sum(v * s for v, s in known) / length_s) if known else None

    @property
    def accepted(self) -> bool:
        """Whether any window was accepted."""
        return any(w.accepted for w in self.windows)

    @property
    def hr_bpm(self) -> float | None:
        """Heart rate over the accepted windows, beats a minute."""
        return self._mean("spectral_bpm", accepted_only=True)

    @property
    def hr_peaks_bpm(self) -> float | None:
        """Heart rate by peaks over the accepted windows that agree with it, beats a minute."""
        return self._mean("hr_peaks_bpm", accepted_only=True)

    @property
    def estimate_bpm(self) -> float | None:
        """Spectral rate over all windows, believed or not, beats a minute."""
        return self._mean("spectral_bpm", accepted_only=False)

    @property
    def snr_db(self) -> float | None:
        """Signal-to-noise ratio, dB: accepted windows, or all if none was."""
        return self._mean("snr_db", accepted_only=self.accepted)

    @property
    def confidence(self) -> float | None:
        """Confidence, 0-1: accepted windows, or all if none was."""
        return self._mean("confidence", accepted_only=self.accepted)
