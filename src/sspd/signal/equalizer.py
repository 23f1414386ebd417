"""Equalizer: a linear-phase filter that gives a network's waveform the shape of a pulse.

A network that is trained without labels keeps the frequencies at which videos have most pulse and
least noise: the second harmonic of a slow heart may be stronger than its fundamental. The filter
is fitted to waveforms of simulated videos with a known blood volume. Its gain is real and even,
so that it moves no beat; what the network delays is a number beside it, which belongs to the
waveform's times.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from sspd.errors import UsageError
from sspd.signal.filters import checked, standardise
from sspd.types import EqualizerSpec, Signal
from sspd.types.equalizer import MOST_DELAY_S, MOST_TAPS

#: Band in which the network's transfer is estimated, Hz: five harmonics of any usual heart.
FIT_HZ = (0.5, 8.0)
#: Band that a pulse needs: the gain is relative to the largest transfer in it, and the delay and
#: the coherence are those in it, Hz.
CORE_HZ = (0.7, 3.5)
#: Frequency at which the gain is 1, Hz.
UNIT_HZ = 1.0
#: The transfer is piecewise linear with nodes this far apart, Hz, and smooth: weight of its
#: second differences, relative to that of the data.
NODE_HZ, SMOOTHNESS = 0.25, 0.02
#: Least transfer that is undone, relative to the largest one in `CORE_HZ`; a smaller one is
#: amplified less, as it would amplify noise (the constant of a Wiener filter).
FLOOR = 0.1
#: The gain falls with this power of the frequency beyond the inverse of the mean transfer, which
#: lies between those of slow and fast hearts: a network gives the second harmonic of a slow heart
#: more than the fundamental of a heart at that rate.
TILT = 0.25
#: Above this frequency the gain rises no more, Hz: harmonics are weak there, noise is not.
LEVEL_FROM_HZ = 3.0
#: Length of the sections of the cross spectra, and of the filter, seconds.
SECTION_S, FILTER_S = 8.5, 2.0
#: Below this coherence with the known pulses, a waveform is not equalized: it is none.
LEAST_COHERENCE = 0.5
#: Rounds of the alternating least squares.
_ROUNDS = 40
#: Smallest share of noise in a waveform: the clearest video does not decide alone.
_LEAST_NOISE = 0.02


def equalize(sig: ArrayLike, spec: EqualizerSpec) -> NDArray[np.float64]:
    """Filter a waveform with an equalizer.

    The ends are mirrored over half of the filter's length (1 s).

    Parameters
    ----------
    sig : array, shape (time,)
        One value for each step of the network's time grid, 2 or more.
    spec : EqualizerSpec

    Returns
    -------
    float64 array, shape (time,)

    Examples
    --------
    >>> equalize([0.0, 0.0, 1.0, 0.0, 0.0], EqualizerSpec((0.25, 0.5, 0.25)))
    array([0.  , 0.25, 0.5 , 0.25, 0.  ])
    """
    values = checked(sig, 1.0)
    margin = len(spec.taps) // 2
    padded = np.pad(values, margin, mode="reflect")
    filtered: NDArray[np.float64] = np.convolve(padded, np.asarray(spec.taps), mode="valid")
    return filtered


def equalize_signal(signal: Signal, spec: EqualizerSpec | None) -> Signal:
    """Return the pulse of a whole video: equalized between its gaps.

    Parameters
    ----------
    signal : Signal
        Waveform, NaN in its gaps.
    spec : EqualizerSpec or None
        None returns the signal unchanged.

    Returns
    -------
    Signal
        At the same times: the delay is part of them (`NetworkSpec.lag_steps`).

    Examples
    --------
    >>> wave = Signal(np.array([0.0, 4.0, 0.0, np.nan, 2.0]), 30.0, 1.0)
    >>> equalize_signal(wave, EqualizerSpec((0.25, 0.5, 0.25))).values
    array([ 2.,  2.,  2., nan,  2.])
    """
    if spec is None:
        return signal
    values = signal.values.copy()
    edges = np.flatnonzero(np.diff(np.isfinite(values), prepend=False, append=False))
    for first, end in edges.reshape(-1, 2).tolist():
        if end - first > 1:  # a single value has no neighbours
            values[first:end] = equalize(values[first:end], spec)
    return Signal(values, signal.fs, signal.start_s)


class _Spectra(NamedTuple):
    """Spectra of waveforms x and known pulses y, each shape (videos, bins)."""

    freqs: NDArray[np.float64]
    xx: NDArray[np.float64]
    yy: NDArray[np.float64]
    xy: NDArray[np.complex128]


class Transfer(NamedTuple):
    """Transfer from blood volume to a waveform."""

    freqs: NDArray[np.float64]
    """Hz, shape (bins,)."""
    gain: NDArray[np.float64]
    """Real, shape (bins,)."""
    delay_s: float
    coherence: float
    """Explained share of the power in `CORE_HZ`, up to 1."""


def fit_equalizer(
    waveforms: Sequence[ArrayLike], pulses: Sequence[ArrayLike], fs: float
) -> EqualizerSpec | None:
    """Fit an equalizer to waveforms with known pulses.

    Parameters
    ----------
    waveforms : sequence of array, shape (time,)
        Outputs of a network, upright and integrated, of videos whose heart rates cover the
        range that is to be measured.
    pulses : sequence of array, shape (time,)
        Blood volumes at the same times.
    fs : float
        Sampling rate of both, Hz.

    Returns
    -------
    EqualizerSpec or None
        None if the waveforms do not contain the pulses (`LEAST_COHERENCE`).

    Raises
    ------
    UsageError
        Not as many waveforms as pulses, or of other lengths.

    Examples
    --------
    >>> t = np.arange(600) / 30
    >>> pulses = [np.sin(2 * np.pi * f * t) ** 3 for f in (0.7, 1.0, 1.5, 2.2, 3.0)]
    >>> noise = np.random.default_rng(0).standard_normal((5, 600))
    >>> fit_equalizer(list(noise), pulses, 30.0) is None  # these are no pulses
    True
    >>> fit_equalizer(pulses, pulses, 30.0).delay_s
    0.0
    """
    if len(waveforms) != len(pulses):
        raise UsageError(f"{len(waveforms)} waveforms with {len(pulses)} pulses")
    spectra = _spectra(waveforms, pulses, fs)
    transfer = None if spectra is None else _fit_transfer(spectra)
    if transfer is None or not transfer.coherence >= LEAST_COHERENCE:
        return None
    taps = _taps(transfer.freqs, _inverse(transfer), fs)
    delay_s = float(np.clip(transfer.delay_s, -MOST_DELAY_S, MOST_DELAY_S))
    return EqualizerSpec(tuple(round(float(tap), 6) for tap in taps), round(delay_s, 4) + 0.0)


def _spectra(
    waveforms: Sequence[ArrayLike], pulses: Sequence[ArrayLike], fs: float
) -> _Spectra | None:
    """Return spectra by Welch's method, or None if nothing varies or there are too few samples."""
    rows: list[tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.complex128]]] = []
    pairs = [(checked(x, fs), checked(y, fs)) for x, y in zip(waveforms, pulses, strict=True)]
    n = min([round(SECTION_S * fs), *(x.size for x, _ in pairs)], default=0)
    high_hz = min(FIT_HZ[1], 0.45 * fs)
    if n < 4 * fs / CORE_HZ[0]:
        return None
    freqs = np.fft.rfftfreq(n, 1 / fs).astype(np.float64)
    keep = (freqs >= FIT_HZ[0]) & (freqs <= high_hz)
    for x, y in pairs:
        if x.shape != y.shape:
            raise UsageError(f"a waveform of {x.size} samples with a pulse of {y.size}")
        if np.ptp(x) > 0 and np.ptp(y) > 0:
            x, y = standardise(x), standardise(y)
            xx, yy, xy = (
                scipy.signal.csd(a, b, fs=fs, nperseg=n)[1][keep]
                for a, b in ((x, x), (y, y), (y, x))
            )
            rows.append((xx.real.astype(np.float64), yy.real.astype(np.float64), xy))
    if not rows:
        return None
    each_xx, each_yy, each_xy = zip(*rows, strict=True)
    return _Spectra(freqs[keep], np.array(each_xx), np.array(each_yy), np.array(each_xy))


