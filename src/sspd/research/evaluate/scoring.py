"""Published scorings: windows, read-outs and references, each with its source.

A preset reads a heart rate, or several quantities, from a window of an estimated waveform. If its
source reads the reference from the contact waveform in the same way, so does the preset, and says
so; otherwise the reference comes from `sspd.research.evaluate.reference`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from sspd.errors import UsageError
from sspd.research.evaluate.nest_protocol import NEST_CLIP_S, NEST_QUANTITIES, nest_readings
from sspd.research.evaluate.quantities import Readings
from sspd.research.evaluate.readouts import (
    all_peaks,
    contrast_phys_rate,
    measured_rate,
    pulse_peaks,
    released_rate,
    thirds_rate,
)
from sspd.research.evaluate.toolbox import toolbox_rate
from sspd.types.spans import SHORTEST_WINDOW_S

#: Function of a window of the waveform and its sampling rate (Hz) that returns bpm or None.
RateOut = Callable[[NDArray[np.float64], float], "float | None"]
#: Function of the same arguments that returns every quantity that could be read.
ReadOut = Callable[[NDArray[np.float64], float], Readings]


@dataclass(frozen=True)
class Scoring:
    """A way to score an estimated waveform against its reference.

    Parameters
    ----------
    name : str
    source : str
        The publication or code that scores so, in a sentence.
    window_s : float or None
        Length of the windows, seconds; None: the whole recording.
    read : callable
        Reads a window of an estimated waveform.
    same_for_reference : bool
        Whether ``read`` also reads the contact waveform, in the same window.
    abstains : bool
        Whether only readings that `sspd measure` would accept are scored.
    quantities : tuple of str
        The quantities that ``read`` returns, names of `sspd.research.evaluate.QUANTITIES`;
        ``hr_bpm`` is one of them.
    macc : bool
        Whether the waveforms themselves are compared, see `sspd.research.evaluate.toolbox`.
    caveat : str
        Warning to print below its tables.
    shortest_s : float
        Shortest window that can be read, seconds.
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
        """Return the same scoring with windows of another length, if one is given.

        Parameters
        ----------
        window_s : float or None
            Seconds.

        Returns
        -------
        Scoring

        Raises
        ------
        UsageError
            The windows are too short to be read.

        >>> get_scoring("sspd").in_windows(5.0).window_s
        5.0
        """
        if window_s is None:
            return self
        if window_s < self.shortest_s:
            raise UsageError(
                f"scoring {self.name} cannot read windows of {window_s:.1f} s, it needs"
                f" {self.shortest_s:.1f} s; --scoring sspd reads any"
            )
        return replace(self, window_s=window_s)

    def facts(self) -> dict[str, str | float | None]:
        """Return the entry of a manifest: name, source with caveat, and window length."""
        source = f"{self.source}. {self.caveat}" if self.caveat else self.source
        return {"name": self.name, "source": source, "window_s": self.window_s}


def rate_alone(rate: RateOut) -> ReadOut:
    """Make a read-out that returns the heart rate alone.

    Parameters
    ----------
    rate : callable
        Function of a window of the waveform and its sampling rate (Hz) that returns bpm or None.

    Returns
    -------
    callable
        Read-out for `Scoring`.

    >>> rate_alone(lambda values, fs: 72.0)(np.full(900, 0.1), 30.0)
    {}
    """

    def read(values: NDArray[np.float64], fs: float) -> Readings:
        # filters would turn a flat window into rounding errors with peaks
        flat = not values.size or np.ptp(values) == 0
        bpm = None if flat else rate(values, fs)
        return {} if bpm is None else {"hr_bpm": bpm}

    return read


_PRESETS = (
    Scoring(
        "sspd",
        "the paper, Sec. IV-A and IV-B: windows of 30 s, mean interval of all peaks, after the"
        " filter of its released code, a Butterworth band-pass of 0.5-3 Hz and a Morlet mask ([4]"
        " and [5], whom it follows, filter too)",
        30.0,
        rate_alone(pulse_peaks),
        caveat="Heart rates above 180 bpm are outside the band, those under 39 bpm below the mask"
        " itself",
    ),
    Scoring(
        "all-maxima",
        "the paper's Sec. IV-A to the letter: windows of 30 s, every maximum of the unfiltered"
        " waveform",
        30.0,
        rate_alone(all_peaks),
        caveat="Every maximum counts, those of noise too: a clean pulse of 72 bpm with a little"
        " noise may read 125, and POS over 400. The paper's own numbers cannot come from this",
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
        "vipl",
        "VIPL-HR as its sources score it: one rate per video, the mean rate of its three thirds"
        " (Yu et al., PhysFormer, CVPR 2022, released code; Niu et al., RhythmNet, TIP 2020,"
        " average clips too), against the mean rate that the device showed",
        None,
        rate_alone(thirds_rate),
        caveat="Heart rates above 180 bpm are outside the band",
        shortest_s=12.0,
    ),
    Scoring(
        "spectral",
        "the rate of sspd measure in windows of 30 s, accepted or not",
        30.0,
        rate_alone(measured_rate),
        shortest_s=SHORTEST_WINDOW_S,
    ),
    Scoring(
        "measure",
        "sspd measure itself: windows of 30 s, only accepted ones",
        30.0,
        rate_alone(measured_rate),
        abstains=True,
        shortest_s=SHORTEST_WINDOW_S,
    ),
    Scoring(
        "nest",
        "Lu et al., NEST, CVPR 2023, for the paper's Table III: clips of 256 frames, averaged"
        " over a recording, labels likewise",
        None,
        nest_readings,
        same_for_reference=True,
        quantities=NEST_QUANTITIES,
        caveat="A clip of 8.5 s cannot resolve LF (0.04 Hz is a period of 25 s): LF, HF and LF/HF"
        " compare methods by convention and have no physiological meaning",
        shortest_s=NEST_CLIP_S,
    ),
)
SCORINGS = MappingProxyType({preset.name: preset for preset in _PRESETS})


def get_scoring(name: str) -> Scoring:
    """Return the scoring with this name.

    Parameters
    ----------
    name : str
        A name of `SCORINGS`.

    Returns
    -------
    Scoring

    Raises
    ------
    UsageError
        There is no such scoring; the message lists all of them.

    >>> get_scoring("rppg-toolbox").same_for_reference
    True
    """
    if name not in SCORINGS:
        raise UsageError(f"no scoring {name!r}; there are: {', '.join(SCORINGS)}")
    return SCORINGS[name]
