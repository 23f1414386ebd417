"""Waveform of a beat by age, timed in seconds from the beat.

A beat sends a forward wave, its reflection, a dicrotic wave after the aortic valve has closed,
and a slow run-off. Their times are seconds, not fractions of the interval: the valve closes
after the ejection time of Weissler et al. (Circulation 1968, 0.413 s - 0.0017 s per beat per
minute), so a slow heart has a long diastole and nearly the same systole. Beats overlap and add.

By age (20-80 years): arteries stiffen, so the reflection comes earlier after the forward wave
(Millasseau et al., Clin. Sci. 2002: the stiffness index, body height over this time, doubles
from about 5 to 10 m/s), its height relative to the forward wave rises a little, the rise takes
longer and the notch disappears (Allen & Murray, Physiol. Meas. 2003; Dawber et al., Angiology
1973).
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from sspd.simulation.hearts.beat_sum import even_beats, sum_of_beats
from sspd.simulation.hearts.model import Heart
from sspd.simulation.hearts.options import OLDEST, YOUNGEST, HeartSpec

#: Height, time after the beat and width of forward, reflected and dicrotic wave at the
#: youngest and the oldest age; the time of the reflected wave is from the forward one, that of
#: the dicrotic wave from the closure of the valve. Seconds.
_YOUNG = ((1.0, 0.150, 0.060), (0.22, 0.330, 0.095), (0.16, 0.110, 0.055))
_OLD = ((1.0, 0.180, 0.070), (0.34, 0.170, 0.105), (0.01, 0.130, 0.060))
#: Height, additional delay, width and time constant of the run-off, seconds.
_RUN_OFF = (1.00, 0.03, 0.065, 0.45)
#: A beat is followed for this time, seconds.
_KERNEL_S = 2.4
_REFERENCE_BPM = 70.0

Waves = NDArray[np.float64]


def ejection_s(interval_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the time from a beat to the closure of the aortic valve.

    Weissler's line up to 70 beats per minute; above it the power of the interval with the
    same slope there (0.4), as the line would end at 240.

    Parameters
    ----------
    interval_s : float64 array, shape (beats,)
        Interval before each beat, seconds.

    Returns
    -------
    float64 array, shape (beats,)
        Seconds.

    >>> ejection_s(60 / np.array([40.0, 70.0, 140.0])).round(3).tolist()
    [0.345, 0.294, 0.223]
    """
    rate = 60.0 / interval_s
    at_reference = 0.413 - 0.0017 * _REFERENCE_BPM
    return np.where(
        rate < _REFERENCE_BPM,
        0.413 - 0.0017 * rate,
        at_reference * (_REFERENCE_BPM / rate) ** 0.4,
    )


def waves_of_age(age_years: float, rng: np.random.Generator) -> Waves:
    """Draw the waves of a person: height, time and width by age, with a spread.

    Parameters
    ----------
    age_years : float
        20-80.
    rng : np.random.Generator

    Returns
    -------
    float64 array, shape (3, 3)
        One row a wave: height, seconds, seconds.

    >>> rows = [waves_of_age(age, np.random.default_rng(0))[1] for age in (20.0, 80.0)]
    >>> bool(rows[0][1] > 1.5 * rows[1][1])
    True
    """
    share = (age_years - YOUNGEST) / (OLDEST - YOUNGEST)
    waves = np.array(_YOUNG) * (1 - share) + np.array(_OLD) * share
    waves[1:, 0] *= rng.uniform(0.65, 1.35, 2)
    waves[:, 1] *= rng.uniform(0.94, 1.06, 3)
    waves[:, 2] *= rng.uniform(0.94, 1.06, 3)
    return waves


