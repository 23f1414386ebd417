"""How published scores were made: windows, read-outs and references, each after its source.

A preset reads a heart rate from a window of an estimated waveform. Where its source reads the
reference from the contact waveform in the same way, it does too, and says so; else the
reference comes from `sspd.evaluate.reference`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, filtfilt, find_peaks, periodogram

from sspd.errors import UsageError
from sspd.signal import detrend, released_readout
from sspd.vitals import SHORTEST_S, pulse_band, read_rate

#: A window of the waveform and its rate, Hz -> beats a minute, or None.
ReadOut = Callable[[NDArray[np.float64], float], "float | None"]


@dataclass(frozen=True)
class Scoring:
    """How a score is made.

    Parameters
    ----------
    name, source : str
        ``source`` in a sentence: who scored so.
    window_s : float or None
        Length of the windows, seconds; None: the whole recording.
    estimate : callable
        Reads a window of an estimated waveform.
    same_for_reference : bool
        Whether the contact waveform is read by ``estimate`` as well.
    abstains : bool
        Whether only readings that `sspd measure` would accept are scored.
    """

    name: str
    source: str
    window_s: float | None
    estimate: ReadOut
    same_for_reference: bool = False
    abstains: bool = False


def all_peaks(values: NDArray[np.float64], fs: float) -> float | None:
    """Every maximum of the waveform as it is; the rate is that of their mean interval.

    Parameters
    ----------
    values : float64 array, shape (time,)
    fs : float
        Hz.

    >>> t = np.arange(0, 30, 1 / 30)
    >>> round(all_peaks(np.sin(2 * np.pi * 1.25 * t), 30.0), 1)
    75.0
    """
    tops = find_peaks(values)[0]
    return 60 * fs / float(np.diff(tops).mean()) if tops.size > 1 else None


def toolbox_rate(values: NDArray[np.float64], fs: float) -> float | None:
    """rPPG-Toolbox: smoothness prior 100, Butterworth 1 of 0.6-3.3 Hz, highest FFT bin.

    Parameters
    ----------
    values : float64 array, shape (time,)
    fs : float
        Hz.

    >>> t = np.arange(0, 30, 1 / 30)
    >>> round(toolbox_rate(np.sin(2 * np.pi * 1.25 * t), 30.0), 1)
    75.6
    """
    if values.size < 9:
        return None
    # the prior's weight 100, squared, as a frequency at which half is removed
    flat = detrend(values, fs, fs / np.pi * float(np.arcsin(0.5 * 100**-0.5)))
    b, a = butter(1, (0.6, 3.3), btype="bandpass", fs=fs)
    kept = filtfilt(b, a, flat)
    nfft = 1 << (kept.size - 1).bit_length()
    freqs, power = periodogram(kept, fs=fs, nfft=nfft, detrend=False)
    inside = (freqs >= 0.6) & (freqs <= 3.3)
    return float(60 * freqs[inside][power[inside].argmax()])


def contrast_phys_rate(values: NDArray[np.float64], fs: float) -> float | None:
    """Contrast-Phys: Butterworth 2 of 0.6-4 Hz, Hann, highest line of the FFT.

    Where that is within 10 bpm of twice the second highest, the second is taken.

    Parameters
    ----------
    values : float64 array, shape (time,)
    fs : float
        Hz.

    >>> t = np.arange(0, 30, 1 / 30)
    >>> noise = np.random.default_rng(0).standard_normal(t.size)
    >>> round(contrast_phys_rate(np.sin(2 * np.pi * 1.2 * t) + noise, 30.0), 1)
    72.0
    """
    if values.size < 16:
        return None
    b, a = butter(2, (0.6, 4.0), btype="bandpass", fs=fs)
    kept = filtfilt(b, a, values)
    size = np.abs(np.fft.rfft(kept * np.hanning(kept.size)))
    freqs = np.fft.rfftfreq(kept.size, 1 / fs)
    size[(freqs < 0.6) | (freqs > 4.0)] = 0.0
    lines = find_peaks(size)[0]
    if lines.size == 0:
        return None
    bpm = 60 * freqs[lines[np.argsort(size[lines])[::-1]]]
    if bpm.size > 1 and abs(bpm[0] - 2 * bpm[1]) < 10:
        return float(bpm[1])
    return float(bpm[0])


def released_rate(values: NDArray[np.float64], fs: float) -> float | None:
    """The released code: Butterworth 4 of 0.5-3 Hz, Morlet mask, mean of rates.

    Parameters
    ----------
    values : float64 array, shape (time,)
    fs : float
        Hz.

    >>> t = np.arange(0, 30, 1 / 30)
    >>> round(released_rate(np.sin(2 * np.pi * 1.25 * t), 30.0), 1)
    75.0
    """
    if values.size < 2 * fs:
        return None
    rate = released_readout(values, fs).hr_bpm
    return rate if np.isfinite(rate) else None


def measured_rate(values: NDArray[np.float64], fs: float) -> float | None:
    """The spectral reading of `sspd measure`, believed or not.

    Parameters
    ----------
    values : float64 array, shape (time,)
    fs : float
        Hz.

    >>> t = np.arange(0, 30, 1 / 30)
    >>> round(measured_rate(np.sin(2 * np.pi * 1.25 * t), 30.0), 1)
    75.0
    """
    if values.size < SHORTEST_S * fs:
        return None
    return read_rate(pulse_band(values, fs), fs).spectral_bpm


_PRESETS = (
    Scoring(
        "sspd",
        "the paper, Sec. IV-A: windows of 30 s, all peaks of the unfiltered waveform",
        30.0,
        all_peaks,
    ),
    Scoring(
        "released",
        "the paper's released code: whole recording, Morlet mask, labels likewise",
        None,
        released_rate,
        same_for_reference=True,
    ),
    Scoring(
        "rppg-toolbox",
        "Liu et al., rPPG-Toolbox, NeurIPS 2023: whole recording, FFT, labels likewise",
        None,
        toolbox_rate,
        same_for_reference=True,
    ),
    Scoring(
        "contrast-phys",
        "Sun and Li, Contrast-Phys, ECCV 2022: windows of 30 s, FFT, labels likewise",
        30.0,
        contrast_phys_rate,
        same_for_reference=True,
    ),
    Scoring(
        "spectral",
        "what sspd measure reads in windows of 30 s, believed or not",
        30.0,
        measured_rate,
    ),
    Scoring(
        "measure",
        "sspd measure itself: windows of 30 s, only what is believed",
        30.0,
        measured_rate,
        abstains=True,
    ),
)
SCORINGS = MappingProxyType({preset.name: preset for preset in _PRESETS})


def get_scoring(name: str) -> Scoring:
    """The preset of a name.

    Raises
    ------
    UsageError
        There is none; the message lists those there are.

    >>> get_scoring("rppg-toolbox").same_for_reference
    True
    """
    if name not in SCORINGS:
        raise UsageError(f"no scoring {name!r}; there are: {', '.join(SCORINGS)}")
    return SCORINGS[name]
