"""Plot mean ranks of methods as a critical-difference diagram."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from sspd.report.axes import BEAT, LINE, new_figure, say_nothing
from sspd.report.labels import legible
from sspd.utils.files import whole_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Pair = frozenset[str]


def draw_ranks(
    path: str | Path, ranks: Mapping[str, float], different: Collection[Pair], note: str
) -> None:
    """Draw methods on a line of mean ranks; bars join those that do not differ.

    Parameters
    ----------
    path : str or Path
        PNG, SVG or PDF, by its suffix.
    ranks : mapping
        Method -> mean rank, 1 is the best.
    different : collection of frozenset
        Pairs of methods that differ.
    note : str
        How it was tested, printed above.

    Notes
    -----
    J. Demsar, "Statistical comparisons of classifiers over multiple data sets", Journal of
    Machine Learning Research 7, 2006, with bars by pairwise tests.
    """
    order = sorted(ranks, key=lambda name: ranks[name])
    bars = groups(order, different)
    figure = new_figure(8.0, 1.4 + 0.32 * len(order) + 0.22 * len(bars))
    axes = figure.subplots()
    if not order:
        say_nothing(axes, "two methods and two subjects are needed")
    else:
        _draw(axes, order, ranks, bars)
    axes.set_title(note, fontsize=9, parse_math=False)
    with whole_file(path) as part:
        figure.savefig(part)


def groups(order: Sequence[str], different: Collection[Pair]) -> list[tuple[str, str]]:
    """Return the first and last of each largest run of methods without a difference.

    Parameters
    ----------
    order : sequence of str
        Methods by rank.
    different : collection of frozenset
        Pairs of methods that differ.

    Returns
    -------
    list of (str, str)

    >>> groups(["a", "b", "c"], [frozenset("ac")])
    [('a', 'b'), ('b', 'c')]
    """
    found: list[tuple[int, int]] = []
    for first in range(len(order)):
        last = first
        while last + 1 < len(order) and not any(
            frozenset(pair) in different for pair in combinations(order[first : last + 2], 2)
        ):
            last += 1
        if last > first and not any(last <= end for _, end in found):
            found.append((first, last))
    return [(order[first], order[last]) for first, last in found]


def _draw(
    axes: Axes, order: Sequence[str], ranks: Mapping[str, float], bars: Sequence[tuple[str, str]]
) -> None:
    half = -(-len(order) // 2)
    lowest = 0.0
    for place, name in enumerate(order):
        left = place < half
        height = -0.6 - 0.5 * (place if left else len(order) - 1 - place) - 0.35 * len(bars)
        lowest = min(lowest, height)
        end = 0.6 if left else len(order) + 0.4
        axes.plot([ranks[name]] * 2, [0, height], color=LINE, lw=1)
        axes.plot([ranks[name], end], [height, height], color=LINE, lw=1)
        text = f"{legible(name)}  {ranks[name]:.2f}" if left else f"{ranks[name]:.2f}  {name}"
        axes.text(end, height, text, ha="right" if left else "left", va="center", parse_math=False)
    for level, (first, last) in enumerate(bars):
        height = -0.3 - 0.35 * level
        span = [ranks[first] - 0.04, ranks[last] + 0.04]
        axes.plot(span, [height] * 2, color=BEAT, lw=4, solid_capstyle="butt")
    axes.set(xlim=(-0.6, len(order) + 1.6), ylim=(lowest - 0.4, 0.1), yticks=[])
    axes.set_xticks(range(1, len(order) + 1))
    axes.xaxis.tick_top()
    axes.spines[["left", "right", "bottom"]].set_visible(False)
    axes.spines["top"].set_position(("data", 0.0))
    axes.spines["top"].set_bounds(1, len(order))
