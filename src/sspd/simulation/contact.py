"""What contact sensors would have said during a simulated video, on clocks of their own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sspd.simulation.cardiac import beat_model, blood_volume
from sspd.simulation.spec import VideoSpec
from sspd.types import Series

#: A finger clip shows the mean rate of the beats of this long, seconds: no more than twice
#: what is modelled beyond the video's ends.
SHOWN_OVER_S = 6.0


def contact_bvp(spec: VideoSpec, t: NDArray[np.float64]) -> Series:
    """The blood-volume pulse at any times within the video, as a contact sensor sees it.

    Flat for a video without pulse.

    Parameters
    ----------
    spec : VideoSpec
    t : float64 array, shape (time,)
        Seconds of the video, rising.

    >>> contact_bvp(VideoSpec(duration_s=2), np.arange(0, 2, 1 / 60)).values.shape
    (120,)
    """
    if spec.pulse_percent == 0:
        return Series(t, np.zeros_like(t))
    return Series(t, blood_volume(spec, beat_model(spec), t))


def contact_rate(spec: VideoSpec, t: NDArray[np.float64]) -> Series:
    """The rate that a finger clip shows: of the beats of `SHOWN_OVER_S` around each time.

    0 for a video without pulse, as a clip shows it.

    Parameters
    ----------
    spec : VideoSpec
    t : float64 array, shape (time,)
        Seconds of the video, rising.

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
