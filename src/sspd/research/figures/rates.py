"""Plot a network's waveforms of the same faces at several frame rates: the paper's Fig. 7."""

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

#: Name of a rate -> its label in the paper's Fig. 7.
TITLES = MappingProxyType({"whole": "Fs", "half": "Fs/2", "double": "2 Fs"})
#: Description of the plot.
NOTE = "frames fed at their own rate; the output summed to a pulse, not band-passed"
#: Offset of the contact waveform above the network's, in standard deviations.
_APART = 4.0


def draw_rates(
    path: str | Path, title: str, waves: Mapping[str, Mapping[str, Signal]], label: Series | None
) -> None:
    """Draw waveforms of one segment: a row for each method, a column for each frame rate.

    Parameters
    ----------
    path : str or Path
        PNG, SVG or PDF, by its suffix.
    title : str
        Name of the recording.
    waves : mapping
        Method -> name of the rate -> waveform as the network gave it.
    label : Series or None
        The contact waveform.
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
                text = f"{legible(name)}, {TITLES.get(rate, rate)} = {wave.fs:.3g} Hz"
                axes.set_title(text, parse_math=False)
    black = "" if label is None else "; black, above: contact waveform"
    figure.suptitle(f"{legible(title)}: {NOTE}{black}", parse_math=False)
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
