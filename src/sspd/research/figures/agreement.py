"""Plot how estimated rates agree with reference rates: the paper's Figs. 5 and 6."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sspd.report.axes import BEAT, LINE, new_figure, say_nothing
from sspd.report.labels import legible
from sspd.utils.files import whole_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Rates = NDArray[np.float64]
#: Standard deviations around the mean that hold 95 % of a normal distribution.
LIMITS_SD = 1.96
#: Largest number of methods whose boxes can be distinguished.
MOST_BOXES = 6
#: Largest number of methods in one row.
MOST_ACROSS = 5
#: Smallest distance of two numbers beside an axis, as a fraction of it, so that both can be read.
LEAST_GAP = 0.045
#: Width of a column of the legend, inches.
LEGEND_INCHES = 1.7


def draw_agreement(path: str | Path, methods: Mapping[str, tuple[Rates, Rates]]) -> None:
    """Draw estimate against reference, and below it their difference against their mean.

    J. M. Bland and D. G. Altman, "Statistical methods for assessing agreement between two
    methods of clinical measurement", Lancet 327, 1986.

    Parameters
    ----------
    path : str or Path
        PNG, SVG or PDF, by its suffix.
    methods : mapping
        Name -> reference and estimate, beats per minute, one value for each window.
    """
    across = min(max(len(methods), 1), MOST_ACROSS)
    rows = -(-max(len(methods), 1) // across)
    figure = new_figure(3.6 * across, 6.8 * rows)
    grid = figure.subplots(2 * rows, across, squeeze=False)
    for place in range(rows * across - len(methods)):
        for row in (-2, -1):
            grid[row, -1 - place].set_axis_off()
    limits = _limits(methods)
    for place, (name, (reference, estimate)) in enumerate(methods.items()):
        row, column = divmod(place, across)
        top, bottom = grid[2 * row, column], grid[2 * row + 1, column]
        top.set_title(legible(name), parse_math=False)
        if reference.size == 0:
            say_nothing(top, "nothing scored")
            say_nothing(bottom, "nothing scored")
            continue
        _scatter(top, reference, estimate, limits.rates)
        _bland_altman(bottom, reference, estimate, limits)
    with whole_file(path) as part:
        figure.savefig(part)


class _Limits(NamedTuple):
    """Axis limits of all panels, bpm; shared, so that methods can be compared by eye."""

    rates: tuple[float, float]
    means: tuple[float, float]
    apart: tuple[float, float]


def _limits(methods: Mapping[str, tuple[Rates, Rates]]) -> _Limits:
    scored = [(r, e) for r, e in methods.values() if r.size]
    if not scored:
        return _Limits((0.0, 1.0), (0.0, 1.0), (-1.0, 1.0))
    apart = [e - r for r, e in scored]
    spread = [LIMITS_SD * float(d.std(ddof=1)) if d.size > 1 else 0.0 for d in apart]
    ends = [d.mean() + np.array([-s, s]) for d, s in zip(apart, spread, strict=True)]
    low, high = _span([*apart, *ends])
    room = max(1.0, 0.08 * (high - low))
    return _Limits(
        _span([one for pair in scored for one in pair], 5.0),
        _span([(r + e) / 2 for r, e in scored], 2.0),
        (low - room, high + room),
    )


def _span(values: Sequence[Rates], room: float = 0.0) -> tuple[float, float]:
    whole = np.concatenate(values)
    return float(whole.min()) - room, float(whole.max()) + room


def draw_conditions(path: str | Path, methods: Mapping[str, Mapping[str, Rates]]) -> None:
    """Draw absolute errors by condition: boxes side by side, or a map for many methods.

    Parameters
    ----------
    path : str or Path
        PNG, SVG or PDF, by its suffix.
    methods : mapping
        Name -> condition -> absolute errors, beats per minute, one for each window. A box spans
        the quartiles, its whiskers the 5th to the 95th percentile. More than `MOST_BOXES` methods
        are drawn as a map of their means, one row each.
    """
    conditions = list(dict.fromkeys(name for errors in methods.values() for name in errors))
    if len(methods) > MOST_BOXES and conditions:
        _draw_map(path, methods, conditions)
        return
    figure = new_figure(max(4.0, 1.2 + 0.5 * len(methods) * max(len(conditions), 1)), 4.2)
    axes = figure.subplots()
    if not conditions:
        say_nothing(axes, "nothing scored")
    width = 0.8 / max(len(methods), 1)
    for place, (name, errors) in enumerate(methods.items() if conditions else ()):
        at = [k + (place - (len(methods) - 1) / 2) * width for k in range(len(conditions))]
        values = [errors.get(condition, np.zeros(0)) for condition in conditions]
        colour = f"C{place}"
        boxes = axes.boxplot(
            values,
            positions=at,
            widths=0.8 * width,
            whis=(5, 95),
            sym=".",
            patch_artist=True,
            manage_ticks=False,
            medianprops={"color": colour, "lw": 2},
        )
        for box in boxes["boxes"]:
            box.set(facecolor=colour, alpha=0.6)
        axes.plot([], [], "s", color=colour, alpha=0.6, label=legible(name))
    if conditions:
        axes.set_xticks(range(len(conditions)), [legible(name) for name in conditions])
        axes.tick_params(axis="x", rotation=20)
        axes.set(ylabel="absolute error, beats per minute", ylim=(0, None))
        # outside the axes, because a box may be in any corner of them
        columns = max(1, int(figure.get_figwidth() / LEGEND_INCHES))
        figure.legend(loc="outside upper left", ncols=columns, frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    with whole_file(path) as part:
        figure.savefig(part)


def _draw_map(
    path: str | Path, methods: Mapping[str, Mapping[str, Rates]], conditions: Sequence[str]
) -> None:
    """Draw mean absolute errors as colours and numbers; larger ones are darker."""
    empty: Rates = np.zeros(0)
    means = np.array(
        [
            [own.mean() if (own := errors.get(name, empty)).size else np.nan for name in conditions]
            for errors in methods.values()
        ]
    )
    figure = new_figure(2.2 + 0.95 * len(conditions), 1.2 + 0.3 * len(methods))
    axes = figure.subplots()
    shades = np.log10(np.clip(np.nan_to_num(means, nan=0.0), 0.1, 100.0))
    axes.imshow(shades, cmap="Reds", vmin=-1.0, vmax=2.6, aspect="auto")
    for row, column in np.ndindex(*means.shape):
        value = means[row, column]
        text = "-" if np.isnan(value) else f"{value:.2f}" if value < 10 else f"{value:.0f}"
        axes.text(column, row, text, ha="center", va="center", fontsize=9)
    axes.set_xticks(range(len(conditions)), [legible(name) for name in conditions])
    axes.set_yticks(range(len(methods)), [legible(name) for name in methods])
    axes.tick_params(length=0)
    axes.xaxis.tick_top()
    axes.set_title("mean absolute error, beats per minute", fontsize=9)
    with whole_file(path) as part:
        figure.savefig(part)


def _scatter(axes: Axes, reference: Rates, estimate: Rates, limits: tuple[float, float]) -> None:
    low, high = limits
    axes.plot([low, high], [low, high], color="0.6", lw=1)
    axes.plot(reference, estimate, "o", color=LINE, ms=4, alpha=0.6, mew=0)
    varies = reference.size > 1 and np.ptp(reference) > 0 and np.ptp(estimate) > 0
    text = f"R = {np.corrcoef(reference, estimate)[0, 1]:.2f}" if varies else ""
    axes.text(0.04, 0.93, f"{text}  n = {reference.size}".strip(), transform=axes.transAxes)
    axes.set(xlim=(low, high), ylim=(low, high), aspect="equal")
    axes.set(xlabel="reference, beats per minute", ylabel="estimate, beats per minute")
    axes.spines[["top", "right"]].set_visible(False)


def _bland_altman(axes: Axes, reference: Rates, estimate: Rates, limits: _Limits) -> None:
    mean, apart = (reference + estimate) / 2, estimate - reference
    axes.plot(mean, apart, "o", color=LINE, ms=4, alpha=0.6, mew=0)
    lines = [float(apart.mean())]
    if apart.size > 1:
        spread = LIMITS_SD * float(apart.std(ddof=1))
        lines += [lines[0] - spread, lines[0] + spread]
    # numbers are beside their lines, or as far away as they must be to be legible
    gap = LEAST_GAP * (limits.apart[1] - limits.apart[0])
    places = lines[:1]
    if len(lines) > 1:
        places += [min(lines[1], lines[0] - gap), max(lines[2], lines[0] + gap)]
    for value, place, style in zip(lines, places, ("-", "--", "--"), strict=False):
        axes.axhline(value, color=BEAT, lw=1, ls=style)
        axes.annotate(
            f"{value:.1f}".replace("-", "−"),
            (1, place),
            xycoords=("axes fraction", "data"),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
            color=BEAT,
        )
    axes.set(xlabel="mean of both, beats per minute", ylabel="estimate − reference")
    axes.set(xlim=limits.means, ylim=limits.apart)
    axes.spines[["top", "right"]].set_visible(False)
