"""Times of single beats, to a fraction of a sample, and the share of noise in their intervals.

The spectrum of a waveform has a line at the heart rate, sidebands from the modulation of the
rate, and noise. A filter just wide enough for the modulation is applied, and beats are the
maxima of its output. The noise in its band moves each maximum by the noise's slope over the
waveform's curvature; the noise density is measured outside of the sidebands. This gives the
variation that intervals would show if the heart were perfectly regular (phase noise of a sine
in band-limited noise: S. O. Rice, "Statistical properties of a sine wave plus random noise",
Bell System Technical Journal 27, 1948, for a strong sine). The filter also attenuates fast
modulations, by a known factor.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from sspd.signal import bandpass, bandpass_power_gain, find_beats, power_spectrum
from sspd.vitals.heart_rate import NOISE_FROM, PASS_HZ, REFRACTORY_S

#: Fastest modulation of the heart rate that is kept, Hz: the filter's band extends this far
#: beyond the slowest and fastest rate. It is the upper edge of the HF band, which contains
#: breathing.
MODULATION_HZ = 0.4
#: The noise density is measured beyond the sidebands, over this width, Hz.
NOISE_WIDTH_HZ = 0.4
#: Half width of the band around the second harmonic that is excluded from the noise, Hz.
HARMONIC_HZ = 0.2
#: Slower changes are drift, Hz.
DRIFT_HZ = 0.3
#: Least gain of the filter, as a fraction, for which the loss is corrected. Breathing also
#: modulates the baseline and the height of the beats, so that a stronger correction would
#: overestimate the modulation of the rate.
LEAST_GAIN = 0.75
#: An interval is unreliable if the amplitude falls below this fraction of its median in it:
#: there the maxima are those of noise.
LEAST_AMPLITUDE = 0.5


@dataclass(frozen=True, eq=False)
class IntervalNoise:
    """Variation of beat intervals that noise alone would cause, and the filter's gain.

    Parameters
    ----------
    freqs_hz : float64 array, shape (bins,)
        Modulation frequencies, uniformly spaced from 0.
    density : float64 array, shape (bins,)
        Spectral density of the intervals, s²/Hz, two-sided.
    interval_s : float
        Mean interval, seconds.
    gain : float64 array, shape (bins,), or None
        Gain of the filter for the amplitude of a rate modulation; None means 1.

    >>> none = IntervalNoise(np.array([0.0, 0.1]), np.zeros(2), 1.0)
    >>> none.sdnn_ms, none.rmssd_ms
    (0.0, 0.0)
    """

    freqs_hz: NDArray[np.float64]
    density: NDArray[np.float64]
    interval_s: float
    gain: NDArray[np.float64] | None = None

    @property
    def sdnn_ms(self) -> float:
        """Standard deviation of the intervals (SDNN) from noise alone, ms."""
        return 1000 * self._root(self.density)

    @property
    def rmssd_ms(self) -> float:
        """Root mean square of successive differences (RMSSD) from noise alone, ms."""
        step = 2 * np.sin(np.pi * self.freqs_hz * self.interval_s)
        return 1000 * self._root(self.density * step**2)

    def at(self, freqs_hz: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the density at other frequencies.

        Parameters
        ----------
        freqs_hz : float64 array, shape (n,)

        Returns
        -------
        float64 array, shape (n,)
            s²/Hz; 0 above the highest known frequency.
        """
        return np.interp(freqs_hz, self.freqs_hz, self.density, right=0.0)

    def missing(self, freqs_hz: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the power that the filter removed from a modulation, relative to the rest.

        Parameters
        ----------
        freqs_hz : float64 array, shape (n,)
            Modulation frequencies, Hz.

        Returns
        -------
        float64 array, shape (n,)
            Removed power divided by measured power.
        """
        if self.gain is None:
            return np.zeros_like(freqs_hz)
        gain = np.interp(freqs_hz, self.freqs_hz, self.gain)
        return np.asarray(np.maximum(gain, LEAST_GAIN) ** -2 - 1)

    def _root(self, density: NDArray[np.float64]) -> float:
        return float(np.sqrt(2 * np.trapezoid(density, self.freqs_hz)))


@dataclass(frozen=True, eq=False)
class BeatTimes:
    """Beat times of a waveform, with the reliability and the noise of their intervals."""

    beats_s: NDArray[np.float64]
    """Seconds from the first sample, shape (beats,)."""
    reliable: NDArray[np.bool_]
    """True for each interval in which the pulse is strong enough, shape (beats - 1,)."""
    noise: IntervalNoise


def beat_band(slow_hz: float, fast_hz: float) -> tuple[float, float]:
    """Return the band to which a waveform is filtered before beats are detected, Hz.

    Parameters
    ----------
    slow_hz, fast_hz : float
        Lowest and highest rate of the waveform, Hz.

    Returns
    -------
    low_hz, high_hz : float

    >>> beat_band(1.2, 1.2)
    (0.84, 1.6)
    """
    low = max(PASS_HZ[0], NOISE_FROM * slow_hz, slow_hz - MODULATION_HZ)
    return low, float(np.clip(fast_hz + MODULATION_HZ, 1.2, PASS_HZ[1]))


def time_beats(sig: ArrayLike, fs: float, slowest_bpm: float, fastest_bpm: float) -> BeatTimes:
    """Detect the times of single beats in a waveform of known rate.

    Parameters
    ----------
    sig : array, shape (time,)
        Unfiltered waveform.
    fs : float
        Sampling rate, Hz.
    slowest_bpm, fastest_bpm : float
        Lowest and highest rate that was read from it, beats per minute.

    Returns
    -------
    BeatTimes

    >>> t = np.arange(900) / 30
    >>> found = time_beats(np.sin(2 * np.pi * 1.2 * t), 30.0, 72.0, 72.0)
    >>> round(float(np.diff(found.beats_s).mean()), 3), bool(found.reliable.all())
    (0.833, True)
    """
    rates_hz = slowest_bpm / 60, fastest_bpm / 60
    band = beat_band(*rates_hz)
    kept = bandpass(sig, fs, band)
    beats = find_beats(kept, fs, REFRACTORY_S)
    height = np.abs(scipy.signal.hilbert(kept))
    enough = height >= LEAST_AMPLITUDE * np.median(height)
    # an interval is reliable if the count of weak samples does not rise within it
    weak = np.concatenate([[0], np.cumsum(~enough)])
    places = np.rint(beats * fs).astype(int)
    reliable = weak[places[1:] + 1] == weak[places[:-1]]
    return BeatTimes(beats, reliable, _noise(sig, fs, rates_hz, band))


def _noise(
    sig: ArrayLike, fs: float, rates_hz: tuple[float, float], band: tuple[float, float]
) -> IntervalNoise:
    """Derive the noise of the intervals from the noise density beside the sidebands."""
    slow_hz, fast_hz = rates_hz
    rate_hz = (slow_hz + fast_hz) / 2
    freqs, power = power_spectrum(sig, fs)
    density = power / (0.375 * fs / 2)  # for a Hann window: one-sided, sig²/Hz
    outside = np.maximum(slow_hz - freqs, freqs - fast_hz)
    harmonic = np.maximum(2 * slow_hz - freqs, freqs - 2 * fast_hz) <= HARMONIC_HZ
    # without slow drift
    beside = (
        (outside > MODULATION_HZ) & (outside <= MODULATION_HZ + NOISE_WIDTH_HZ) & (freqs > DRIFT_HZ)
    )
    if bool((beside & ~harmonic).any()):  # harmonics of a wide range of rates may cover all
        beside &= ~harmonic
    # the median of a squared Gaussian spectrum is ln 2 times its mean
    level = float(np.median(density[beside])) / np.log(2)
    within = outside <= MODULATION_HZ
    step_hz = float(freqs[1])
    line = max(float((density[within] - level).sum()) * step_hz, 1e-30)
    modulation = np.linspace(0.0, 2 * MODULATION_HZ, 201)
    # a maximum is a zero of the slope, and the slope of noise grows with its frequency
    above, below = rate_hz + modulation, np.abs(rate_hz - modulation)
    upper, lower = (bandpass_power_gain(side, fs, band) for side in (above, below))
    through = upper * above**2 + lower * below**2
    # a sine of power `line` has the amplitude sqrt(2 line)
    of_times = level * through / (4 * line * (2 * np.pi * rate_hz**2) ** 2)
    of_intervals = of_times * (2 * np.sin(np.pi * modulation / rate_hz)) ** 2
    # a modulation is a pair of sidebands of the line at the rate, each of half its amplitude
    middle = np.sqrt(bandpass_power_gain(np.array([rate_hz]), fs, band))
    gain = (np.sqrt(upper) + np.sqrt(lower)) / (2 * middle)
    return IntervalNoise(modulation, of_intervals, 1 / rate_hz, gain)
