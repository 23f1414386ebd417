"""Heart rate of one window of a waveform, by two read-outs.

The spectral rate is reported; the rate by peaks is a cross-check. `sspd.vitals.acceptance`
decides whether they are accepted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sspd.signal import bandpass, find_beats, peak_frequency, pulse_frequency, snr_db
from sspd.vitals.rate_track import RateTrack, track_rate

#: Band to which every waveform is filtered before it is read, Hz.
PASS_HZ = (0.5, 4.0)
#: Band in which the heart rate is searched, Hz: 36 to 216 beats per minute.
SEARCH_HZ = (0.6, 3.6)
#: Lowest half of the measured rate that is examined, Hz (33 beats per minute), if the waveform
#: beats once in its period. Nothing is searched below `SEARCH_HZ`: slow noise is there.
SLOWEST_HALF_HZ = 0.55
#: Highest second maximum of the mean wave of a waveform that beats once, relative to the first,
#: above the lowest value: up to 0.61 for simulated hearts of 33-36 bpm, whose second harmonic is
#: up to 12 dB too strong; 0.76 or more for beats in pairs, 0.84 or more for even beats.
SECOND_MAXIMUM = 0.65
#: Most steps of that mean wave.
WAVE_STEPS = 40
#: Shortest time between two beats, seconds.
REFRACTORY_S = 0.27
#: Half width of the band that `read_rate_near` searches, Hz (6 bpm).
SEARCH_NEAR_HZ = 0.1
#: Band for the detection of peaks, in multiples of the spectral rate. It contains half of that
#: rate, so that a rate read at twice its value is noticed.
PEAKS_BAND = (0.4, 1.7)
#: Noise is measured from this multiple of the rate on: slower changes, which every video has,
#: do not hide a pulse.
NOISE_FROM = 0.7
#: A tracked rate is used if it raises the signal-to-noise ratio by this much, dB; noise and
#: steady hearts gain less.
TRACK_GAIN_DB = 1.0
#: In beat time the rate is searched within this fraction of the track's mean.
TRACK_NEAR = 0.1


@dataclass(frozen=True)
class Reading:
    """Heart rate of a window by both read-outs, and its signal-to-noise ratio.

    With a ``track``, all three were read in beat time, and the rates are means.
    """

    spectral_bpm: float | None
    """Beats per minute; None if the spectrum has no peak."""
    peaks_bpm: float | None
    """Beats per minute; None with fewer than three peaks."""
    snr_db: float | None
    track: RateTrack | None = None
    """None if the rate was not tracked through the window."""


def pulse_band(sig: ArrayLike, fs: float) -> NDArray[np.float64]:
    """Filter a waveform to `PASS_HZ`.

    Parameters
    ----------
    sig : array, shape (time,)
    fs : float
        Sampling rate, Hz.

    Returns
    -------
    float64 array, shape (time,)

    >>> pulse_band(np.sin(np.arange(300) / 4), 30.0).shape
    (300,)
    """
    return bandpass(sig, fs, PASS_HZ)


def _bounded(low: float, high: float) -> tuple[float, float]:
    """Limit a band to `PASS_HZ`, but keep it wide enough for the filter to settle."""
    return max(PASS_HZ[0], low), float(np.clip(high, 1.2, PASS_HZ[1]))


def read_rate(filtered: ArrayLike, fs: float) -> Reading:
    """Read the heart rate of one window by both read-outs.

    Parameters
    ----------
    filtered : array, shape (time,)
        A window of the output of `pulse_band`, 2 s or more. The whole waveform is filtered
        before it is cut into windows, so that the filter's transients stay outside of them.
    fs : float
        Sampling rate, Hz.

    Returns
    -------
    Reading

    >>> t = np.arange(900) / 30
    >>> reading = read_rate(pulse_band(np.sin(2 * np.pi * 1.2 * t), 30.0), 30.0)
    >>> round(reading.spectral_bpm, 1), round(reading.peaks_bpm, 1)
    (72.0, 72.0)
    """
    values = np.asarray(filtered, dtype=np.float64)
    f_hz = pulse_frequency(values, fs, SEARCH_HZ)
    return _reading(values, fs, f_hz)


def read_rate_near(filtered: ArrayLike, fs: float, f_hz: float) -> Reading:
    """Read the heart rate of one window at the highest spectral peak near a frequency.

    Parameters
    ----------
    filtered, fs
        See `read_rate`.
    f_hz : float
        Centre of the searched band, Hz; its half width is `SEARCH_NEAR_HZ`.

    Returns
    -------
    Reading

    >>> t = np.arange(900) / 30
    >>> two = np.sin(2 * np.pi * 0.93 * t) + 3 * np.sin(2 * np.pi * 1.86 * t)
    >>> round(read_rate_near(pulse_band(two, 30.0), 30.0, 0.95).spectral_bpm, 1)
    55.8
    """
    values = np.asarray(filtered, dtype=np.float64)
    band = max(PASS_HZ[0], f_hz - SEARCH_NEAR_HZ), f_hz + SEARCH_NEAR_HZ
    return _reading(values, fs, peak_frequency(values, fs, band))


def read_half(filtered: ArrayLike, fs: float, reading: Reading) -> Reading | None:
    """Read the heart rate of one window near half of the rate that was read.

    Parameters
    ----------
    filtered, fs
        See `read_rate`.
    reading : Reading
        From `read_rate`.

    Returns
    -------
    Reading or None
        None if half of the rate is below `SLOWEST_HALF_HZ`, or below `SEARCH_HZ` and the waveform
        beats twice in its period: even beats, or beats in pairs.

    >>> values = pulse_band(np.sin(2 * np.pi * np.arange(900) / 30), 30.0)
    >>> read_half(values, 30.0, read_rate(values, 30.0)) is None
    True
    >>> t = np.arange(900) / 30
    >>> slow = np.cos(2 * np.pi * 0.57 * t) + 1.4 * np.cos(2 * np.pi * 1.14 * t)
    >>> twice = read_rate(pulse_band(slow, 30.0), 30.0)
    >>> half = read_half(pulse_band(slow, 30.0), 30.0, twice)
    >>> round(twice.spectral_bpm, 1), round(half.spectral_bpm, 1)
    (68.4, 34.2)
    """
    values = np.asarray(filtered, dtype=np.float64)
    half_hz = (reading.spectral_bpm or 0.0) / 120
    if half_hz < SLOWEST_HALF_HZ or (half_hz < SEARCH_HZ[0] and not _once(values, fs, half_hz)):
        return None
    return read_rate_near(values, fs, half_hz)


def _once(values: NDArray[np.float64], fs: float, f_hz: float) -> bool:
    """Return whether the mean wave of a period has one high maximum."""
    steps = min(WAVE_STEPS, int(fs / f_hz))  # a sample or more in each
    place = (np.arange(values.size) * f_hz / fs * steps).astype(int) % steps
    wave = np.bincount(place, values, steps) / np.bincount(place, minlength=steps)
    is_top = (wave > np.roll(wave, 1)) & (wave >= np.roll(wave, -1))
    tops = np.sort(wave[is_top] - wave.min())
    return tops.size == 1 or (tops.size > 1 and tops[-2] < SECOND_MAXIMUM * tops[-1])


def search_band(f_hz: float) -> tuple[float, float]:
    """Return the band in which a reading is compared with other rates of its window.

    Parameters
    ----------
    f_hz : float
        The rate that was read, Hz.

    Returns
    -------
    (low, high)
        `SEARCH_HZ`; for a rate below it from the lower edge of `PASS_HZ` on. Hz.

    >>> search_band(1.2), search_band(0.57)
    ((0.6, 3.6), (0.5, 3.6))
    """
    return (PASS_HZ[0] if f_hz < SEARCH_HZ[0] else SEARCH_HZ[0], SEARCH_HZ[1])


def follow_rate(filtered: ArrayLike, fs: float, reading: Reading) -> Reading:
    """Read the heart rate of one window again in beat time, if it changes in the window.

    Parameters
    ----------
    filtered, fs
        See `read_rate`.
    reading : Reading
        From `read_rate` or `read_half`.

    Returns
    -------
    Reading
        With its ``track``, and the mean rate over the window; or ``reading`` unchanged, if
        tracking does not raise the signal-to-noise ratio by `TRACK_GAIN_DB`.

    >>> t = np.arange(900) / 30
    >>> values = pulse_band(np.sin(2 * np.pi * (1.0 * t + 0.01 * t**2)), 30.0)
    >>> followed = follow_rate(values, 30.0, read_rate(values, 30.0))
    >>> round(followed.spectral_bpm), round(followed.track.range_bpm) > 25
    (78, True)
    """
    values = np.asarray(filtered, dtype=np.float64)
    if reading.spectral_bpm is None or reading.snr_db is None:
        return reading
    track = track_rate(values, fs, reading.spectral_bpm / 60)
    warped, mean_hz = track.on_beat_clock(values), track.mean_hz
    band = (1 - TRACK_NEAR) * mean_hz, (1 + TRACK_NEAR) * mean_hz
    followed = _reading(warped, fs, peak_frequency(warped, fs, band))
    gained = followed.snr_db is not None and followed.snr_db - reading.snr_db >= TRACK_GAIN_DB
    return replace(followed, track=track) if gained else reading


def _reading(values: NDArray[np.float64], fs: float, f_hz: float) -> Reading:
    if not np.isfinite(f_hz):
        return Reading(None, None, None)
    band = _bounded(PEAKS_BAND[0] * f_hz, PEAKS_BAND[1] * f_hz)
    beats = find_beats(bandpass(values, fs, band), fs, REFRACTORY_S)
    # The median interval is not affected by a single missed or doubled beat.
    peaks_bpm = 60 / float(np.median(np.diff(beats))) if beats.size > 2 else None
    noise_band = (max(PASS_HZ[0], NOISE_FROM * f_hz), PASS_HZ[1])
    return Reading(60 * f_hz, peaks_bpm, snr_db(values, fs, f_hz, noise_band))
