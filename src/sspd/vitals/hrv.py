"""Heart-rate variability from the times of beats.

Definitions and least lengths after the Task Force of the ESC and NASPE, "Heart rate
variability: standards of measurement", Circulation 93, 1996. Time-domain values need one
minute here (the standard's short record is 5 minutes, so these are short-term values),
frequency-domain values two minutes (ten periods of 0.083 Hz, five of the band's lower edge).

If the variation that noise alone would cause is known (`sspd.vitals.beat_timing`), it is
subtracted, and a value that would be mostly noise is not reported. The loss of fast
modulations in the filter is corrected. ``pnn50`` is a count and is not corrected.
"""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from sspd.errors import UsageError
from sspd.types import Estimate
from sspd.vitals.beat_timing import IntervalNoise

#: Names of the values, in the order in which they are reported.
HRV_NAMES = ("rmssd_ms", "sdnn_ms", "pnn50", "mean_nn_ms", "lf_nu", "hf_nu", "lf_hf")
#: Shortest span for values of the time domain and of the frequency domain, seconds.
TIME_DOMAIN_S = 60.0
FREQUENCY_DOMAIN_S = 120.0
#: Largest number of frequencies times beats that is processed at once.
TABLE_ENTRIES = 1 << 18
#: Low- and high-frequency bands, Hz.
LF_HZ = (0.04, 0.15)
HF_HZ = (0.15, 0.40)
#: An interval is left out if it differs by more than this fraction from the median of the
#: eleven around it: a missed, doubled or ectopic beat.
ODD_INTERVAL_SHARE = 0.20
_AROUND = 11
#: Nothing is reported if more than this fraction of the intervals is left out.
MOST_ODD = 0.20
#: A value is not reported if noise alone would give more than this fraction of it (an
#: amplitude; half of the power).
MOST_NOISE = 0.7


