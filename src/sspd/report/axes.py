"""Draw a result on given axes; with `plots` and `figures`, all use of matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sspd.report.selection import beats_between, rejected_spans
from sspd.signal import power_spectrum, self_similarity, spectrogram
from sspd.types import TRACK_STEP_S, Signal, Vitals
from sspd.vitals import SEARCH_HZ, SHORTEST_S, SHORTEST_WAVEFORM_S, good_intervals

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LINE, BEAT, SOFT, GOOD, BAD = "#1f4e79", "#c0392b", "#c9ced6", "#2e7d32", "#f3d6d3"
DOT = "#9aa3af"
#: A waveform of more samples than this is drawn as the band between its extremes.
MOST_SAMPLES = 4000
BAND_COLUMNS = 1000
#: What each instant of the self-similarity map stands for: the second that follows it.
SPAN_S = 1.0
#: Longest stretch of one column of the spectrogram, seconds; a short video has shorter ones.
COLUMN_S = 10.0
MOST_COLUMNS = 600


def new_figure(width: float, height: float) -> Figure:
    """An empty white figure that belongs to no window.

    Parameters
    ----------
    width, height : float
        Inches.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=110, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def say_nothing(axes: Axes, words: str) -> None:
    """Put words where a picture would be.

    Parameters
    ----------
    axes : Axes
    words : str
    """
    axes.text(0.5, 0.5, words, ha="center", va="center", transform=axes.transAxes, color="grey")
    axes.set(xticks=[], yticks=[])


def draw_excerpt(axes: Axes, vitals: Vitals, part: Signal | None) -> None:
    """Draw a few seconds of the waveform with its beats.

    Parameters
    ----------
    axes : Axes
    vitals : Vitals
    part : Signal or None
        What `sspd.report.selection.excerpt` chose.
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
        # above the waveform, which may have a beat in any corner
        axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), borderaxespad=0, frameon=False)
    axes.set(xlabel="time in s", yticks=[])
    axes.spines[["top", "right", "left"]].set_visible(False)


def draw_whole(axes: Axes, vitals: Vitals, filtered: Sequence[Signal]) -> None:
    """Draw the waveform of the whole video, what was rejected shaded.

    Parameters
    ----------
    axes : Axes
    vitals : Vitals
    filtered : sequence of Signal
        What `sspd.report.selection.drawn_waveform` gave.
    """
    if not filtered:
        say_nothing(axes, "no waveform")
        return
    long = sum(map(len, filtered)) > MOST_SAMPLES
    for piece in filtered:
        if long:
            times, low, high = _extremes(piece)
            axes.fill_between(times, low, high, color=LINE, lw=0.4)
        else:
            axes.plot(piece.t, piece.values, color=LINE, lw=0.6)
    _shade(axes, vitals)
    axes.set(xlabel="time in s", yticks=[])
    _over_video(axes, vitals)
    axes.spines[["top", "right", "left"]].set_visible(False)


def _extremes(
    piece: Signal,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Times, lowest and highest values of a long piece, `BAND_COLUMNS` of them."""
    edges = np.unique(np.linspace(0, len(piece), BAND_COLUMNS + 1).astype(np.int64))[:-1]
    low = np.minimum.reduceat(piece.values, edges)
    return piece.t[edges], low, np.maximum.reduceat(piece.values, edges)


def _shade(axes: Axes, vitals: Vitals) -> None:
    for start_s, end_s in rejected_spans(vitals.windows):
        axes.axvspan(start_s, end_s, color=BAD, lw=0, zorder=0)


def _over_video(axes: Axes, vitals: Vitals) -> None:
    """One time axis for all pictures of the whole video."""
    times = [time for w in vitals.windows for time in (w.start_s, w.end_s)]
    if vitals.signal is not None and len(vitals.signal):
        times += [vitals.signal.start_s, vitals.signal.start_s + vitals.signal.duration_s]
    if times and max(times) > min(times):
        axes.set_xlim(min(times), max(times))