def _fit_transfer(spectra: _Spectra) -> Transfer | None:
    """Fit one smooth real transfer and one delay, and a scale and a noise level for each video.

    Alternating least squares of ``x = scale * transfer * y + noise``: noise lowers no gain, as
    it would in a regression of the pulse on the waveform.
    """
    freqs, xx, yy, xy = spectra
    nodes = np.arange(freqs[0], freqs[-1] + NODE_HZ / 2, NODE_HZ)
    hats = np.maximum(1 - np.abs(freqs[:, None] - nodes) / NODE_HZ, 0.0)
    bend = np.diff(np.eye(nodes.size), 2, axis=0)
    core = (freqs >= CORE_HZ[0]) & (freqs <= CORE_HZ[1])
    scale, noise, delay_s = np.ones(len(xx)), np.ones(len(xx)), 0.0
    gain, explained = np.ones(freqs.size), np.zeros(xx.shape)
    for _ in range(_ROUNDS):
        real = (xy * np.exp(2j * np.pi * freqs * delay_s)).real
        normal = hats.T @ (((scale**2 / noise) @ yy)[:, None] * hats)
        normal += SMOOTHNESS * np.trace(normal) / nodes.size * (bend.T @ bend)
        gain = hats @ np.linalg.lstsq(normal, hats.T @ ((scale / noise) @ real), rcond=None)[0]
        power = yy @ gain**2
        if not bool((power > 0).all()):
            return None
        scale = np.maximum(real @ gain / power, 0.05)
        scale /= np.exp(np.log(scale).mean())
        explained = 2 * scale[:, None] * gain * real - scale[:, None] ** 2 * gain**2 * yy
        noise = np.maximum((xx - explained).sum(axis=1) / xx.sum(axis=1), _LEAST_NOISE)
        noise /= noise.mean()
        delay_s = _delay_s(freqs[core], xy[:, core], yy[:, core])
    # below 0 for a waveform that falls with blood volume
    share = np.sign(gain[core].mean()) * explained[:, core].sum() / xx[:, core].sum()
    return Transfer(freqs, gain, delay_s, float(share))


