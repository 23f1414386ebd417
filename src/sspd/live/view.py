"""State of a live measurement at one moment, for a display, a line or a program."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sspd.live.gauges import Gauges
from sspd.types import Respiration, Signal, Update, Vitals


@dataclass(frozen=True, eq=False)
class LiveView:
    """One moment of a live measurement.

    Parameters
    ----------
    time_s : float
        Seconds since the first frame.
    phase : str
        One of `sspd.live.phases.PHASES`.
    camera : str
        One of `sspd.video.camera.states.CAMERA_STATES`.
    rate_bpm : float or None
        Rate that may be shown, beats per minute: accepted, and not older than 3 s.
    confidence : float or None
        Its confidence, 0 to 1.
    hint : str or None
        Name of the hint to show, one of `sspd.live.hints.HINTS`.
    gauges : Gauges or None
        None: no face is seen.
    waveform : Signal or None
        The last seconds of the waveform.
    beats_s : float64 array
        Times of the beats in it, seconds.
    respiration : Respiration
    left_s : float or None
        Time until the end, seconds; None: there is none.
    update : Update or None
        The update that has just come.
    latency_s : float or None
        Time from the capture of the update's last frame to now, seconds.
    results : tuple of Vitals
        When it is done.
    """

    time_s: float
    phase: str
    camera: str
    rate_bpm: float | None = None
    confidence: float | None = None
    hint: str | None = None
    gauges: Gauges | None = None
    waveform: Signal | None = None
    beats_s: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    respiration: Respiration = field(default_factory=lambda: Respiration(None, reason="too early"))
    left_s: float | None = None
    update: Update | None = None
    latency_s: float | None = None
    results: tuple[Vitals, ...] = ()
