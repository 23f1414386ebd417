"""A rate over the windows of a video, and unsure windows that lean on accepted neighbours.

The rate of a heart differs little from one half minute to the next. So the accepted windows of a
video predict the rate of those between and beside them: a hidden Markov model over rates, whose
observations are the accepted readings, each right with the probability that its confidence
states, and whose transitions are a random walk (filtering and smoothing after Rabiner, Proc. IEEE
77, 1989). A window that was rejected because it is unsure, and for nothing else, is accepted
where its own reading and this prediction together are as probable as an accepted reading must
be. A video without an accepted window gives no prediction: nothing in it is accepted so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sspd.types import RateBand, WindowVitals
from sspd.vitals.acceptance import LEAST_CONFIDENCE

#: Grid of rates, beats per minute.
RATES_BPM = np.arange(35.0, 215.0, 0.5)
#: Mean change of the rate in 30 s, beats per minute: in 12 recordings of people at rest it is
#: 1.9, at most 4.9. One change in ten is of another kind: someone stands up.
CHANGE_BPM, JUMP_BPM, JUMPS = 2.5, 15.0, 0.1
#: Standard deviation of a reading that is right, beats per minute.
READING_BPM = 1.5
#: A reading is right within this, beats per minute; as the confidence means it.
RIGHT_BPM = 3.0
#: Reason of a window that is unsure. Any other keeps it rejected, also `readouts_disagree`: it may
#: be a clear pulse at another rate, which contradicts the reading whatever the neighbours say.
UNSURE = frozenset({"low_snr"})
#: Longest way to the nearest accepted window, from centre to centre, seconds.
FURTHEST_S = 60.0
#: Share of the probability inside a band.
BAND = 0.9


def rate_bands(windows: Sequence[WindowVitals]) -> tuple[RateBand, ...]:
    """Return the rate in each window with the band that holds it.

    It follows from all accepted windows, and from the window's own reading as far as that is
    sure.

    Parameters
    ----------
    windows : sequence of WindowVitals
        Of one video, in order of time.

    Returns
    -------
    tuple of RateBand
        One per window; empty if no window is accepted.

    Examples
    --------
    >>> sure = WindowVitals(0.0, 30.0, 70.0, 70.0, 5.0, 0.95, accepted=True)
    >>> unsure = WindowVitals(30.0, 60.0, None, None, None, None, False, ("no_face",))
    >>> [round(band.hr_bpm) for band in rate_bands([sure, unsure])]
    [70, 70]
    """
    if not any(window.accepted for window in windows):
        return ()
    predicted = _predictions(windows)
    bands = []
    for k, window in enumerate(windows):
        read = window.accepted or _is_unsure(window)
        own = _likelihood(window) if read else np.ones(RATES_BPM.size)
        middle, low, high = _quantiles(_normalized(predicted[k] * own))
        bands.append(RateBand(window.start_s, window.end_s, middle, low, high))
    return tuple(bands)


def lean_on_neighbours(
    windows: Sequence[WindowVitals], least_confidence: float | None = None
) -> tuple[WindowVitals, ...]:
    """Return the windows, the unsure ones accepted where their neighbours predict the reading.

    Parameters
    ----------
    windows : sequence of WindowVitals
        Of one video, in order of time.
    least_confidence : float or None
        Lowest confidence that is accepted; None means `LEAST_CONFIDENCE`.

    Returns
    -------
    tuple of WindowVitals
        Those that were accepted in this way are ``smoothed``; their confidence is the
        probability that their own reading is right, with what the neighbours say.

    Examples
    --------
    >>> sure = WindowVitals(0.0, 30.0, 70.0, 70.0, 5.0, 0.95, accepted=True)
    >>> unsure = WindowVitals(30.0, 60.0, 71.0, 75.0, 0.0, 0.5, False, ("low_snr",))
    >>> far = replace(unsure, spectral_bpm=130.0)
    >>> [lean_on_neighbours([sure, window])[1].hr_bpm for window in (unsure, far)]
    [71.0, None]
    """
    least = LEAST_CONFIDENCE if least_confidence is None else least_confidence
    centres = [_centre_s(window) for window in windows if window.accepted]
    if not centres:
        return tuple(windows)
    predicted = _predictions(windows)
    found = []
    for k, window in enumerate(windows):
        near = min(abs(_centre_s(window) - centre) for centre in centres) <= FURTHEST_S
        if near and _is_unsure(window):
            right = _own_right(window, predicted[k])
            if right >= least:
                window = replace(window, accepted=True, reasons=(), confidence=right, smoothed=True)
        found.append(window)
    return tuple(found)


def _is_unsure(window: WindowVitals) -> bool:
    """Return whether a window was read, and rejected for nothing but its confidence."""
    read = window.spectral_bpm is not None and window.confidence is not None
    return read and not window.accepted and set(window.reasons) <= UNSURE


def _own_right(window: WindowVitals, predicted: NDArray[np.float64]) -> float:
    """Return the probability that a window's reading is right, its neighbours known."""
    assert window.spectral_bpm is not None
    near = np.abs(RATES_BPM - window.spectral_bpm) <= RIGHT_BPM
    return float(_normalized(predicted * _likelihood(window))[near].sum())


def _likelihood(window: WindowVitals) -> NDArray[np.float64]:
    """Return the likelihood of each rate, given a window's reading; uniform where it is wrong."""
    assert window.spectral_bpm is not None
    confidence = 0.9 if window.confidence is None else window.confidence
    off = (RATES_BPM - window.spectral_bpm) / READING_BPM
    return confidence * _normalized(np.exp(-0.5 * off**2)) + (1 - confidence) / RATES_BPM.size


def _predictions(windows: Sequence[WindowVitals]) -> list[NDArray[np.float64]]:
    """Return the probability of each rate in every window, from the OTHER accepted ones."""
    n = len(windows)
    before = [np.full(RATES_BPM.size, 1 / RATES_BPM.size) for _ in range(n)]
    after = [each.copy() for each in before]
    for message, order in ((before, range(1, n)), (after, range(n - 2, -1, -1))):
        step = order.step
        for k in order:
            last = windows[k - step]
            known = message[k - step] * (_likelihood(last) if last.accepted else 1.0)
            away_s = abs(_centre_s(windows[k]) - _centre_s(last))
            message[k] = _moved(_normalized(known), away_s)
    return [_normalized(a * b) for a, b in zip(before, after, strict=True)]


def _moved(p: NDArray[np.float64], away_s: float) -> NDArray[np.float64]:
    """Return the probabilities after a random walk of some seconds."""
    size = np.sqrt(max(away_s, 1.0) / 30.0)
    reach = np.arange(-RATES_BPM.size + 1, RATES_BPM.size) * (RATES_BPM[1] - RATES_BPM[0])
    usual, jump = (_normalized(np.exp(-np.abs(reach) / (size * b))) for b in (CHANGE_BPM, JUMP_BPM))
    kernel = (1 - JUMPS) * usual + JUMPS * jump
    return _normalized(np.convolve(p, kernel)[p.size - 1 : 2 * p.size - 1])


def _normalized(p: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(p / p.sum())


def _quantiles(p: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return the median and both ends of the band."""
    upto = np.cumsum(p) - p / 2
    shares = (0.5, (1 - BAND) / 2, (1 + BAND) / 2)
    middle, low, high = np.interp(shares, upto, RATES_BPM)
    return float(middle), float(low), float(high)


def _centre_s(window: WindowVitals) -> float:
    return (window.start_s + window.end_s) / 2
