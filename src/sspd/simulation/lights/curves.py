"""Random curves and events over time that can be evaluated at any times."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.float64]

#: Events begin this long before the video, seconds: more than any delay or event lasts.
BEFORE_S = 60.0


def power_law_sines(
    rng: np.random.Generator, f_range: tuple[float, float], slope: float, n: int
) -> tuple[Times, Times, Times]:
    """Draw sines whose power falls as a power of the frequency.

    Parameters
    ----------
    rng : np.random.Generator
    f_range : (low, high)
        Band, Hz.
    slope : float
        Exponent: power per Hz is f^-slope.
    n : int
        Number of sines, one in each of `n` bands of equal ratio.

    Returns
    -------
    f_hz, phase, gain : float64 arrays, shape (n,)
        The sum has variance 1.

    >>> gain = power_law_sines(np.random.default_rng(0), (0.1, 1.0), 1.0, 8)[2]
    >>> round(float((gain**2).sum()), 6)
    2.0
    """
    edges = np.geomspace(*f_range, n + 1)
    f_hz = edges[:-1] * (edges[1:] / edges[:-1]) ** rng.random(n)
    phase = rng.uniform(0, 2 * np.pi, n)
    # a band of equal ratio is as wide as its frequency
    power = f_hz ** (1 - slope)
    return f_hz, phase, np.sqrt(2 * power / power.sum())


def power_law_noise(
    rng: np.random.Generator, t: Times, f_range: tuple[float, float], slope: float, n: int = 40
) -> Times:
    """Draw noise whose power falls as a power of the frequency, of variance 1.

    Parameters
    ----------
    rng : np.random.Generator
    t : float64 array, shape (time,)
        Seconds.
    f_range : (low, high)
        Band, Hz.
    slope : float
        Exponent: power per Hz is f^-slope.
    n : int
        Number of sines.

    Returns
    -------
    float64 array, shape (time,)

    >>> x = power_law_noise(np.random.default_rng(0), np.arange(0, 5000, 0.1), (0.01, 1.0), 1.0)
    >>> bool(abs(x.std() - 1) < 0.05)
    True
    """
    out = np.zeros_like(t)
    for f, p, g in zip(*power_law_sines(rng, f_range, slope, n), strict=True):
        out += g * np.sin(2 * np.pi * f * t + p)
    return out


def wandering_phase(rng: np.random.Generator, t: Times, hz: float, wander: float) -> Times:
    """Return the phase of an oscillator whose frequency wanders slower than 0.15 Hz.

    Parameters
    ----------
    rng : np.random.Generator
    t : float64 array, shape (time,)
        Seconds.
    hz : float
        Mean frequency, Hz.
    wander : float
        Standard deviation of the frequency, as a fraction of it.

    Returns
    -------
    float64 array, shape (time,)
        Radians.

    >>> t = np.array([0.0, 0.25, 0.5])
    >>> phase = wandering_phase(np.random.default_rng(0), t, 2.0, 0.0)
    >>> np.round((phase - phase[0]) / np.pi, 3).tolist()
    [0.0, 1.0, 2.0]
    """
    n = 12
    slow_hz = rng.uniform(0.02, 0.15, n)
    slow_phase = rng.uniform(0, 2 * np.pi, n)
    phase = 2 * np.pi * hz * t + rng.uniform(0, 2 * np.pi)
    # the integral of a sum of sines of variance 1, in closed form, so that any times will do
    for f, p in zip(slow_hz, slow_phase, strict=True):
        phase -= hz * wander * np.sqrt(2 / n) / f * np.cos(2 * np.pi * f * t + p)
    return np.asarray(phase)


def event_times(draw_gap: Callable[[], float], t: Times, margin_s: float = 0.0) -> Times:
    """Return the times of successive events, from `BEFORE_S` before 0 to the last time.

    More times only add events at the end, so that a part of a video has the events of the whole.

    Parameters
    ----------
    draw_gap : callable
        Draws the time to the next event, seconds.
    t : float64 array, shape (time,)
        Times that are to be covered, seconds.
    margin_s : float
        Length covered beyond the last time, seconds.

    Returns
    -------
    float64 array, shape (events,)

    >>> event_times(lambda: 20.0, np.array([0.0, 10.0])).tolist()
    [-60.0, -40.0, -20.0, 0.0, 20.0]
    """
    times = [-BEFORE_S]
    end = float(t.max()) + margin_s
    while times[-1] <= end:
        times.append(times[-1] + draw_gap())
    return np.array(times)


def smooth_step(x: Times) -> Times:
    """Return a smooth step from 0 at 0 to 1 at 1.

    Parameters
    ----------
    x : float64 array

    Returns
    -------
    float64 array, of the shape of `x`

    >>> smooth_step(np.array([-1.0, 0.5, 2.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    s = np.clip(x, 0.0, 1.0)
    return np.asarray(s * s * (3 - 2 * s))
