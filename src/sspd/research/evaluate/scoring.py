"""How published scores were made: windows, read-outs and references, each after its source.

A preset reads a heart rate, or several quantities, from a window of an estimated waveform. Where
its source reads the reference from the contact waveform in the same way, it does too, and says
so; else the reference comes from `sspd.research.evaluate.reference`.
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
from sspd.vitals import SHORTEST_S

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
        What ``read`` gives, names of `sspd.research.evaluate.QUANTITIES`; ``hr_bpm`` is among them.
    macc : bool
        Whether the waveforms themselves are compared, see `sspd.research.evaluate.toolbox`.
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
        "vipl",
        "VIPL-HR as its sources score it: a rate a video, the mean of those of its three thirds"
        " (Yu et al., PhysFormer, CVPR 2022, released code; Niu et al., RhythmNet, TIP 2020,"
        " average clips too), against the mean of what the device showed",
        None,
        rate_alone(thirds_rate),
        caveat="A heart over 180 bpm lies outside of the band",
        shortest_s=12.0,
    ),
    Scoring(
        "spectral",
        "what sspd measure reads in windows of 30 s, accepted or not",
        30.0,
        rate_alone(measured_rate),
        shortest_s=SHORTEST_S,
    ),
    Scoring(
        "measure",
        "sspd measure itself: windows of 30 s, only what is accepted",
        30.0,
        rate_alone(measured_rate),
        abstains=True,
        shortest_s=SHORTEST_S,
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
