"""Whether the colours of a face recur, quicker than any pulse: what a loop does and no camera.

A codec takes away most of the noise by which `sspd.face.recurrence` knows a loop. What it
leaves recurs with the loop in the mean colours of the face, too: above the band of a pulse
these are noise, and noise never comes back.
"""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import NDArray

from sspd.types import FrameStats

#: What is faster than this is no pulse, Hz.
ABOVE_HZ = 4.0
#: Loops from and to this long are looked for, seconds. (x264 begins anew each 8.3 s.)
SHORTEST_S, LONGEST_S = 0.7, 6.0
#: At the loop's length the colours are as like themselves as this, correlation, and so many
#: times as like as at other lags (the 95th percentile).
LEAST_LIKE, LEAST_TIMES = 0.6, 1.5
#: Further from the median than this many deviations is a key frame, not noise.
OUTLIER = 3.0


def colour_period(frame_stats: FrameStats) -> float | None:
    """Find the length of a loop in the colours of a face.

    Parameters
    ----------
    frame_stats : FrameStats
        Of one segment; `quarters_rgb` is looked at.

    Returns
    -------
    float or None
        Seconds; None: the colours do not recur, or there are too few frames to tell.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from sspd.vitals.acceptance import still_scene
    >>> rng, t = np.random.default_rng(0), np.arange(480) / 30
    >>> rgb = 120 + rng.normal(size=(480, 4, 3)).astype(np.float32)
    >>> colour_period(replace(still_scene(t), quarters_rgb=rgb))
    >>> looped = replace(still_scene(t), quarters_rgb=rgb[np.arange(480) % 60])
    >>> round(colour_period(looped), 2)
    2.0
    """
    likeness, step_s = _likeness(frame_stats)
    first, last = round(SHORTEST_S / step_s), min(round(LONGEST_S / step_s), likeness.size)
    if last - first < 2 * first:
        return None
    lag = first + int(likeness[first:last].argmax())
    lags = np.arange(first, likeness.size)
    others = lags[np.abs(lags - lag * np.round(lags / lag)) > 2]
    if likeness[lag] < LEAST_LIKE or others.size < first:
        return None
    usual = float(np.percentile(np.abs(likeness[others]), 95))
    return lag * step_s if likeness[lag] > LEAST_TIMES * usual else None


def _likeness(frame_stats: FrameStats) -> tuple[NDArray[np.float64], float]:
    """How like themselves the quick colours are, by lag in frames; and a frame in seconds.

    Nothing where the frames are too few, too slow, or do not follow each other evenly.
    """
    nothing = np.zeros(0), 1.0
    if frame_stats.t.size < 60:
        return nothing
    steps_s = np.diff(frame_stats.t)
    step_s = float(np.median(steps_s))
    if 1 / step_s < 2.5 * ABOVE_HZ or np.abs(steps_s - step_s).max() > 0.6 * step_s:
        return nothing
    rgb = frame_stats.quarters_rgb.reshape(frame_stats.t.size, 12).astype(np.float64)
    sos = scipy.signal.butter(4, ABOVE_HZ, btype="highpass", fs=1 / step_s, output="sos")
    quick = scipy.signal.sosfiltfilt(sos, rgb - rgb.mean(axis=0), axis=0)  # (time, 12)
    spread = 1.4826 * np.median(np.abs(quick), axis=0)
    if not spread.all():
        return nothing
    quick = np.clip(quick / spread, -OUTLIER, OUTLIER)
    n = quick.shape[0]
    spectrum = np.abs(np.fft.rfft(quick, 2 * n, axis=0)) ** 2
    whole = np.fft.irfft(spectrum.sum(axis=1))[: round(0.6 * n)] / (n - np.arange(round(0.6 * n)))
    return whole / whole[0], step_s
