"""Plots of a result on given axes; with `maps`, `plots` and `figures`, all use of matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sspd.report.selection import beats_between, rejected_spans
from sspd.signal import power_spectrum
from sspd.types import TRACK_STEP_S, Signal, Vitals
from sspd.types.spans import SHORTEST_WINDOW_S
from sspd.vitals import SEARCH_HZ, SHORTEST_WAVEFORM_S, good_intervals

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Colours of waveforms, beats, areas, accepted rates, rejected spans and beat-to-beat rates.
LINE, BEAT, SOFT, GOOD, BAD = "#1f4e79", "#c0392b", "#c9ced6", "#2e7d32", "#f3d6d3"
DOT = "#9aa3af"
#: A waveform with more samples than this is drawn as the band between its extremes, which are
#: taken in this number of columns.
MOST_SAMPLES = 4000
BAND_COLUMNS = 1000


def new_figure(width: float, height: float) -> Figure:
    """Make an empty white figure that is not shown on a screen.

    Parameters
    ----------
    width, height : float
        Inches.

    Returns
    -------
    matplotlib.figure.Figure
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=110, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def say_nothing(axes: Axes, words: str) -> None:
    """Write a message in place of a plot.

    Parameters
    ----------
    axes : Axes
    words : str
        The message.
    """
    axes.text(0.5, 0.5, words, ha="center", va="center", transform=axes.transAxes, color="grey")
    axes.set(xticks=[], yticks=[])


def draw_excerpt(axes: Axes, vitals: Vitals, part: Signal | None) -> None:
    """Plot a few seconds of the waveform with its beats.

    Parameters
    ----------
    axes : Axes
    vitals : Vitals
    part : Signal or None
        From `sspd.report.selection.excerpt`.
    """
    if part is None or not len(part):
        say_nothing(axes, "no waveform")
        return
    axes.plot(part.t, part.values, color=LINE, lw=1.6)
    beats = beats_between(vitals, part.t[0], part.t[-1])
    if len(part) > 1:
        axes.set_xlim(part.t[0], part.t[-1])
    if beats.size:
        heights = np.interp(beats, part.t, part.values)
        axes.plot(beats, heights, "o", color=BEAT, ms=6, label="beat")
        axes.margins(y=0.12)
        # above the axes, as a beat may be in any corner
        axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), borderaxespad=0, frameon=False)
    axes.set(xlabel="time in s", yticks=[])
    axes.spines[["top", "right", "left"]].set_visible(False)


def draw_whole(axes: Axes, vitals: Vitals, filtered: Sequence[Signal]) -> None:
    """Plot the waveform of the whole video, with rejected spans shaded.

    Parameters
    ----------
    axes : Axes
    vitals : Vitals
    filtered : sequence of Signal
        From `sspd.report.selection.drawn_waveform`.
    """
    if not filtered:
        say_nothing(axes, "no waveform")
        return
    long = sum(map(len, filtered)) > MOST_SAMPLES
    for wave in filtered:
        if long:
            times, low, high = _extremes(wave)
            axes.fill_between(times, low, high, color=LINE, lw=0.4)
        else:
            axes.plot(wave.t, wave.values, color=LINE, lw=0.6)
    _shade(axes, vitals)
    axes.set(xlabel="time in s", yticks=[])
    set_video_time_axis(axes, vitals)
    axes.spines[["top", "right", "left"]].set_visible(False)


