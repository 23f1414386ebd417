"""One picture of one result. The only module with matplotlib."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sspd.containers import Signal, Vitals
from sspd.errors import OutputError
from sspd.report.files import whole_file
from sspd.report.text import film_name, headline
from sspd.signal import pieces, power_spectrum
from sspd.vitals import SEARCH_HZ, SHORTEST_S, pulse_band

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Seconds shown of the waveform at close range.
EXCERPT_S = 10.0
_LINE, _BEAT, _SOFT, _GOOD, _BAD = "#1f4e79", "#c0392b", "#c9ced6", "#2e7d32", "#f3d6d3"


def plot_vitals(vitals: Vitals, path: str | Path) -> None:
    """Draw waveform, spectrum and heart rate over time; PNG, SVG or PDF by suffix.

    Parameters
    ----------
    vitals : Vitals
    path : str or Path

    Raises
    ------
    OutputError
        ``path`` cannot be written, or its suffix is no picture format.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    check_picture(path)
    figure = Figure(figsize=(10, 7.2), dpi=110, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(3, 2, height_ratios=(1.1, 0.7, 1.2))
    filtered = _filtered(vitals)
    _excerpt(figure.add_subplot(grid[0, :]), vitals, filtered)
    _whole(figure.add_subplot(grid[1, :]), vitals, filtered)
    _spectrum(figure.add_subplot(grid[2, 0]), vitals, filtered)
    _rates(figure.add_subplot(grid[2, 1]), vitals)
    figure.suptitle(f"{film_name(vitals)}: {headline(vitals)}", fontsize=15, weight="bold")
    weights = f", weights {vitals.weights}" if vitals.weights else ""
    figure.supxlabel(f"method {vitals.method}{weights}; not a medical device", fontsize=8)
    with whole_file(path) as partial:
        figure.savefig(partial)


def check_picture(path: str | Path) -> None:
    """Raise `OutputError` where a suffix is no picture format."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    known = FigureCanvasAgg.get_supported_filetypes()
    if Path(path).suffix.lstrip(".").lower() not in known:
        raise OutputError(f"{path}: a picture is written as png, svg or pdf, by its suffix")


def _filtered(vitals: Vitals) -> list[Signal]:
    if vitals.signal is None:
        return []
    return [
        Signal(pulse_band(piece.values, piece.fs), piece.fs, piece.start_s)
        for piece in pieces(vitals.signal)
        if piece.duration_s >= 2.5
    ]


def _nothing(axes: Axes, words: str) -> None:
    axes.text(0.5, 0.5, words, ha="center", va="center", transform=axes.transAxes, color="grey")
    axes.set_xticks([])
    axes.set_yticks([])


def _shade(axes: Axes, vitals: Vitals) -> None:
    """Tint what was refused."""
    for window in vitals.windows:
        if not window.accepted:
            axes.axvspan(window.start_s, window.end_s, color=_BAD, lw=0, zorder=0)


def _excerpt(axes: Axes, vitals: Vitals, filtered: list[Signal]) -> None:
    """Ten seconds from the middle of the longest stretch that is believed, with beats."""
    if not filtered:
        _nothing(axes, "no waveform")
        return
    good = [window for window in vitals.windows if window.accepted] or list(vitals.windows)
    centre = good[len(good) // 2]
    start_s = max(centre.start_s, (centre.start_s + centre.end_s - EXCERPT_S) / 2)
    parts = [piece.between(start_s, start_s + EXCERPT_S) for piece in filtered]
    part = max(parts, key=len)
    axes.plot(part.t, part.values, color=_LINE, lw=1.6)
    beats = np.zeros(0) if vitals.beats_s is None else vitals.beats_s
    if len(part):
        beats = beats[(beats >= part.t[0]) & (beats <= part.t[-1])]
        axes.set_xlim(part.t[0], part.t[-1])
    if len(part) and beats.size:
        heights = np.interp(beats, part.t, part.values)
        axes.plot(beats, heights, "o", color=_BEAT, ms=6, label="beat")
        axes.margins(y=0.12)
        # above the waveform, which may have a beat in any corner
        axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), borderaxespad=0, frameon=False)
    axes.set(title="Pulse waveform, 0.5–4 Hz (excerpt)", xlabel="time in s", yticks=[])
    axes.spines[["top", "right", "left"]].set_visible(False)


def _whole(axes: Axes, vitals: Vitals, filtered: list[Signal]) -> None:
    if not filtered:
        _nothing(axes, "no waveform")
        return
    for piece in filtered:
        axes.plot(piece.t, piece.values, color=_LINE, lw=0.6)
    _shade(axes, vitals)
    refused = any(not window.accepted for window in vitals.windows)
    axes.set(title="Whole film" + (" (shaded: refused)" if refused else ""), yticks=[])
    axes.set(xlabel="time in s", xlim=(filtered[0].t[0], filtered[-1].t[-1]))
    axes.spines[["top", "right", "left"]].set_visible(False)


def _spectrum(axes: Axes, vitals: Vitals, filtered: list[Signal]) -> None:
    longest = max(filtered, key=len, default=None)
    if longest is None or longest.duration_s < SHORTEST_S - 0.05:
        _nothing(axes, "too short for a spectrum")
        return
    good = [window for window in vitals.windows if window.accepted]
    part = max((longest.between(w.start_s, w.end_s) for w in good), key=len, default=longest)
    part = part if part.duration_s >= SHORTEST_S - 0.5 else longest
    freqs, power = power_spectrum(part.values, part.fs, (0.5, 4.0))
    power /= max(float(power.max()), 1e-30)
    axes.fill_between(60 * freqs, power, color=_SOFT)
    axes.plot(60 * freqs, power, color=_LINE, lw=1)
    rate = vitals.hr_bpm
    if rate is not None:
        axes.axvline(rate, color=_GOOD, lw=1.5, label=f"{rate:.1f} bpm")
        axes.legend(frameon=False)
    axes.set(title="Spectrum", xlabel="beats a minute", yticks=[], ylim=(0, 1.08))
    axes.set(xlim=(60 * SEARCH_HZ[0], 60 * SEARCH_HZ[1]))
    axes.spines[["top", "right", "left"]].set_visible(False)


def _rates(axes: Axes, vitals: Vitals) -> None:
    read = [window for window in vitals.windows if window.spectral_bpm is not None]
    if not read:
        _nothing(axes, "no heart rate")
        return
    for window in read:
        colour = _GOOD if window.accepted else _BEAT
        rate = float(window.spectral_bpm or np.nan)
        axes.plot([window.start_s, window.end_s], [rate, rate], color=colour, lw=3)
        middle = (window.start_s + window.end_s) / 2
        if window.peaks_bpm is not None:
            axes.plot([middle], [window.peaks_bpm], "x", color=colour, ms=6)
    _shade(axes, vitals)
    rates = [rate for w in read for rate in (w.spectral_bpm, w.peaks_bpm) if rate is not None]
    low, high = min(rates), max(rates)
    axes.set(ylim=(low - 8, high + 8), xlabel="time in s", ylabel="beats a minute")
    axes.set_title("Heart rate: bars by spectrum, × by peaks", fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)
