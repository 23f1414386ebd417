"""One stretch of waveform becomes a heart rate, read in two ways.

The spectral reading is the one that is reported; the reading by peaks is a second
opinion. Whether the two are believed is decided in `sspd.vitals.acceptance`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sspd.signal import bandpass, find_beats, peak_frequency, pulse_frequency, snr_db
from sspd.vitals.rate_track import RateTrack, track_rate

#: Everything that is read is filtered to this band first, Hz.
PASS_HZ = (0.5, 4.0)
#: Where the heart rate is looked for, Hz: 36 to 216 beats a minute.
SEARCH_HZ = (0.6, 3.6)
#: Two beats lie no closer than this, seconds.
REFRACTORY_S = 0.27
#: Where `read_rate_near` looks, Hz (6 bpm to each side).
NEAR_HZ = 0.1
#: The reading by peaks looks at this part of the spectrum, in multiples of the
#: spectral rate: half the rate stays visible, so that a rate read double shows.
PEAKS_BAND = (0.4, 1.7)
#: Noise counts from this multiple of the rate on: what is slower does not hide a pulse,
#: and there is much of it in any video.
NOISE_FROM = 0.7
#: A rate is followed through its window where that raises the signal-to-noise ratio by
#: this much, dB; noise and steady hearts gain less.
FOLLOW_GAIN_DB = 1.0
#: On the beat's clock the rate is looked for this near to the track's mean, relative.
FOLLOW_NEAR = 0.1


@dataclass(frozen=True)
class Reading:
    """What the two read-outs say, and how far the pulse stands out; None: nothing.

    With a ``track``, all three were read on the beat's clock: the rates are means.
    """

    spectral_bpm: float | None
    peaks_bpm: float | None
    snr_db: float | None
    track: RateTrack | None = None


def pulse_band(sig: ArrayLike, fs: float) -> NDArray[np.float64]:
    """The waveform in `PASS_HZ`.

    Parameters
    ----------
    sig : array, shape (time,)
    fs : float
        Hz.

    Returns
    -------
    float64 array, shape (time,)

    >>> pulse_band(np.sin(np.arange(300) / 4), 30.0).shape
    (300,)
    """
    return bandpass(sig, fs, PASS_HZ)


def _bounded(low: float, high: float) -> tuple[float, float]:
    """A band inside `PASS_HZ` that stays wide enough for the filter to settle."""
    return max(PASS_HZ[0], low), float(np.clip(high, 1.2, PASS_HZ[1]))


def read_rate(filtered: ArrayLike, fs: float) -> Reading:
    """Read the heart rate of one window.

    Parameters
    ----------
    filtered : array, shape (time,)
        A window of the output of `pulse_band`: filter first, cut after, so that the
        filter settles outside of the window. 2 s or more.
    fs : float
        Hz.

    >>> t = np.arange(900) / 30
    >>> reading = read_rate(pulse_band(np.sin(2 * np.pi * 1.2 * t), 30.0), 30.0)
    >>> round(reading.spectral_bpm, 1), round(reading.peaks_bpm, 1)
    (72.0, 72.0)
    """
    values = np.asarray(filtered, dtype=np.float64)
    f_hz = pulse_frequency(values, fs, SEARCH_HZ)
    return _reading(values, fs, f_hz)


def read_rate_near(filtered: ArrayLike, fs: float, f_hz: float) -> Reading:
    """Read one window at the highest line near a frequency, whatever stands elsewhere.

    Parameters
    ----------
    filtered, fs
        See `read_rate`.
    f_hz : float
        Hz; lines within `NEAR_HZ` of it are looked at.

    >>> t = np.arange(900) / 30
    >>> two = np.sin(2 * np.pi * 0.93 * t) + 3 * np.sin(2 * np.pi * 1.86 * t)
    >>> round(read_rate_near(pulse_band(two, 30.0), 30.0, 0.95).spectral_bpm, 1)
    55.8
    """
    values = np.asarray(filtered, dtype=np.float64)
    band = max(PASS_HZ[0], f_hz - NEAR_HZ), f_hz + NEAR_HZ
    return _reading(values, fs, peak_frequency(values, fs, band))


def read_half(filtered: ArrayLike, fs: float, reading: Reading) -> Reading | None:
    """Read one window at half of what was read; None where that is no heart's rate.

    Parameters
    ----------
    filtered, fs
        See `read_rate`.
    reading : Reading
        What `read_rate` gave.

    >>> values = pulse_band(np.sin(2 * np.pi * np.arange(900) / 30), 30.0)
    >>> read_half(values, 30.0, read_rate(values, 30.0)) is None
    True
    """
    half_hz = (reading.spectral_bpm or 0.0) / 120
    return read_rate_near(filtered, fs, half_hz) if half_hz >= SEARCH_HZ[0] else None


def follow_rate(filtered: ArrayLike, fs: float, reading: Reading) -> Reading:
    """Read one window again on the clock of its beats, where that makes the line clearer.

    Parameters
    ----------
    filtered, fs
        See `read_rate`.
    reading : Reading
        What `read_rate` or `read_half` gave.

    Returns
    -------
    Reading
        With its ``track``, and the mean rate over the window; or ``reading`` as it is,
        where the heart is so steady, or so faint, that following it gains nothing.

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
    band = (1 - FOLLOW_NEAR) * mean_hz, (1 + FOLLOW_NEAR) * mean_hz
    followed = _reading(warped, fs, peak_frequency(warped, fs, band))
    gained = followed.snr_db is not None and followed.snr_db - reading.snr_db >= FOLLOW_GAIN_DB
    return replace(followed, track=track) if gained else reading


def _reading(values: NDArray[np.float64], fs: float, f_hz: float) -> Reading:
    if not np.isfinite(f_hz):
        return Reading(None, None, None)
    band = _bounded(PEAKS_BAND[0] * f_hz, PEAKS_BAND[1] * f_hz)
    beats = find_beats(bandpass(values, fs, band), fs, REFRACTORY_S)
    # The median interval: one beat missed or doubled must not move the second opinion.
    peaks_bpm = 60 / float(np.median(np.diff(beats))) if beats.size > 2 else None
    noise_band = (max(PASS_HZ[0], NOISE_FROM * f_hz), PASS_HZ[1])
    return Reading(60 * f_hz, peaks_bpm, snr_db(values, fs, f_hz, noise_band))
