"""Plot the curves of an ablation: error against a setting, with the paper's choice (Figs. 8, 9)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sspd.report.axes import BEAT, LINE, new_figure
from sspd.utils.files import whole_file


def draw_curve(
    path: str | Path,
    places: Sequence[float],
    values: Sequence[Sequence[float]],
    optimum: float,
    title: str,
) -> None:
    """Draw every seed's error as a point, and their means as a line.

    Parameters
    ----------
    path : str or Path
        PNG, SVG or PDF, by its suffix.
    places : sequence of float
        Values of the setting.
    values : sequence of sequence of float
        Errors of each seed at each value, beats per minute.
    optimum : float
        The paper's choice.
    title : str
    """
    figure = new_figure(5.5, 3.4)
    axes = figure.subplots()
    for place, own in zip(places, values, strict=True):
        axes.plot([place] * len(own), own, "o", color=LINE, alpha=0.4, ms=4)
    means = [sum(own) / len(own) for own in values]
    axes.plot(places, means, "-o", color=LINE, label="mean of seeds")
    axes.axvline(optimum, color=BEAT, ls="--", lw=1, label=f"the paper's choice: {optimum:g}")
    axes.set(xlabel=title, ylabel="mean absolute error, beats per minute")
    axes.set_ylim(bottom=0)
    axes.legend(fontsize=8)
    with whole_file(path) as part:
        figure.savefig(part)
