"""A recording's windows: reference and estimate of each, or why it is not scored."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sspd.containers import Recording, References, Series
from sspd.evaluate.reference import reference_rate_bpm
from sspd.evaluate.scoring import Scoring
from sspd.evaluate.units import Unit
from sspd.vitals import cut_windows

#: Fewer samples of a contact waveform make no window.
_LEAST_SAMPLES = 16
#: A window of `sspd measure` is the same as one that is scored if its ends are this near:
#: waveforms begin and end a sample or two inside their film.
SAME_S = 0.25


@dataclass(frozen=True)
class ScoredWindow:
    """One window of one recording by one method.

    ``reference_bpm`` and ``estimate_bpm`` are None where there is none; ``excluded`` says
    why the window is not scored, and is empty where it is.
    """

    recording: str
    subject: str
    condition: str
    method: str
    start_s: float
    end_s: float
    reference_bpm: float | None
    reference_from: str
    estimate_bpm: float | None
    excluded: str = ""


def score_windows(
    recording: Recording, known: References, unit: Unit, method: str, scoring: Scoring
) -> list[ScoredWindow]:
    """Every window of a recording, scored or not.

    Parameters
    ----------
    recording : Recording
    known : References
        What was read of it.
    unit : Unit
    method : str
    scoring : Scoring
    """
    whole = scoring.window_s is None
    spans = [(0.0, unit.end_s)] if whole else cut_windows(0.0, unit.end_s, scoring.window_s or 30.0)
    rows = []
    for start_s, end_s in spans:
        reference, source = _reference(known, start_s, end_s, scoring)
        estimate, why = _estimate(unit, start_s, end_s, scoring)
        if reference is None:
            why = "no reference"
        rows.append(
            ScoredWindow(
                recording.name,
                recording.subject,
                recording.condition,
                method,
                round(start_s, 3),
                round(end_s, 3),
                reference,
                source,
                estimate,
                why,
            )
        )
    return rows


def _reference(
    known: References, start_s: float, end_s: float, scoring: Scoring
) -> tuple[float | None, str]:
    if scoring.same_for_reference and known.bvp is not None:
        values, fs = _even(known.bvp, start_s, end_s)
        enough = values.size >= _LEAST_SAMPLES and np.ptp(values) > 0
        return (scoring.estimate(values, fs) if enough else None), "waveform, likewise"
    return reference_rate_bpm(known, start_s, end_s)


def _even(bvp: Series, start_s: float, end_s: float) -> tuple[NDArray[np.float64], float]:
    """A window of a contact waveform on an even grid of its own mean rate."""
    keep = (bvp.t >= start_s) & (bvp.t <= end_s)
    if keep.sum() < _LEAST_SAMPLES:
        return np.zeros(0), 1.0
    t, fs = bvp.t[keep], Series(bvp.t[keep], bvp.values[keep]).fs
    grid = t[0] + np.arange(int(np.ptp(t) * fs + 1e-6) + 1) / fs
    return np.interp(grid, t, bvp.values[keep]), fs


def _estimate(
    unit: Unit, start_s: float, end_s: float, scoring: Scoring
) -> tuple[float | None, str]:
    if unit.signal is None:
        return None, "no waveform"
    part = unit.signal.between(start_s, end_s)
    if len(part) < 0.5 * (end_s - start_s) * part.fs:
        return None, "no waveform"
    if not bool(np.isfinite(part.values).all()):
        return None, "face lost"
    if np.ptp(part.values) == 0:
        return None, "flat waveform"
    if scoring.abstains:
        # what `sspd measure` read, its doubled rates mended
        apart = np.abs(unit.windows[:, :2] - (start_s, end_s)).max(axis=1)
        read = unit.windows[apart <= SAME_S]
        if not read.size or np.isnan(read[0, 2]):
            return None, "no reading"
        return float(read[0, 2]), "" if read[0, 3] == 1 else "not believed"
    rate = scoring.estimate(part.values, part.fs)
    return rate, "" if rate is not None else "no reading"
