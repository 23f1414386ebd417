"""A network's waveforms of the same faces at several rates: the paper's Fig. 7."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sspd.report.axes import BEAT, new_figure, say_nothing
from sspd.report.labels import legible
from sspd.signal import standardise
from sspd.types import Series, Signal
from sspd.utils.files import whole_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Name of a rate -> as the paper's Fig. 7 has it.
TITLES = MappingProxyType({"whole": "Fs", "half": "Fs/2", "double": "2 Fs"})
#: What is drawn: the network's output, which stands for the pulse or for a slope of it.
WHAT = "frames fed at their own rate; the output summed to a pulse, not band-passed"
#: The contact waveform stands so much above, in standard deviations.
_APART = 4.0


def draw_rates(
    path: str | Path, title: str, waves: Mapping[str, Mapping[str, Signal]], label: Series | None
) -> None:
    """Draw waveforms of one stretch, a row a method, a column a rate.

    Parameters
    ----------
    path : str or Path
        PNG, SVG or PDF by its suffix.
    title : str
        Of the recording.
    waves : mapping
        Method -> name of the rate -> waveform as the network gave it.
    label : Series or None
        What the contact sensor saw.
    """
    rates = list(dict.fromkeys(rate for some in waves.values() for rate in some))
    columns = max(len(rates), 1)
    figure = new_figure(4.6 * columns, 0.6 + 2.2 * max(len(waves), 1))
    grid = figure.subplots(max(len(waves), 1), columns, squeeze=False)
    for row, (name, some) in enumerate(waves.items()):
        for column, rate in enumerate(rates):
            axes = grid[row, column]
            wave = some.get(rate)
            if wave is None:
                say_nothing(axes, "no waveform")
            else:
                _draw(axes, wave, label)
                told = f"{legible(name)}, {TITLES.get(rate, rate)} = {wave.fs:.3g} Hz"
                axes.set_title(told, parse_math=False)
    black = "" if label is None else "; black, above: contact waveform"
    figure.suptitle(f"{legible(title)}: {WHAT}{black}", parse_math=False)
    with whole_file(path) as part:
        figure.savefig(part)


def _draw(axes: Axes, wave: Signal, label: Series | None) -> None:
    axes.plot(wave.t, _scaled(wave.values), color=BEAT, lw=1.2)
    if label is not None:
        inside = (label.t >= wave.t[0]) & (label.t <= wave.t[-1])
        if inside.sum() > 1:
            values = _scaled(label.values[inside]) + _APART
            axes.plot(label.t[inside], values, color="black", lw=1.0)
    axes.set(xlabel="time in s", yticks=[])
    axes.spines[["top", "right", "left"]].set_visible(False)


def _scaled(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return standardise(values) if np.ptp(values) > 0 else values - values[0]
