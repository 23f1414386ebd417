"""Results of a measurement: numbers with units, or the reasons why there are none."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sspd.types.frames import Box, FaceSpan
from sspd.types.signal import Signal

#: Largest difference of the two read-outs of a window that counts as agreement, beats per minute.
AGREE_BPM = 5.0
#: Time between two values of `WindowVitals.track_bpm`, seconds.
TRACK_STEP_S = 1.0


@dataclass(frozen=True)
class Estimate:
    """Value of a measurement, or the reason why there is none.

    ``n_beats`` and ``span_s`` are the number of beats and the seconds that it is based on.

    >>> Estimate(None, reason="needs 60 s").reason
    'needs 60 s'
    """

    value: float | None
    n_beats: int | None = None
    span_s: float | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Respiration:
    """Breathing rate, or the reason why there is none.

    ``n_beats`` and ``span_s`` are the number of beats and the seconds that it is based on.

    >>> Respiration(0.25).breaths_per_minute, Respiration(None, reason="needs 30 s").hz
    (15.0, None)
    """

    hz: float | None
    n_beats: int | None = None
    span_s: float | None = None
    reason: str | None = None

    @property
    def breaths_per_minute(self) -> float | None:
        """Breathing rate, breaths per minute."""
        return None if self.hz is None else 60 * self.hz


@dataclass(frozen=True)
class WindowVitals:
    """Heart rate of one window, with its quality and rejection reasons.

    ``spectral_bpm`` and ``peaks_bpm`` are the rates of the two read-outs, accepted or not;
    ``hr_bpm`` is the spectral one if the window was accepted, else None; then
    ``candidate_bpm`` has it.
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
    """Rate every `TRACK_STEP_S` from the start on, if it changes within the window."""
    smoothed: bool = False
    """True if it was accepted because its accepted neighbours predict it."""

    @property
    def hr_bpm(self) -> float | None:
        """Accepted heart rate, beats per minute; None if the window was rejected."""
        return self.spectral_bpm if self.accepted else None

    @property
    def candidate_bpm(self) -> float | None:
        """Rate that was read but rejected, beats per minute; None if accepted or not read."""
        return None if self.accepted else self.spectral_bpm

    @property
    def hr_peaks_bpm(self) -> float | None:
        """Heart rate by peaks, beats per minute; None if it differs from the accepted one."""
        if self.hr_bpm is None or self.peaks_bpm is None:
            return None
        return self.peaks_bpm if abs(self.peaks_bpm - self.hr_bpm) <= AGREE_BPM else None


@dataclass(frozen=True)
class RateBand:
    """Heart rate of one window, with the band that holds it by nine in ten.

    >>> RateBand(0.0, 30.0, 61.5, 59.0, 64.0).hr_bpm
    61.5
    """

    start_s: float
    end_s: float
    hr_bpm: float
    low_bpm: float
    high_bpm: float


@dataclass(frozen=True, eq=False, repr=False)
class Vitals:
    """Vital signs of one face in one video, with reasons for those that are unknown (None).

    The names are those of the JSON. ``hr_bpm`` is the length-weighted mean over accepted
    windows. ``estimate_bpm`` is the mean over all windows, accepted or not; it is meant for
    studies of the method only and is not in the JSON. ``faces`` covers the measured part of
    the video without gaps; ``face_box`` is the first box in it. ``fps`` is the rate of new
    frames, ``container_fps`` the rate stated by the container, including repeated frames, and
    ``stated_fps`` the rate given by the user, which the timestamps then follow.
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
    rate_bands: tuple[RateBand, ...] = ()
    """Rate of each window by all accepted ones; empty unless it was asked for."""
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
        """True if any window was accepted."""
        return any(w.accepted for w in self.windows)

    @property
    def hr_bpm(self) -> float | None:
        """Mean heart rate of the accepted windows, beats per minute."""
        return self._mean("spectral_bpm", accepted_only=True)

    @property
    def hr_peaks_bpm(self) -> float | None:
        """Mean heart rate by peaks of the accepted windows in which both read-outs agree, bpm."""
        return self._mean("hr_peaks_bpm", accepted_only=True)

    @property
    def estimate_bpm(self) -> float | None:
        """Mean spectral rate of all windows, accepted or rejected, beats per minute."""
        return self._mean("spectral_bpm", accepted_only=False)

    @property
    def snr_db(self) -> float | None:
        """Mean signal-to-noise ratio of the accepted windows, or of all if none was, dB."""
        return self._mean("snr_db", accepted_only=self.accepted)

    @property
    def confidence(self) -> float | None:
        """Mean confidence of the accepted windows, or of all if none was, 0-1."""
        return self._mean("confidence", accepted_only=self.accepted)
