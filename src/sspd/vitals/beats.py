"""Beat times of a video, its heart-rate variability and breathing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sspd.signal import bandpass
from sspd.types import Estimate, Respiration, Signal, WindowVitals
from sspd.types.spans import SHORTEST_WINDOW_S
from sspd.vitals.beat_timing import beat_band, time_beats
from sspd.vitals.heart_rate import pulse_band
from sspd.vitals.hrv import HRV_NAMES, TIME_DOMAIN_S, good_intervals, hrv
from sspd.vitals.respiration import beat_sizes, respiration
from sspd.vitals.windows import accepted_runs


@dataclass(frozen=True, eq=False)
class Rhythm:
    """Beats of the accepted windows; variability and breathing of the longest accepted span."""

    beats_s: NDArray[np.float64]
    """Times of the beats, seconds, shape (beats,)."""
    hrv: dict[str, Estimate]
    """A value or a reason for each of `sspd.vitals.HRV_NAMES`."""
    respiration: Respiration
    warnings: tuple[str, ...] = ()


def beat_waveforms(signal: Signal | None, windows: Sequence[WindowVitals]) -> list[Signal]:
    """Return the waveform of each accepted span, filtered so that each beat is a maximum.

    Parameters
    ----------
    signal, windows
        See `analyze_beats`.

    Returns
    -------
    list of Signal

    >>> beat_waveforms(Signal(np.zeros(90), 30.0), [])
    []
    """
    if signal is None:
        return []
    waves = []
    for start_s, end_s, slowest, fastest in accepted_runs(windows):
        part = signal.between(start_s, end_s)
        if part.duration_s < SHORTEST_WINDOW_S - 0.5 or not np.isfinite(part.values).all():
            continue  # not a window that was read: the result was built by hand
        values = bandpass(part.values, part.fs, beat_band(slowest / 60, fastest / 60))
        waves.append(Signal(values, part.fs, part.start_s))
    return waves


def analyze_beats(
    signal: Signal | None,
    windows: Sequence[WindowVitals],
    unequalized: Signal | None = None,
) -> Rhythm:
    """Detect the beats of the accepted spans, and analyze the longest of them.

    Parameters
    ----------
    signal : Signal or None
        Unfiltered waveform, NaN where there is no face; None if there is no waveform.
    windows : sequence of WindowVitals
        The readings of its windows.
    unequalized : Signal or None
        The waveform before its equalizer: variability and breathing are those of its beats, whose
        noise is known better. None: the waveform was not equalized.

    Returns
    -------
    Rhythm

    >>> rhythm = analyze_beats(Signal(np.zeros(90), 30.0), [])
    >>> rhythm.beats_s.size, rhythm.hrv["sdnn_ms"].reason
    (0, 'no accepted stretch')
    """
    runs = accepted_runs(windows)
    if signal is None or not runs:
        none = Estimate(None, reason="no accepted stretch")
        breath = Respiration(None, reason=none.reason)
        return Rhythm(np.zeros(0), dict.fromkeys(HRV_NAMES, none), breath)
    found = []
    for start_s, end_s, slowest, fastest in runs:
        part = signal.between(start_s, end_s)
        found.append((part, time_beats(part.values, part.fs, slowest, fastest)))
    longest = max(range(len(runs)), key=lambda i: runs[i][1] - runs[i][0])
    part, timed = found[longest]
    if unequalized is not None:
        start_s, end_s, *rates = runs[longest]
        part = unequalized.between(start_s, end_s)
        timed = time_beats(part.values, part.fs, *rates)
    beats = timed.beats_s
    sizes = beat_sizes(pulse_band(part.values, part.fs), part.fs, beats)
    span_s = part.duration_s
    # Only intervals that are odd in themselves: those lost to noise say more about the video
    # than about the rhythm, and `n_beats` tells how many intervals are left.
    odd = int((~good_intervals(beats)[1]).sum())
    left_out = f"{odd} of {beats.size - 1} beat intervals were left out of the variability"
    return Rhythm(
        beats_s=np.concatenate([p.start_s + each.beats_s for p, each in found]),
        hrv=hrv(beats, span_s=span_s, reliable=timed.reliable, noise=timed.noise),
        respiration=respiration(beats, sizes, span_s=span_s),
        warnings=(left_out,) if odd and span_s >= TIME_DOMAIN_S else (),
    )
