"""Single beats, each to a part of a sample, and how much of their spacing is noise.

A waveform is a line at the heart's rate with the rate's swing around it, in noise. Beats
are the tops of what is left by a filter just wide enough for the swing. The noise that
the filter lets through moves each top by its slope over the line's bend; its strength is seen
where the swing no longer reaches. So it is known how long
intervals would seem to vary if the heart did not vary at all (phase noise of a sine in
band-limited noise: S. O. Rice, "Statistical properties of a sine wave plus random noise",
Bell System Technical Journal 27, 1948, for a strong sine). The filter takes its share of
quick swings too; how much of each is left is known as well.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from sspd.signal import bandpass, bandpass_power_gain, find_beats, power_spectrum
from sspd.vitals.heart_rate import NOISE_FROM, PASS_HZ, REFRACTORY_S

#: How far to both sides of the slowest and fastest rate the rate's swing is let through,
#: Hz: the upper edge of the band of high frequencies, to which breathing belongs.
SWING_HZ = 0.4
#: Noise is looked at from there on for another such stretch.
BESIDE_HZ = 0.4
#: The second harmonic and this much around it is no noise, Hz.
HARMONIC_HZ = 0.2
#: What is slower is drift, Hz.
DRIFT_HZ = 0.3
#: No more is put back than where the filter leaves this share of a swing: breath moves the
#: baseline and the height of the beats as well, which looks like more of its swing.
LEAST_LEFT = 0.75
#: Between two beats the line may fall to this share of its median height; where it falls
#: lower it is noise that has the tops.
LEAST_HEIGHT = 0.5


@dataclass(frozen=True, eq=False)
class IntervalNoise:
    """How beat intervals would vary by noise alone, and what is seen of how they do vary.

    Parameters
    ----------
    freqs_hz : float64 array, shape (bins,)
        From 0 on, evenly spaced.
    density : float64 array, shape (bins,)
        Of the intervals, s²/Hz, two-sided.
    interval_s : float
        The mean interval.
    left : float64 array, shape (bins,), or None
        Share of a swing's amplitude that the filter leaves; None: all.

    >>> none = IntervalNoise(np.array([0.0, 0.1]), np.zeros(2), 1.0)
    >>> none.sdnn_ms, none.rmssd_ms
    (0.0, 0.0)
    """

    freqs_hz: NDArray[np.float64]
    density: NDArray[np.float64]
    interval_s: float
    left: NDArray[np.float64] | None = None

    @property
    def sdnn_ms(self) -> float:
        """Standard deviation of the intervals, ms."""
        return 1000 * self._root(self.density)

    @property
    def rmssd_ms(self) -> float:
        """Root mean square of successive differences, ms."""
        step = 2 * np.sin(np.pi * self.freqs_hz * self.interval_s)
        return 1000 * self._root(self.density * step**2)

    def at(self, freqs_hz: NDArray[np.float64]) -> NDArray[np.float64]:
        """The density at other frequencies, s²/Hz."""
        return np.interp(freqs_hz, self.freqs_hz, self.density, right=0.0)

    def missing(self, freqs_hz: NDArray[np.float64]) -> NDArray[np.float64]:
        """What is missing of a swing's power, in parts of what is seen of it."""
        if self.left is None:
            return np.zeros_like(freqs_hz)
        left = np.interp(freqs_hz, self.freqs_hz, self.left)
        return np.asarray(np.maximum(left, LEAST_LEFT) ** -2 - 1)

    def _root(self, density: NDArray[np.float64]) -> float:
        return float(np.sqrt(2 * np.trapezoid(density, self.freqs_hz)))


@dataclass(frozen=True, eq=False)
class BeatTimes:
    """Beats of a stretch, seconds from its first sample, and what is known of them."""

    beats_s: NDArray[np.float64]
    steady: NDArray[np.bool_]
    """For each interval whether the line is there all the time."""
    noise: IntervalNoise


