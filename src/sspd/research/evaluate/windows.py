"""A recording's windows: reference and estimate of each, or why it is not scored."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sspd.research.evaluate.predictions import Unit
from sspd.research.evaluate.quantities import Readings
from sspd.research.evaluate.reference import COVERED, reference_rate_bpm
from sspd.research.evaluate.scoring import Scoring
from sspd.research.evaluate.toolbox import toolbox_macc, toolbox_snr_db
from sspd.types import Recording, References, Series, Signal
from sspd.vitals import SHORTEST_S, cut_windows

#: Fewer samples of a contact waveform make no window.
_LEAST_SAMPLES = 16
#: A window of `sspd measure` is the same as one that is scored if its ends are this near:
#: waveforms begin and end a sample or two inside their video.
SAME_S = 0.25


@dataclass(frozen=True)
class ScoredWindow:
    """One quantity of one window of one recording by one method.

    ``reference`` and ``estimate`` are in the unit that the quantity's name ends in, and None
    where there is none; ``excluded`` says why the window is not scored, and is empty where it
    is. ``snr_db`` and ``macc`` tell of the waveform, so they stand with ``hr_bpm`` alone.
    ``fold`` names the training that the method comes from; empty without a split.
    """

    recording: str
    subject: str
    condition: str
    method: str
    quantity: str
    start_s: float
    end_s: float
    reference: float | None
    reference_from: str
    estimate: float | None
    snr_db: float | None = None
    macc: float | None = None
    excluded: str = ""
    fold: str = ""


@dataclass(frozen=True)
class _Read:
    """What is read of a window, from where, and why it would not count."""

    numbers: Readings
    told: str


def score_windows(
    recording: Recording,
    known: References,
    unit: Unit,
    method: str,
    scoring: Scoring,
    fold: str = "",
) -> list[ScoredWindow]:
    """Every window of a recording, scored or not, a row a quantity.

    Parameters
    ----------
    recording : Recording
    known : References
        What was read of it.
    unit : Unit
    method : str
    scoring : Scoring
    fold : str
        Of a split.
    """
    spans = window_spans(unit.end_s, scoring.window_s)
    rows = []
    for span in spans:
        wave, why = _waveform(unit, *span)
        reference = _reference(known, span, wave, scoring)
        estimate = _Read({}, why) if wave is None else _estimate(unit, span, wave, scoring)
        rate = reference.numbers.get("hr_bpm")
        snr = None if wave is None or rate is None else toolbox_snr_db(wave.values, wave.fs, rate)
        macc = _macc(known, wave) if scoring.macc else None
        for quantity in scoring.quantities:
            of_rate = quantity == "hr_bpm"
            rows.append(
                ScoredWindow(
                    recording=recording.name,
                    subject=recording.subject,
                    condition=recording.condition,
                    method=method,
                    quantity=quantity,
                    start_s=round(span[0], 3),
                    end_s=round(span[1], 3),
                    reference=reference.numbers.get(quantity),
                    reference_from=reference.told,
                    estimate=estimate.numbers.get(quantity),
                    snr_db=snr if of_rate else None,
                    macc=macc if of_rate else None,
                    excluded=_excluded(quantity, reference.numbers, estimate),
                    fold=fold,
                )
            )
    return rows


def window_spans(end_s: float, window_s: float | None) -> list[tuple[float, float]]:
    """The windows of a recording.

    Parameters
    ----------
    end_s : float
        How long it is, seconds.
    window_s : float or None
        None: it is one window. Those of 8 s or more are those of `sspd measure`; shorter
        ones stand one after the other, and what is left at the end is dropped.

    >>> window_spans(12.0, 5.0)
    [(0.0, 5.0), (5.0, 10.0)]
    """
    if window_s is None:
        return [(0.0, end_s)]
    if window_s >= SHORTEST_S:
        return cut_windows(0.0, end_s, window_s)
    count = int((end_s + 0.05) / window_s)  # half a tenth of a second of grace, as there
    return [(k * window_s, min((k + 1) * window_s, end_s)) for k in range(count)]


def _excluded(quantity: str, reference: Readings, estimate: _Read) -> str:
    if not reference.get(quantity, 0.0) > 0:
        return "no reference"
    if estimate.told:
        return estimate.told
    return "" if quantity in estimate.numbers else "no reading"


def _waveform(unit: Unit, start_s: float, end_s: float) -> tuple[Signal | None, str]:
    """A window of what was measured; None with the reason."""
    if unit.signal is None:
        return None, "no waveform"
    part = unit.signal.between(start_s, end_s)
    if len(part) < 0.5 * (end_s - start_s) * part.fs:
        return None, "no waveform"
    if not bool(np.isfinite(part.values).all()):
        return None, "face lost"
    if np.ptp(part.values) == 0:
        return None, "flat waveform"
    return part, ""


def _reference(
    known: References, span: tuple[float, float], wave: Signal | None, scoring: Scoring
) -> _Read:
    if scoring.same_for_reference and known.bvp is not None:
        # clips of both sides are the same only if both begin together
        own = span if wave is None else (wave.start_s, wave.start_s + wave.duration_s)
        values, fs = _even(known.bvp, *own)
        enough = values.size >= _LEAST_SAMPLES and np.ptp(values) > 0
        return _Read(scoring.read(values, fs) if enough else {}, "waveform, likewise")
    rate, source = reference_rate_bpm(known, *span)
    return _Read({} if rate is None else {"hr_bpm": rate}, source)


def _even(bvp: Series, start_s: float, end_s: float) -> tuple[NDArray[np.float64], float]:
    """A window of a contact waveform on an even grid of its own mean rate; empty: not covered."""
    keep = (bvp.t >= start_s) & (bvp.t <= end_s)
    if keep.sum() < _LEAST_SAMPLES or np.ptp(bvp.t[keep]) < COVERED * (end_s - start_s):
        return np.zeros(0), 1.0
    t, fs = bvp.t[keep], Series(bvp.t[keep], bvp.values[keep]).fs
    grid = t[0] + np.arange(int(np.ptp(t) * fs + 1e-6) + 1) / fs
    return np.interp(grid, t, bvp.values[keep]), fs


def _estimate(unit: Unit, span: tuple[float, float], wave: Signal, scoring: Scoring) -> _Read:
    if not scoring.abstains:
        return _Read(scoring.read(wave.values, wave.fs), "")
    # what `sspd measure` read, its doubled rates mended
    apart = np.abs(unit.windows[:, :2] - span).max(axis=1)
    read = unit.windows[apart <= SAME_S]
    if not read.size or np.isnan(read[0, 2]):
        return _Read({}, "no reading")
    return _Read({"hr_bpm": float(read[0, 2])}, "" if read[0, 3] == 1 else "not believed")


def _macc(known: References, wave: Signal | None) -> float | None:
    """Agreement of the two waveforms where both are."""
    if wave is None or known.bvp is None:
        return None
    bvp = known.bvp
    both = (wave.t >= bvp.t[0]) & (wave.t <= bvp.t[-1])
    return toolbox_macc(wave.values[both], np.interp(wave.t[both], bvp.t, bvp.values), wave.fs)