def draw_spectrum(axes: Axes, vitals: Vitals, part: Signal | None) -> None:
    """Draw the spectrum of a stretch, and the video's heart rate in it.

    Parameters
    ----------
    axes : Axes
    vitals : Vitals
    part : Signal or None
        What `spectrum_part` chose.
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
    """The longest accepted window, or else the longest piece; None: too short to read.

    Parameters
    ----------
    vitals : Vitals
    filtered : sequence of Signal
        What `sspd.report.selection.in_pulse_band` gave.

    >>> spectrum_part(Vitals("a.mp4", "pos", None, 9.0, 30.0, ()), []) is None
    True
    """
    longest = max(filtered, key=len, default=None)
    if longest is None or longest.duration_s < SHORTEST_WAVEFORM_S:
        return None
    good = [window for window in vitals.windows if window.accepted]
    parts = [piece.between(w.start_s, w.end_s) for w in good for piece in filtered]
    part = max(parts, key=len, default=longest)
    return part if part.duration_s >= SHORTEST_S - 0.5 else longest


def draw_rates(axes: Axes, vitals: Vitals) -> None:
    """Draw heart rate over time: windows by both read-outs, and from beat to beat.

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
        if window.track_bpm:  # it moves within the window
            at_s = window.start_s + TRACK_STEP_S * np.arange(len(window.track_bpm))
            axes.plot(at_s, window.track_bpm, color=colour, lw=width, solid_capstyle="butt")
        else:
            axes.plot(ends_s, [rate, rate], color=colour, lw=width, solid_capstyle="butt")
        middle = (window.start_s + window.end_s) / 2
        if window.peaks_bpm is not None:
            axes.plot([middle], [window.peaks_bpm], "x", color=colour, ms=6)
    _shade(axes, vitals)
    _over_video(axes, vitals)
    told = [w for w in read if w.accepted] or read
    drawn = [(*(w.track_bpm or (w.spectral_bpm,)), w.peaks_bpm) for w in told]
    rates = [rate for some in drawn for rate in some if rate is not None]
    low, high = min([*rates, *beats_bpm]), max([*rates, *beats_bpm])
    axes.set(ylim=(low - 5, high + 5), xlabel="time in s", ylabel="beats per minute")
    axes.spines[["top", "right"]].set_visible(False)


def _beat_rates(axes: Axes, vitals: Vitals) -> list[float]:
    """Draw the rate from each believed beat to the next, and give them."""
    beats = np.zeros(0) if vitals.beats_s is None else vitals.beats_s
    if beats.size < 2:
        return []
    nn_s, good = good_intervals(beats)
    axes.plot(beats[1:][good], 60 / nn_s[good], ".", color=DOT, ms=4, zorder=1)
    return [float(rate) for rate in 60 / nn_s[good]]


def draw_spectrogram(axes: Axes, vitals: Vitals, filtered: Sequence[Signal]) -> None:
    """Draw how the spectrum changes, each column by its own strongest rhythm.

    Parameters
    ----------
    axes : Axes
    vitals : Vitals
    filtered : sequence of Signal
        What `sspd.report.selection.in_pulse_band` gave.
    """
    window_s = column_s(filtered)
    if window_s is None:
        say_nothing(axes, "too short for a spectrogram")
        return
    step_s = max(0.25, sum(piece.duration_s for piece in filtered) / MOST_COLUMNS)
    for piece in filtered:
        if piece.duration_s < window_s:
            continue
        centres_s, freqs, power = spectrogram(
            piece.values, piece.fs, window_s=window_s, step_s=step_s, f_range=SEARCH_HZ
        )
        power /= np.maximum(power.max(axis=0), 1e-30)
        left = piece.start_s + centres_s[0] - step_s / 2
        right = piece.start_s + centres_s[-1] + step_s / 2
        extent = (left, right, 60 * freqs[0], 60 * freqs[-1])
        axes.imshow(power, cmap="Blues", vmin=0, vmax=1, aspect="auto", origin="lower",
                    extent=extent, interpolation="bilinear")  # fmt: skip
    _over_video(axes, vitals)
    axes.set(xlabel="time in s", ylabel="beats per minute")
    axes.set(ylim=(60 * SEARCH_HZ[0], 60 * SEARCH_HZ[1]))
    axes.spines[["top", "right"]].set_visible(False)


def column_s(filtered: Sequence[Signal]) -> float | None:
    """Seconds in a column of the spectrogram: a third of the longest piece, at most 10.

    >>> column_s([Signal(np.zeros(360), 30.0)])
    4.0
    """
    longest = max((piece.duration_s for piece in filtered), default=0.0)
    return None if longest < SHORTEST_WAVEFORM_S else min(COLUMN_S, longest / 3)


def draw_similarity(axes: Axes, part: Signal | None) -> None:
    """Draw which instants of a stretch are followed by alike waveforms.

    Parameters
    ----------
    axes : Axes
    part : Signal or None
        What `sspd.report.selection.excerpt` chose.
    """
    if part is None or part.duration_s < 3 * SPAN_S:
        say_nothing(axes, "too short for a map")
        return
    alike = self_similarity(part.values, part.fs, SPAN_S)
    end_s = part.start_s + alike.shape[0] / part.fs
    extent = (part.start_s, end_s, part.start_s, end_s)
    image = axes.imshow(alike, cmap="RdBu_r", vmin=-1, vmax=1, origin="lower", extent=extent)
    bar = axes.figure.colorbar(image, ax=axes, shrink=0.85, pad=0.03, ticks=[-1, 0, 1])
    bar.outline.set_visible(False)
    bar.ax.set_yticklabels(["opposed", "unlike", "alike"])
    axes.set(xlabel="time in s", ylabel="time in s")
