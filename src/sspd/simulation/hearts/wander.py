"""Wandering of heart rate and breathing: noise in the three bands of heart rate variability.

The bands are those of the Task Force (Circulation 1996): very low below 0.04 Hz, with a power
that falls as 1/f (Kobayashi & Musha, IEEE Trans. Biomed. Eng. 1982), low from 0.04 to 0.15 Hz
around the Mayer waves, and high around the breathing rate. Centres and widths are those of the
recorded intervals of 12 people: the low band has its centre of power at 0.067-0.111 Hz and a
width of 0.017-0.035 Hz.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sspd.simulation.hearts.options import HeartSpec

#: Lowest frequency of the wandering, and the edges of the bands, Hz.
SLOWEST_HZ, LOW_HZ, HIGH_HZ, FASTEST_HZ = 0.003, 0.04, 0.15, 0.5
_NOISE_HZ = 20.0
_LF_CENTRE_HZ, _LF_WIDTH_HZ = (0.07, 0.105), 0.025
_HF_WIDTH_HZ = 0.05
#: Fraction of the high band's power that is the breath itself; the rest is noise beside it.
_COHERENT = 0.8
#: Largest relative change of the rate, a soft limit: a heart does not stop or double.
_MOST = 0.5
#: Depth of the breaths varies by this standard deviation.
_BREATH_DEPTH = 0.2

Power = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def band_noise(
    rng: np.random.Generator,
    t: NDArray[np.float64],
    power: Power,
    gain: Power | None = None,
) -> NDArray[np.float64]:
    """Draw Gaussian noise of a given spectrum, with an expected variance of 1.

    Parameters
    ----------
    rng : np.random.Generator
    t : float64 array, shape (time,)
        Seconds, ascending.
    power : callable
        Maps frequencies, Hz, to a density in any unit.
    gain : callable or None
        Maps frequencies to a factor on the amplitude, applied after the variance is set.

    Returns
    -------
    float64 array, shape (time,)

    >>> t = np.arange(0, 3000, 0.1)
    >>> x = band_noise(np.random.default_rng(1), t, lambda f: (f > 0.1) & (f < 0.2))
    >>> bool(abs(x.std() - 1) < 0.1)
    True
    """
    n = int(np.ceil((t[-1] - t[0]) * _NOISE_HZ)) + 2
    # long enough to resolve the slowest wandering, and twice the video, as the noise is a loop
    size = max(1 << 15, 1 << (2 * n - 1).bit_length())
    f = np.asarray(np.fft.rfftfreq(size, 1 / _NOISE_HZ)[1:], np.float64)
    density = np.asarray(power(f), np.float64)
    amplitude = np.sqrt(density / density.sum())
    if gain is not None:
        amplitude = amplitude * gain(f)
    lines = amplitude * (rng.standard_normal(f.size) - 1j * rng.standard_normal(f.size))
    noise = np.fft.irfft(np.concatenate([[0.0], lines]) * (size / 2), size)[:n]
    return np.interp(t, t[0] + np.arange(n) / _NOISE_HZ, noise)


def band(low_hz: float, high_hz: float, centre_hz: float, width_hz: float) -> Power:
    """Return the density of a Gaussian bump within the edges of a band.

    Parameters
    ----------
    low_hz, high_hz : float
        Edges, Hz.
    centre_hz, width_hz : float
        Centre and standard deviation, Hz.

    Returns
    -------
    callable

    >>> band(0.04, 0.15, 0.1, 0.02)(np.array([0.01, 0.1, 0.2])).tolist()
    [0.0, 1.0, 0.0]
    """

    def density(f: NDArray[np.float64]) -> NDArray[np.float64]:
        inside = (f >= low_hz) & (f < high_hz)
        return np.where(inside, np.exp(-0.5 * ((f - centre_hz) / width_hz) ** 2), 0.0)

    return density


def pink(low_hz: float, high_hz: float) -> Power:
    """Return a density that falls as 1/f within the edges of a band.

    Parameters
    ----------
    low_hz, high_hz : float
        Edges, Hz.

    Returns
    -------
    callable

    >>> pink(0.01, 0.04)(np.array([0.005, 0.02])).tolist()
    [0.0, 50.0]
    """
    return lambda f: np.where((f >= low_hz) & (f < high_hz), 1 / f, 0.0)


def wandering_breath(
    heart: HeartSpec,
    rng: np.random.Generator,
    t: NDArray[np.float64],
    respiration_hz: float,
    duration_s: float,
) -> NDArray[np.float64]:
    """Draw the breathing: a sine whose rate wanders and whose depth varies.

    Its mean rate over the video is exact.

    Parameters
    ----------
    heart : HeartSpec
    rng : np.random.Generator
    t : float64 array, shape (time,)
        Seconds, at a constant rate, beyond both ends of the video.
    respiration_hz : float
        Mean rate, Hz.
    duration_s : float
        Length of the video, seconds.

    Returns
    -------
    float64 array, shape (time,)
        Positive while the lungs are full; a mean power of 1/2.

    >>> t = np.arange(-3, 63, 0.002)
    >>> x = wandering_breath(HeartSpec(), np.random.default_rng(0), t, 0.25, 60.0)
    >>> int(np.sum(np.diff(np.sign(x[(t > 0) & (t < 60)])) > 0)) in (14, 15, 16)
    True
    """
    wander = band_noise(rng, t, pink(0.005, 0.1)) * heart.breath_wander_percent / 100
    depth = band_noise(rng, t, pink(0.005, 0.1)) * _BREATH_DEPTH
    rate = 1 + 0.6 * np.tanh(wander / 0.6)
    phase = np.concatenate([[0.0], np.cumsum((rate[1:] + rate[:-1]) / 2 * np.diff(t))])
    inside = np.interp([0.0, duration_s], t, phase)
    phase *= respiration_hz * duration_s / (inside[1] - inside[0])
    wave = np.sin(2 * np.pi * (phase + rng.uniform()))
    if heart.breath_wander_percent == 0:
        return np.asarray(wave)
    return np.asarray(wave * (1 + np.tanh(depth)) / np.sqrt(1 + _BREATH_DEPTH**2))


def rate_wander(
    heart: HeartSpec,
    rng: np.random.Generator,
    t: NDArray[np.float64],
    breath: NDArray[np.float64],
    hr_bpm: float,
    respiration_hz: float,
) -> NDArray[np.float64]:
    """Draw the relative change of the heart rate, whose intervals have the asked deviations.

    Parameters
    ----------
    heart : HeartSpec
    rng : np.random.Generator
    t, breath : float64 arrays, shape (time,)
        Seconds, and the breathing, which raises the rate while the lungs fill.
    hr_bpm, respiration_hz : float
        Mean rates.

    Returns
    -------
    float64 array, shape (time,)
        Change, as a fraction of the rate.

    >>> t = np.arange(0, 600, 0.1)
    >>> breath = np.sin(2 * np.pi * 0.25 * t)
    >>> x = rate_wander(HeartSpec(), np.random.default_rng(0), t, breath, 60.0, 0.25)
    >>> bool(0.03 < x.std() < 0.09)
    True
    """
    mean_s = 60.0 / hr_bpm

    def gain(f: NDArray[np.float64]) -> NDArray[np.float64]:
        # an interval averages the rate over its own length; more than half a cycle is not undone
        return 1 / np.sinc(np.minimum(f * mean_s, 0.5))

    very_low, low, high = rng.spawn(3)
    centre = low.uniform(*_LF_CENTRE_HZ)
    beside = band(0.12, FASTEST_HZ, max(respiration_hz, HIGH_HZ), _HF_WIDTH_HZ)
    breathing = np.sqrt(2 * _COHERENT) * breath * gain(np.array([respiration_hz]))
    depth = (
        heart.vlf_ms * band_noise(very_low, t, pink(SLOWEST_HZ, LOW_HZ), gain)
        + heart.lf_ms * band_noise(low, t, band(LOW_HZ, HIGH_HZ, centre, _LF_WIDTH_HZ), gain)
        + heart.hf_ms * (breathing + np.sqrt(1 - _COHERENT) * band_noise(high, t, beside, gain))
    ) / (1000 * mean_s)
    return np.asarray(_MOST * np.tanh(depth / _MOST))
