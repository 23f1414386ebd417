"""How published scores were made: windows, read-outs and references, each after its source.

A preset reads a heart rate, or several quantities, from a window of an estimated waveform. Where
its source reads the reference from the contact waveform in the same way, it does too, and says
so; else the reference comes from `sspd.evaluate.reference`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, filtfilt, find_peaks

from sspd.errors import UsageError
from sspd.evaluate.nest import NEST_CLIP_S, NEST_QUANTITIES, nest_readings
from sspd.evaluate.quantities import Readings
from sspd.evaluate.toolbox import toolbox_rate
from sspd.signal import released_readout
from sspd.signal.wavelet import BAND_HZ, ORDER
from sspd.vitals import SHORTEST_S, pulse_band, read_rate

#: A window of the waveform and its rate, Hz -> beats a minute, or None.
RateOut = Callable[[NDArray[np.float64], float], "float | None"]
#: The same -> every quantity that could be read.
ReadOut = Callable[[NDArray[np.float64], float], Readings]


@dataclass(frozen=True)
class Scoring:
    """How a score is made.

    Parameters
    ----------
    name, source : str
        ``source`` in a sentence: who scored so.
    window_s : float or None
        Length of the windows, seconds; None: the whole recording.
    read : callable
        Reads a window of an estimated waveform.
    same_for_reference : bool
        Whether the contact waveform is read by ``read`` as well, over the same stretch.
    abstains : bool
        Whether only readings that `sspd measure` would accept are scored.
    quantities : tuple of str
        What ``read`` gives, names of `sspd.evaluate.QUANTITIES`; ``hr_bpm`` is among them.
    macc : bool
        Whether the waveforms themselves are compared, see `sspd.evaluate.toolbox`.
    caveat : str
        What must stand under its tables.
    shortest_s : float
        Nothing is read of a shorter window, seconds.
    """

    name: str
    source: str
    window_s: float | None
    read: ReadOut
    same_for_reference: bool = False
    abstains: bool = False
    quantities: tuple[str, ...] = ("hr_bpm",)
    macc: bool = False
    caveat: str = ""
    shortest_s: float = 0.0

    def in_windows(self, window_s: float | None) -> Scoring:
        """The same in windows of another length, where one is given.

        Parameters
        ----------
        window_s : float or None
            Seconds.

        Raises
        ------
        UsageError
            Too short to read anything of them.

        >>> get_scoring("sspd").in_windows(5.0).window_s
        5.0
        """
        if window_s is None:
            return self
        if window_s < self.shortest_s:
            raise UsageError(
                f"scoring {self.name} reads nothing of windows of {window_s:.1f} s, it wants"
                f" {self.shortest_s:.1f} s; --scoring sspd takes any"
            )
        return replace(self, window_s=window_s)

    def facts(self) -> dict[str, str | float | None]:
        """What a manifest says of it: the source with its caveat."""
        source = f"{self.source}. {self.caveat}" if self.caveat else self.source
        return {"name": self.name, "source": source, "window_s": self.window_s}


def rate_alone(rate: RateOut) -> ReadOut:
    """A read-out of heart rate and nothing else.

    Parameters
    ----------
    rate : callable
        A window of a waveform and its rate, Hz -> beats a minute, or None.

    >>> rate_alone(lambda values, fs: 72.0)(np.full(900, 0.1), 30.0)
    {}
    """

    def read(values: NDArray[np.float64], fs: float) -> Readings:
        flat = not values.size or np.ptp(values) == 0  # of which filters make rounding, and peaks
        bpm = None if flat else rate(values, fs)
        return {} if bpm is None else {"hr_bpm": bpm}

    return read


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


def pulse_peaks(values: NDArray[np.float64], fs: float) -> float | None:
    """All peaks of the waveform in the paper's band; the rate is that of their mean interval.

    Butterworth 4 of 0.5-3 Hz, forward and back, as the released code has it.

    Parameters
    ----------
    values : float64 array, shape (time,)
    fs : float
        Hz.

    >>> t = np.arange(0, 30, 1 / 30)
    >>> noise = 0.3 * np.random.default_rng(0).standard_normal(t.size)
    >>> round(pulse_peaks(np.sin(2 * np.pi * 1.2 * t) + noise, 30.0))
    72
    """
    if fs <= 2 * BAND_HZ[1]:
        return None
    b, a = butter(ORDER, BAND_HZ, btype="bandpass", fs=fs)
    if values.size <= 3 * len(b):
        return None
    return all_peaks(filtfilt(b, a, values), fs)


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
    if values.size < 16 or fs <= 8:
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
    if values.size < 2 * fs or fs < 8:
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
        "the paper, Sec. IV-A and IV-B: windows of 30 s, mean interval of all peaks, after the"
        " Butterworth band-pass of 0.5-3 Hz of its released code ([4] and [5], whom it follows,"
        " filter too)",
        30.0,
        rate_alone(pulse_peaks),
        caveat="A heart over 180 bpm lies outside of the band; what noise and second waves are"
        " left in it count as beats",
    ),
    Scoring(
        "all-maxima",
        "the paper's Sec. IV-A to the letter: windows of 30 s, every maximum of the unfiltered"
        " waveform",
        30.0,
        rate_alone(all_peaks),
        caveat="Every maximum counts, those of noise too: a clean pulse of 72 bpm with a little"
        " noise may read 125, and POS over 400. The paper's own numbers cannot be of this",
    ),
    Scoring(
        "released",
        "the paper's released code: whole recording, Morlet mask, labels likewise",
        None,
        rate_alone(released_rate),
        same_for_reference=True,
    ),
    Scoring(
        "rppg-toolbox",
        "Liu et al., rPPG-Toolbox, NeurIPS 2023: whole recording, FFT, labels likewise",
        None,
        rate_alone(toolbox_rate),
        same_for_reference=True,
        macc=True,
    ),
    Scoring(
        "contrast-phys",
        "Sun and Li, Contrast-Phys, ECCV 2022: windows of 30 s, FFT, labels likewise",
        30.0,
        rate_alone(contrast_phys_rate),
        same_for_reference=True,
    ),
    Scoring(
        "spectral",
        "what sspd measure reads in windows of 30 s, believed or not",
        30.0,
        rate_alone(measured_rate),
        shortest_s=SHORTEST_S,
    ),
    Scoring(
        "measure",
        "sspd measure itself: windows of 30 s, only what is believed",
        30.0,
        rate_alone(measured_rate),
        abstains=True,
        shortest_s=SHORTEST_S,
    ),
    Scoring(
        "nest",
        "Lu et al., NEST, CVPR 2023, for the paper's Table III: clips of 256 pictures, averaged"
        " over a recording, labels likewise",
        None,
        nest_readings,
        same_for_reference=True,
        quantities=NEST_QUANTITIES,
        caveat="A clip of 8.5 s cannot resolve LF (0.04 Hz is a period of 25 s): LF, HF and LF/HF"
        " compare methods by convention, they are no physiology",
        shortest_s=NEST_CLIP_S,
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
