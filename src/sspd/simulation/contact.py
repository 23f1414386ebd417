"""Contact references of a simulated video, on their own time grids."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sspd.simulation.hearts.cardiac import beat_model, blood_volume
from sspd.simulation.spec import VideoSpec
from sspd.types import Series

#: Length over which a pulse oximeter averages the heart rate, seconds: at most twice the time
#: that is modelled beyond the ends of the video.
SHOWN_OVER_S = 6.0


def contact_bvp(spec: VideoSpec, t: NDArray[np.float64]) -> Series:
    """Return the blood volume pulse of a contact sensor at any times within the video.

    Constant for a video without a pulse.

    Parameters
    ----------
    spec : VideoSpec
    t : float64 array, shape (time,)
        Seconds from the first frame, ascending.

    Returns
    -------
    Series

    >>> contact_bvp(VideoSpec(duration_s=2), np.arange(0, 2, 1 / 60)).values.shape
    (120,)
    """
    if spec.pulse_percent == 0:
        return Series(t, np.zeros_like(t))
    return Series(t, blood_volume(spec, beat_model(spec), t))


def contact_rate(spec: VideoSpec, t: NDArray[np.float64]) -> Series:
    """Return the heart rate shown by a pulse oximeter: the mean over `SHOWN_OVER_S`.

    0 for a video without a pulse, as an oximeter shows it.

    Parameters
    ----------
    spec : VideoSpec
    t : float64 array, shape (time,)
        Seconds from the first frame, ascending.

    Returns
    -------
    Series
        Beats per minute.

    >>> spec = VideoSpec(hr_bpm=75, duration_s=20, lf_ms=0, hf_ms=0)
    >>> contact_rate(spec, np.array([10.0])).values.round(1)
    array([75.])
    """
    if spec.pulse_percent == 0:
        return Series(t, np.zeros_like(t))
    heart = beat_model(spec)
    before, after = (
        np.interp(t + side * SHOWN_OVER_S / 2, heart.t, heart.phase) for side in (-1, 1)
    )
    return Series(t, 60 * (after - before) / SHOWN_OVER_S)