def beat_band(slow_hz: float, fast_hz: float) -> tuple[float, float]:
    """The band that beats are read in, Hz: the rates, and as far as they may swing.

    Parameters
    ----------
    slow_hz, fast_hz : float
        The lowest and highest rate read.

    >>> beat_band(1.2, 1.2)
    (0.84, 1.6)
    """
    low = max(PASS_HZ[0], NOISE_FROM * slow_hz, slow_hz - SWING_HZ)
    return low, float(np.clip(fast_hz + SWING_HZ, 1.2, PASS_HZ[1]))


def time_beats(sig: ArrayLike, fs: float, slowest_bpm: float, fastest_bpm: float) -> BeatTimes:
    """Time the single beats of a stretch whose rates are known.

    Parameters
    ----------
    sig : array, shape (time,)
        The raw waveform.
    fs : float
        Hz.
    slowest_bpm, fastest_bpm : float
        The lowest and highest rate read in it.

    >>> t = np.arange(900) / 30
    >>> found = time_beats(np.sin(2 * np.pi * 1.2 * t), 30.0, 72.0, 72.0)
    >>> round(float(np.diff(found.beats_s).mean()), 3), bool(found.steady.all())
    (0.833, True)
    """
    rates_hz = slowest_bpm / 60, fastest_bpm / 60
    band = beat_band(*rates_hz)
    kept = bandpass(sig, fs, band)
    beats = find_beats(kept, fs, REFRACTORY_S)
    height = np.abs(scipy.signal.hilbert(kept))
    enough = height >= LEAST_HEIGHT * np.median(height)
    # how many samples up to each are too low; two beats between which none is added
    lows = np.concatenate([[0], np.cumsum(~enough)])
    places = np.rint(beats * fs).astype(int)
    steady = lows[places[1:] + 1] == lows[places[:-1]]
    return BeatTimes(beats, steady, _noise(sig, fs, rates_hz, band))


def _noise(
    sig: ArrayLike, fs: float, rates_hz: tuple[float, float], band: tuple[float, float]
) -> IntervalNoise:
    """From the power beside the line's swing, through the filter, to intervals."""
    slow_hz, fast_hz = rates_hz
    rate_hz = (slow_hz + fast_hz) / 2
    freqs, power = power_spectrum(sig, fs)
    density = power / (0.375 * fs / 2)  # of a Hann window: one-sided, sig² a Hz
    outside = np.maximum(slow_hz - freqs, freqs - fast_hz)
    harmonic = np.maximum(2 * slow_hz - freqs, freqs - 2 * fast_hz) <= HARMONIC_HZ
    # slow drift stays out
    beside = (outside > SWING_HZ) & (outside <= SWING_HZ + BESIDE_HZ) & (freqs > DRIFT_HZ)
    if bool((beside & ~harmonic).any()):  # rates far apart have harmonics everywhere
        beside &= ~harmonic
    # the median of a squared Gaussian spectrum is ln 2 of its mean
    level = float(np.median(density[beside])) / np.log(2)
    within = outside <= SWING_HZ
    step_hz = float(freqs[1])
    line = max(float((density[within] - level).sum()) * step_hz, 1e-30)
    swing = np.linspace(0.0, 2 * SWING_HZ, 201)
    # a top is where the slope is none, and the slope of noise rises with its frequency
    above, below = rate_hz + swing, np.abs(rate_hz - swing)
    upper, lower = (bandpass_power_gain(side, fs, band) for side in (above, below))
    through = upper * above**2 + lower * below**2
    # a sine of power `line` has the amplitude sqrt(2 line)
    of_times = level * through / (4 * line * (2 * np.pi * rate_hz**2) ** 2)
    of_intervals = of_times * (2 * np.sin(np.pi * swing / rate_hz)) ** 2
    # a swing is a line on either side of the rate's own, each with half of its amplitude
    middle = np.sqrt(bandpass_power_gain(np.array([rate_hz]), fs, band))
    left = (np.sqrt(upper) + np.sqrt(lower)) / (2 * middle)
    return IntervalNoise(swing, of_intervals, 1 / rate_hz, left)
