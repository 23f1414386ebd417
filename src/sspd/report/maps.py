"""Maps of a waveform on given axes: spectrogram and self-similarity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sspd.report.axes import say_nothing, set_video_time_axis
from sspd.signal import self_similarity, spectrogram
from sspd.types import Signal, Vitals
from sspd.vitals import SEARCH_HZ, SHORTEST_WAVEFORM_S

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Length of the delay vectors of the self-similarity map, seconds.
SIMILARITY_SPAN_S = 1.0
#: Longest window of a column of the spectrogram, seconds; short videos have shorter ones.
COLUMN_S = 10.0
#: Largest number of columns of the spectrogram.
MOST_COLUMNS = 600


def draw_spectrogram(axes: Axes, vitals: Vitals, filtered: Sequence[Signal]) -> None:
    """Plot the spectrogram, with each column scaled to its maximum.

    Parameters
    ----------
    axes : Axes
    vitals : Vitals
    filtered : sequence of Signal
        From `sspd.report.selection.in_pulse_band`.
    """
    window_s = column_s(filtered)
    if window_s is None:
        say_nothing(axes, "too short for a spectrogram")
        return
    step_s = max(0.25, sum(wave.duration_s for wave in filtered) / MOST_COLUMNS)
    for wave in filtered:
        if wave.duration_s < window_s:
            continue
        centres_s, freqs, power = spectrogram(
            wave.values, wave.fs, window_s=window_s, step_s=step_s, f_range=SEARCH_HZ
        )
        power /= np.maximum(power.max(axis=0), 1e-30)
        left = wave.start_s + centres_s[0] - step_s / 2
        right = wave.start_s + centres_s[-1] + step_s / 2
        extent = (left, right, 60 * freqs[0], 60 * freqs[-1])
        axes.imshow(power, cmap="Blues", vmin=0, vmax=1, aspect="auto", origin="lower",
                    extent=extent, interpolation="bilinear")  # fmt: skip
    set_video_time_axis(axes, vitals)
    axes.set(xlabel="time in s", ylabel="beats per minute")
    axes.set(ylim=(60 * SEARCH_HZ[0], 60 * SEARCH_HZ[1]))
    axes.spines[["top", "right"]].set_visible(False)


def column_s(filtered: Sequence[Signal]) -> float | None:
    """Return the length of a spectrogram column: a third of the longest part, at most 10 s.

    Parameters
    ----------
    filtered : sequence of Signal
        Parts of the waveform.

    Returns
    -------
    float or None
        Seconds; None if all parts are too short.

    >>> column_s([Signal(np.zeros(360), 30.0)])
    4.0
    """
    longest = max((wave.duration_s for wave in filtered), default=0.0)
    return None if longest < SHORTEST_WAVEFORM_S else min(COLUMN_S, longest / 3)


def draw_similarity(axes: Axes, part: Signal | None) -> None:
    """Plot the self-similarity of the waveform.

    Parameters
    ----------
    axes : Axes
    part : Signal or None
        From `sspd.report.selection.excerpt`.
    """
    if part is None or part.duration_s < 3 * SIMILARITY_SPAN_S:
        say_nothing(axes, "too short for a map")
        return
    alike = self_similarity(part.values, part.fs, SIMILARITY_SPAN_S)
    end_s = part.start_s + alike.shape[0] / part.fs
    extent = (part.start_s, end_s, part.start_s, end_s)
    image = axes.imshow(alike, cmap="RdBu_r", vmin=-1, vmax=1, origin="lower", extent=extent)
    bar = axes.figure.colorbar(image, ax=axes, shrink=0.85, pad=0.03, ticks=[-1, 0, 1])
    bar.outline.set_visible(False)
    bar.ax.set_yticklabels(["opposed", "unlike", "alike"])
    axes.set(xlabel="time in s", ylabel="time in s")