def _delay_s(
    freqs: NDArray[np.float64], xy: NDArray[np.complex128], yy: NDArray[np.float64]
) -> float:
    """Return the mean of the videos' delays: each is the slope of its phase, by pulse power."""
    turned = np.angle(xy) * freqs * yy
    weight = 2 * np.pi * freqs**2 * yy
    return float(-(turned.sum(axis=1) / weight.sum(axis=1)).mean())


def _inverse(transfer: Transfer) -> NDArray[np.float64]:
    """Return the gain that undoes a transfer, regularized by `FLOOR`; 1 at `UNIT_HZ`."""
    freqs = transfer.freqs
    core = (freqs >= CORE_HZ[0]) & (freqs <= CORE_HZ[1])
    # where the sign is inverted, no real gain helps: 0
    relative = np.maximum(transfer.gain, 0.0) / float(transfer.gain[core].max())
    gain = relative / (relative**2 + FLOOR**2) * freqs**-TILT
    highest = np.interp(LEVEL_FROM_HZ, freqs, gain)
    gain = np.where(freqs > LEVEL_FROM_HZ, np.minimum(gain, highest), gain)
    unit = float(np.interp(UNIT_HZ, freqs, gain))
    return np.asarray(gain / unit) if unit > 0 else np.ones(freqs.size)


def _taps(freqs: NDArray[np.float64], gain: NDArray[np.float64], fs: float) -> NDArray[np.float64]:
    """Return the symmetric filter whose gain is nearest, by least squares.

    Below the band the gain stays as at its edge, above it falls to 0.
    """
    half = min(MOST_TAPS, 2 * int(FILTER_S * fs / 2) + 1) // 2
    grid = np.linspace(0.0, fs / 2, 301)
    fade = np.clip(1 - (grid - freqs[-1]) / (0.3 * freqs[-1]), 0.0, 1.0)
    wanted = np.interp(grid, freqs, gain) * fade
    weight = np.where(grid < freqs[0], 0.2, 1.0)
    cosines = np.cos(2 * np.pi / fs * np.outer(grid, np.arange(half + 1)))
    cosines[:, 1:] *= 2
    normal = cosines.T @ (weight[:, None] * cosines)
    normal += 1e-4 * grid.size * np.diag((np.arange(half + 1) / 10) ** 2)
    taps = np.linalg.solve(normal, cosines.T @ (weight * wanted))
    return np.concatenate([taps[:0:-1], taps])