def _kernel(
    waves: Waves, after_s: NDArray[np.float64], interval_s: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the volume of one beat at times after it, for the interval before it."""
    from scipy.special import erfc

    ejection = ejection_s(interval_s)
    # a shorter systole has a steeper rise
    pace = ejection / ejection_s(np.array(60.0 / _REFERENCE_BPM))
    # a fast heart has wider vessels, which reflect less
    less = np.minimum(pace, 1.0) ** 3
    (height, rise, width), (echo, lag, echo_width), (second, gap, second_width) = waves
    out = height * np.exp(-0.5 * ((after_s - rise * pace) / (width * pace)) ** 2)
    out += less * echo * np.exp(-0.5 * ((after_s - rise * pace - lag) / echo_width) ** 2)
    out += less * second * np.exp(-0.5 * ((after_s - ejection - gap) / second_width) ** 2)
    level, late, spread, tau = _RUN_OFF
    # an exponential decay, whose beginning is smoothed by a Gaussian
    smooth, x = spread * pace, after_s - (rise + late) * pace
    decay = np.exp(smooth**2 / (2 * tau**2) - x / tau) * erfc((smooth / tau - x / smooth) / 2**0.5)
    # to 0 at the end of the kernel, without a step
    decay *= np.clip(1 - after_s / _KERNEL_S, 0, 1)
    return np.asarray(out + 0.5 * level * decay)


def aged_volume(
    options: HeartSpec, rng: np.random.Generator, heart: Heart, t: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the blood volume of a heart by age, before it breathes.

    At the mean rate a beat is 1 from foot to peak, and the mean is 0.

    Parameters
    ----------
    options : HeartSpec
    rng : np.random.Generator
        Source of the person's waves.
    heart : Heart
    t : float64 array, shape (time,)
        Seconds, within the time of the heart.

    Returns
    -------
    float64 array, shape (time,)

    >>> grid = np.arange(-3, 8, 0.002)
    >>> heart = Heart(grid, grid / 0.8, np.zeros_like(grid))
    >>> x = aged_volume(HeartSpec(), np.random.default_rng(0), heart, np.arange(0, 4, 0.01))
    >>> round(float(np.ptp(x)), 2)
    1.0
    """
    waves = waves_of_age(options.age_years, rng)
    mean_s = float((heart.t[-1] - heart.t[0]) / (heart.phase[-1] - heart.phase[0]))
    kernel = partial(_kernel, waves)
    shape = even_beats(kernel, mean_s, _KERNEL_S)
    volume = sum_of_beats(kernel, heart.beats(), heart.strengths(), t, _KERNEL_S)
    return np.asarray((volume - shape.mean()) / np.ptp(shape))


def breathing_volume(
    options: HeartSpec,
    rng: np.random.Generator,
    volume: NDArray[np.float64],
    heart: Heart,
    t: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return a blood volume with breathing in its baseline and amplitude.

    Both fall while the lungs fill, some tenths of a second later (Charlton et al., Physiol.
    Meas. 2017; Nilsson et al., Med. Biol. Eng. Comput. 2003).

    Parameters
    ----------
    options : HeartSpec
    rng : np.random.Generator
        Source of the delays.
    volume : float64 array, shape (time,)
        1 from foot to peak.
    heart : Heart
        Its breathing.
    t : float64 array, shape (time,)
        Seconds.

    Returns
    -------
    float64 array, shape (time,)

    >>> grid = np.arange(-3, 13, 0.01)
    >>> heart = Heart(grid, grid, np.sin(2 * np.pi * 0.25 * grid))
    >>> t, rng = np.arange(0, 8, 0.01), np.random.default_rng(0)
    >>> x = breathing_volume(HeartSpec(breath_baseline_percent=20), rng, np.zeros(800), heart, t)
    >>> round(float(np.ptp(x)), 2)
    0.4
    """
    late = rng.uniform(0.0, 0.8, 2)
    baseline, amplitude = (np.interp(t - s, heart.t, heart.breath) for s in late)
    stronger = 1 - options.breath_amplitude_percent / 100 * amplitude
    return np.asarray(volume * stronger - options.breath_baseline_percent / 100 * baseline)
