"""Single beats of a video, and what their spacing tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sspd.signal import bandpass
from sspd.types import Estimate, Respiration, Signal, WindowVitals
from sspd.vitals.beat_timing import beat_band, time_beats
from sspd.vitals.heart_rate import pulse_band
from sspd.vitals.hrv import HRV_NAMES, TIME_DOMAIN_S, good_intervals, hrv
from sspd.vitals.respiration import beat_sizes, respiration
from sspd.vitals.windows import SHORTEST_S, accepted_runs


@dataclass(frozen=True, eq=False)
class Rhythm:
    """Beats where the pulse is believed, and the numbers of the longest such stretch."""

    beats_s: NDArray[np.float64]
    hrv: dict[str, Estimate]
    respiration: Respiration
    warnings: tuple[str, ...] = ()


def beat_waveforms(signal: Signal | None, windows: Sequence[WindowVitals]) -> list[Signal]:
    """The waveform of every accepted segment as its beats are read: each is a maximum.

    Parameters
    ----------
    signal, windows
        See `analyze_beats`.

    >>> beat_waveforms(Signal(np.zeros(90), 30.0), [])
    []
    """
    if signal is None:
        return []
    waves = []
    for start_s, end_s, slowest, fastest in accepted_runs(windows):
        part = signal.between(start_s, end_s)
        if part.duration_s < SHORTEST_S - 0.5 or not np.isfinite(part.values).all():
            continue  # no window: a result that was put together by hand
        values = bandpass(part.values, part.fs, beat_band(slowest / 60, fastest / 60))
        waves.append(Signal(values, part.fs, part.start_s))
    return waves


def analyze_beats(signal: Signal | None, windows: Sequence[WindowVitals]) -> Rhythm:
    """Time the beats in every accepted stretch; variability from the longest.

    Parameters
    ----------
    signal : Signal or None
        Unfiltered, NaN where there is no face; None: no face at all.
    windows : sequence of WindowVitals
        Its readings.

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
    beats = timed.beats_s
    sizes = beat_sizes(pulse_band(part.values, part.fs), part.fs, beats)
    span_s = part.duration_s
    # where the line is faint tells of the video; `n_beats` says how many are left
    odd = int((~good_intervals(beats)[1]).sum())
    left_out = f"{odd} of {beats.size - 1} beat intervals were left out of the variability"
    return Rhythm(
        beats_s=np.concatenate([p.start_s + timed.beats_s for p, timed in found]),
        hrv=hrv(beats, span_s=span_s, steady=timed.steady, noise=timed.noise),
        respiration=respiration(beats, sizes, span_s=span_s),
        warnings=(left_out,) if odd and span_s >= TIME_DOMAIN_S else (),
    )
