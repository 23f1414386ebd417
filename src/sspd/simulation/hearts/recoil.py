"""Ballistocardiographic movement of the head: the recoil of each beat.

The head nods and bobs at each beat as blood is pushed up the carotids, mostly vertically,
between 0.75 and 5 Hz (Balakrishnan, Durand & Guttag, CVPR 2013). He, Winokur & Sodini (IEEE
EMBC 2011) measured accelerations of the order of 10 mg at the ear; 10 mg from peak to peak at
3.5 Hz are 0.2 mm. In the stillest of the real videos at hand the mean of eight beats moves by
0.07 mm, as much as one of twenty means of randomly placed beats; in two others it is below 0.4
and 0.6 mm. The recoil of a beat is a swing of the head on its neck that fades within half a
second.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sspd.simulation.hearts.beat_sum import even_beats, sum_of_beats
from sspd.simulation.hearts.model import Heart

#: Width of a face from cheek to cheek, mm (bizygomatic breadth of adults).
FACE_MM = 137.0
#: Frequency of the swing, Hz, and its delay after the beat, seconds.
_SWING_HZ, _DELAY_S = (2.8, 4.5), (0.03, 0.12)
#: Rise and decay of a swing, and its length, seconds.
_RISE_S, _DECAY_S, _LENGTH_S = 0.04, 0.16, 1.2


def recoil(
    bcg_mm: float,
    face_px: int,
    rng: np.random.Generator,
    heart: Heart,
    t: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the vertical movement of the head by the heart's recoil.

    Parameters
    ----------
    bcg_mm : float
        Movement at the mean rate, peak to peak, mm.
    face_px : int
        Width of the face, pixels.
    rng : np.random.Generator
        Source of frequency and delay of the swing.
    heart : Heart
    t : float64 array, shape (time,)
        Seconds, within the time of the heart.

    Returns
    -------
    float64 array, shape (time,)
        Pixels, down.

    >>> grid = np.arange(-3, 8, 0.002)
    >>> heart = Heart(grid, grid / 0.8, np.zeros_like(grid))
    >>> y = recoil(0.2, 274, np.random.default_rng(0), heart, np.arange(0, 4, 0.01))
    >>> round(float(np.ptp(y)), 2)
    0.4
    """
    swing_hz, delay_s = rng.uniform(*_SWING_HZ), rng.uniform(*_DELAY_S)

    def kernel(
        after_s: NDArray[np.float64], interval_s: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        x = np.maximum(after_s - delay_s, 0.0)
        rising = -np.expm1(-x / _RISE_S)
        return np.asarray(-rising * np.exp(-x / _DECAY_S) * np.sin(2 * np.pi * swing_hz * x))

    mean_s = float((heart.t[-1] - heart.t[0]) / (heart.phase[-1] - heart.phase[0]))
    one = even_beats(kernel, mean_s, _LENGTH_S)
    y = sum_of_beats(kernel, heart.beats(), heart.strengths(), t, _LENGTH_S) - one.mean()
    return np.asarray(y * (bcg_mm / FACE_MM * face_px / np.ptp(one)))
