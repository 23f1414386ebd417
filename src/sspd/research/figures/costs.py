"""Plot accuracy against cost: a method's error and its time for one clip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan
from pathlib import Path

from sspd.report.axes import BEAT, LINE, new_figure, say_nothing
from sspd.report.labels import legible
from sspd.utils.files import whole_file


@dataclass(frozen=True)
class CostPoint:
    """Time and error of one method.

    Parameters
    ----------
    name : str
    seconds : float
        Time for one clip.
    mae_bpm, low_bpm, high_bpm : float
        Mean absolute error with its interval, bpm; the ends are NaN if there is none.
    """

    name: str
    seconds: float
    mae_bpm: float
    low_bpm: float
    high_bpm: float


def draw_costs(path: str | Path, points: Sequence[CostPoint], note: str) -> None:
    """Draw methods by time and error; a line joins those that no other beats in both.

    Parameters
    ----------
    path : str or Path
        PNG, SVG or PDF, by its suffix.
    points : sequence of CostPoint
    note : str
        How both were measured, printed above.
    """
    from matplotlib.ticker import StrMethodFormatter

    figure = new_figure(8.0, 5.0)
    axes = figure.subplots()
    if not points:
        say_nothing(axes, "no method has both a time and an error")
    else:
        for point in points:
            below, above = point.mae_bpm - point.low_bpm, point.high_bpm - point.mae_bpm
            ends = None if isnan(below) else [[max(below, 0.0)], [max(above, 0.0)]]
            axes.errorbar(
                *(point.seconds, point.mae_bpm), ends, fmt="o", color=LINE, capsize=3, lw=1
            )
            place = (point.seconds, point.mae_bpm)
            axes.annotate(
                legible(point.name),
                place,
                (6, 5),
                textcoords="offset points",
                fontsize=9,
                parse_math=False,
            )
        best = unbeaten(points)
        axes.plot([p.seconds for p in best], [p.mae_bpm for p in best], color=BEAT, lw=1, zorder=0)
        axes.set(xscale="log", yscale="symlog")
        plain = StrMethodFormatter("{x:g}")
        axes.xaxis.set_major_formatter(plain)
        axes.xaxis.set_minor_formatter(plain)
        axes.yaxis.set_major_formatter(plain)
        axes.set_ylim(bottom=0)
        axes.margins(x=0.15)
    axes.set(xlabel="seconds per clip", ylabel="mean absolute error, beats per minute")
    axes.set_title(note, fontsize=9, parse_math=False)
    with whole_file(path) as part:
        figure.savefig(part)


def unbeaten(points: Sequence[CostPoint]) -> list[CostPoint]:
    """Return the methods that no other beats in both time and error, by time.

    Parameters
    ----------
    points : sequence of CostPoint

    Returns
    -------
    list of CostPoint

    >>> rows = [("a", 1.0, 5.0), ("b", 2.0, 3.0), ("c", 3.0, 4.0)]
    >>> [point.name for point in unbeaten([CostPoint(*row, 0.0, 9.0) for row in rows])]
    ['a', 'b']
    """
    found: list[CostPoint] = []
    for point in sorted(points, key=lambda one: (one.seconds, one.mae_bpm)):
        if not found or point.mae_bpm < found[-1].mae_bpm:
            found.append(point)
    return found
