"""Changes of the heart rate inside a video, as a fraction of their size over time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# The rate after standing up: a rise at once, a second one to the maximum at about 12 s, the
# rebound at about 20 s, and what stays (Borst et al., J. Appl. Physiol. 1982; Ewing et al.,
# Br. Med. J. 1978: shortest interval near beat 15, longest near beat 30).
_STAND_S = (-1.0, 0.0, 3.0, 5.5, 12.0, 20.0, 30.0, 40.0)
_STAND_SHARE = (0.0, 0.0, 0.7, 0.72, 1.0, 0.25, 0.45, 0.45)


def exponential_change(t: NDArray[np.float64], tau_s: float) -> NDArray[np.float64]:
    """Return an exponential approach from 0 to 1, beginning at time 0.

    So the rate rises at the onset of exercise and falls after its end (Pierpont & Voth, Am. J.
    Cardiol. 2004; Imai et al., J. Am. Coll. Cardiol. 1994).

    Parameters
    ----------
    t : float64 array, shape (time,)
        Seconds.
    tau_s : float
        Time constant, seconds.

    Returns
    -------
    float64 array, shape (time,)

    >>> exponential_change(np.array([-1.0, 0.0, 20.0]), 20.0).round(2).tolist()
    [0.0, 0.0, 0.63]
    """
    return 1 - np.exp(-np.maximum(t, 0) / tau_s)


def standing_up(t: NDArray[np.float64], at_s: float) -> NDArray[np.float64]:
    """Return the change after standing up: to 1 within 12 s, then back to about a half.

    Parameters
    ----------
    t : float64 array, shape (time,)
        Seconds.
    at_s : float
        Time of standing up, seconds.

    Returns
    -------
    float64 array, shape (time,)

    >>> standing_up(np.array([0.0, 5.0, 17.0, 60.0]), 5.0).round(2).tolist()
    [0.0, 0.0, 1.0, 0.45]
    """
    from scipy.interpolate import PchipInterpolator

    shape = PchipInterpolator(_STAND_S, _STAND_SHARE)
    return np.asarray(shape(np.clip(t - at_s, _STAND_S[0], _STAND_S[-1])), np.float64)