def _extremes(
    wave: Signal,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return times, lowest and highest values of a long waveform, `BAND_COLUMNS` of each."""
    edges = np.unique(np.linspace(0, len(wave), BAND_COLUMNS + 1).astype(np.int64))[:-1]
    low = np.minimum.reduceat(wave.values, edges)
    return wave.t[edges], low, np.maximum.reduceat(wave.values, edges)


def _shade(axes: Axes, vitals: Vitals) -> None:
    for start_s, end_s in rejected_spans(vitals.windows):
        axes.axvspan(start_s, end_s, color=BAD, lw=0, zorder=0)


def set_video_time_axis(axes: Axes, vitals: Vitals) -> None:
    """Set the time axis to that which all plots of the whole video share.

    Parameters
    ----------
    axes : Axes
    vitals : Vitals
    """
    times = [time for w in vitals.windows for time in (w.start_s, w.end_s)]
    if vitals.signal is not None and len(vitals.signal):
        times += [vitals.signal.start_s, vitals.signal.start_s + vitals.signal.duration_s]
    if times and max(times) > min(times):
        axes.set_xlim(min(times), max(times))


def draw_spectrum(axes: Axes, vitals: Vitals, part: Signal | None) -> None:
    """Plot the spectrum of a time span, with the heart rate of the video.

    Parameters
    ----------
    axes : Axes
    vitals : Vitals
    part : Signal or None
        From `spectrum_part`.
    """
    if part is None:
        say_nothing(axes, "too short for a spectrum")
        return
    freqs, power = power_spectrum(part.values, part.fs, (0.5, 4.0))
    power /= max(float(power.max()), 1e-30)
    axes.fill_between(60 * freqs, power, color=SOFT)
    axes.plot(60 * freqs, power, color=LINE, lw=1)
    rate = vitals.hr_bpm
    if rate is not None:
        axes.axvline(rate, color=GOOD, lw=1.5, label=f"{rate:.1f} bpm")
        axes.legend(frameon=False)
    axes.set(xlabel="beats per minute", yticks=[], ylim=(0, 1.08))
    axes.set(xlim=(60 * SEARCH_HZ[0], 60 * SEARCH_HZ[1]))
    axes.spines[["top", "right", "left"]].set_visible(False)


def spectrum_part(vitals: Vitals, filtered: Sequence[Signal]) -> Signal | None:
    """Return the longest accepted window, or else the longest part of the waveform.

    Parameters
    ----------
    vitals : Vitals
    filtered : sequence of Signal
        From `sspd.report.selection.in_pulse_band`.

    Returns
    -------
    Signal or None
        None if it is too short for a spectrum.

    >>> spectrum_part(Vitals("a.mp4", "pos", None, 9.0, 30.0, ()), []) is None
    True
    """
    longest = max(filtered, key=len, default=None)
    if longest is None or longest.duration_s < SHORTEST_WAVEFORM_S:
        return None
    good = [window for window in vitals.windows if window.accepted]
    parts = [wave.between(w.start_s, w.end_s) for w in good for wave in filtered]
    part = max(parts, key=len, default=longest)
    return part if part.duration_s >= SHORTEST_WINDOW_S - 0.5 else longest


def draw_rates(axes: Axes, vitals: Vitals) -> None:
    """Plot the heart rate over time: windows by both read-outs, and from beat to beat.

    Parameters
    ----------
    axes : Axes
    vitals : Vitals
    """
    read = [window for window in vitals.windows if window.spectral_bpm is not None]
    if not read:
        say_nothing(axes, "no heart rate")
        return
    beats_bpm = _beat_rates(axes, vitals)
    for window in read:
        colour, width = (GOOD, 3.0) if window.accepted else (BEAT, 1.5)
        rate = float(window.spectral_bpm or np.nan)
        ends_s = [window.start_s, window.end_s]
        if window.track_bpm:  # the rate changes within the window
            at_s = window.start_s + TRACK_STEP_S * np.arange(len(window.track_bpm))
            axes.plot(at_s, window.track_bpm, color=colour, lw=width, solid_capstyle="butt")
        else:
            axes.plot(ends_s, [rate, rate], color=colour, lw=width, solid_capstyle="butt")
        middle = (window.start_s + window.end_s) / 2
        if window.peaks_bpm is not None:
            axes.plot([middle], [window.peaks_bpm], "x", color=colour, ms=6)
    _shade(axes, vitals)
    set_video_time_axis(axes, vitals)
    shown = [w for w in read if w.accepted] or read
    drawn = [(*(w.track_bpm or (w.spectral_bpm,)), w.peaks_bpm) for w in shown]
    rates = [rate for some in drawn for rate in some if rate is not None]
    low, high = min([*rates, *beats_bpm]), max([*rates, *beats_bpm])
    axes.set(ylim=(low - 5, high + 5), xlabel="time in s", ylabel="beats per minute")
    axes.spines[["top", "right"]].set_visible(False)


def _beat_rates(axes: Axes, vitals: Vitals) -> list[float]:
    """Plot the rate from each regular beat to the next, and return these rates."""
    beats = np.zeros(0) if vitals.beats_s is None else vitals.beats_s
    if beats.size < 2:
        return []
    nn_s, good = good_intervals(beats)
    axes.plot(beats[1:][good], 60 / nn_s[good], ".", color=DOT, ms=4, zorder=1)
    return [float(rate) for rate in 60 / nn_s[good]]