def good_intervals(beats_s: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the intervals between beats, and mark those that are regular enough.

    Parameters
    ----------
    beats_s : array, shape (beats,)
        Beat times, seconds, ascending.

    Returns
    -------
    nn_s : float64 array, shape (beats - 1,)
        Intervals, seconds.
    good : bool array, shape (beats - 1,)
        False for intervals that are left out of the variability.

    Raises
    ------
    UsageError
        The beat times do not ascend.

    >>> nn, good = good_intervals([0.0, 0.8, 1.6, 2.4, 4.0, 4.8])
    >>> good
    array([ True,  True,  True, False,  True])
    """
    beats = np.asarray(beats_s, dtype=np.float64)
    if beats.ndim != 1 or not bool((np.diff(beats) > 0).all()):
        raise UsageError("beats must be one rising row of seconds")
    nn = np.diff(beats)
    if nn.size == 0:
        return nn, np.zeros(0, dtype=np.bool_)
    usual = scipy.ndimage.median_filter(nn, size=min(_AROUND, nn.size), mode="nearest")
    return nn, np.abs(nn - usual) <= ODD_INTERVAL_SHARE * usual


def hrv(
    beats_s: ArrayLike,
    *,
    span_s: float | None = None,
    reliable: NDArray[np.bool_] | None = None,
    noise: IntervalNoise | None = None,
) -> dict[str, Estimate]:
    """Compute the heart-rate variability from beat times.

    Parameters
    ----------
    beats_s : array, shape (beats,)
        Times of the beats of one span without gaps, seconds.
    span_s : float or None
        Length of that span, seconds; None means from the first beat to the last.
    reliable : bool array, shape (beats - 1,), or None
        True for intervals that may be used; None means all.
    noise : IntervalNoise or None
        Variation that noise adds to the intervals; None means none.

    Returns
    -------
    dict of Estimate
        A value, or the reason why there is none, for each of `HRV_NAMES`: ``sdnn_ms``,
        ``rmssd_ms`` and ``mean_nn_ms`` in ms; ``pnn50`` in percent; ``lf_nu`` and ``hf_nu``
        as fractions of LF + HF (0-1); ``lf_hf`` their ratio.

    >>> found = hrv(np.arange(80) * 0.8)
    >>> round(found["mean_nn_ms"].value), round(found["sdnn_ms"].value)
    (800, 0)
    >>> found["lf_hf"].reason
    'needs 120 s'
    """
    nn, good = good_intervals(beats_s)
    good = good if reliable is None else good & reliable
    beats = np.asarray(beats_s, dtype=np.float64)
    span = span_s if span_s is not None else float(np.ptp(beats)) if beats.size else 0.0
    values: dict[str, float] = {}
    reason = _why_not(nn, good)
    if reason is None and span >= TIME_DOMAIN_S:
        values |= _over_time(beats[1:], nn, good, noise)
    if reason is None and span >= FREQUENCY_DOMAIN_S:
        values |= _over_frequency(beats[1:][good], nn[good], noise)
    found = {}
    for name in HRV_NAMES:
        needs = FREQUENCY_DOMAIN_S if name in ("lf_nu", "hf_nu", "lf_hf") else TIME_DOMAIN_S
        why = None if name in values else f"needs {needs:g} s" if span < needs else reason
        if why is None and name not in values:
            noisy = noise is not None and noise.rmssd_ms > 0
            why = "mostly the video's noise" if noisy else "no variation to divide"
        found[name] = Estimate(values.get(name), int(good.sum()) + 1, round(span, 3), why)
    return found


def _why_not(nn: NDArray[np.float64], good: NDArray[np.bool_]) -> str | None:
    if nn.size < 10:
        return "too few beats"
    odd = int((~good).sum())
    if odd > MOST_ODD * nn.size:
        return f"{odd} of {nn.size} beat intervals are irregular"
    return None


def _over_time(
    at_s: NDArray[np.float64],
    nn: NDArray[np.float64],
    good: NDArray[np.bool_],
    noise: IntervalNoise | None,
) -> dict[str, float]:
    ms = 1000 * nn
    # Successive differences only of two good neighbours: across a gap they would compare
    # intervals that do not follow each other.
    steps = np.diff(ms)[good[1:] & good[:-1]]
    values = {"mean_nn_ms": float(ms[good].mean())}
    measured = {"sdnn_ms": float(ms[good].std(ddof=1))}
    if steps.size:
        measured["rmssd_ms"] = float(np.sqrt(np.mean(steps**2)))
    missing = _missing(at_s[good], nn[good], noise)
    for name, size in measured.items():
        own = 0.0 if noise is None else float(getattr(noise, name))
        if own <= MOST_NOISE * size:
            values[name] = float(np.sqrt(size**2 - own**2 + missing[name]))
    if "rmssd_ms" in values:
        values["pnn50"] = float(100 * np.mean(np.abs(steps) > 50))
    return values


def _missing(
    at_s: NDArray[np.float64], nn: NDArray[np.float64], noise: IntervalNoise | None
) -> dict[str, float]:
    """Return the part of the squares of SDNN and RMSSD that the filter removed, ms²."""
    if noise is None or at_s.size < 4:
        return {"sdnn_ms": 0.0, "rmssd_ms": 0.0}
    freqs, power = _periodogram(at_s, nn)
    # from the periodogram's power to a density as in `_noise_power`; twice, as it is two-sided
    of_power = 2e6 * noise.interval_s * float(freqs[1] - freqs[0])
    taken = of_power * (power - _noise_power(freqs, noise)) * noise.missing(freqs)
    step = 2 * np.sin(np.pi * freqs * noise.interval_s)
    found = {"sdnn_ms": taken, "rmssd_ms": taken * step**2}
    return {name: max(float(part.sum()), 0.0) for name, part in found.items()}


def _over_frequency(
    at_s: NDArray[np.float64], nn: NDArray[np.float64], noise: IntervalNoise | None
) -> dict[str, float]:
    freqs, power = _periodogram(at_s, nn)
    if noise is not None:
        of_noise = _noise_power(freqs, noise)
        if of_noise.sum() > MOST_NOISE**2 * power.sum():
            return {}
        power = (power - of_noise) * (1 + noise.missing(freqs))
    low = freqs < LF_HZ[1]
    lf, hf = (max(float(power[band].sum()), 0.0) for band in (low, ~low))
    if lf + hf <= 0 or hf <= 0:
        return {}
    return {"lf_nu": lf / (lf + hf), "hf_nu": hf / (lf + hf), "lf_hf": lf / hf}


def _noise_power(freqs_hz: NDArray[np.float64], noise: IntervalNoise) -> NDArray[np.float64]:
    """Return the noise in `_periodogram`: its density times the intervals per second."""
    return noise.at(freqs_hz) / noise.interval_s


def band_powers(at_s: ArrayLike, nn_s: ArrayLike) -> tuple[float, float]:
    """Return the power of the intervals in the LF and the HF band.

    Lomb-Scargle periodogram of the detrended intervals at their own, uneven times (without
    interpolation, which would remove power from HF), summed over uniformly spaced frequencies.

    Parameters
    ----------
    at_s, nn_s : arrays, shape (intervals,)
        End and length of each interval, seconds.

    Returns
    -------
    lf, hf : float
        Squared seconds, up to a common factor.

    >>> at = np.arange(200) * 0.8
    >>> lf, hf = band_powers(at, 0.8 + 0.03 * np.sin(2 * np.pi * 0.25 * at))
    >>> hf > 50 * lf
    True
    """
    at, nn = np.asarray(at_s, dtype=np.float64), np.asarray(nn_s, dtype=np.float64)
    freqs, power = _periodogram(at, nn)
    low = freqs < LF_HZ[1]
    return float(power[low].sum()), float(power[~low].sum())


def _periodogram(
    at_s: NDArray[np.float64], nn: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the frequencies of both bands, Hz, and the intervals' power at each."""
    if at_s.size < 4:
        return np.array(LF_HZ), np.zeros(2)
    step_hz = 0.25 / float(np.ptp(at_s))
    freqs = np.arange(LF_HZ[0] + step_hz / 2, HF_HZ[1], step_hz)
    detrended = scipy.signal.detrend(nn)
    if float(detrended.std()) < 1e-9:
        return freqs, np.zeros(freqs.size)
    # SciPy's table of all frequencies by all beats would take a gigabyte for an hour.
    blocks = np.array_split(freqs, 1 + freqs.size * at_s.size // TABLE_ENTRIES)
    centred = detrended - detrended.mean()
    power = [scipy.signal.lombscargle(at_s, centred, 2 * np.pi * block) for block in blocks]
    return freqs, np.concatenate(power)
