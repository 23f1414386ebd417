"""Score the windows of a recording: reference and estimate, or why a window is not scored."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sspd.research.evaluate.predictions import Prediction
from sspd.research.evaluate.quantities import Readings
from sspd.research.evaluate.reference import COVERED, reference_rate_bpm
from sspd.research.evaluate.scoring import Scoring
from sspd.research.evaluate.toolbox import toolbox_macc, toolbox_snr_db
from sspd.types import Recording, References, Series, Signal
from sspd.types.spans import SHORTEST_WINDOW_S
from sspd.vitals import cut_windows

#: A window needs at least this many samples of the contact waveform.
_LEAST_SAMPLES = 16
#: A window of `sspd measure` is taken for a scored one if their ends differ by at most this,
#: seconds: waveforms begin and end a sample or two inside their video.
SAME_WINDOW_S = 0.25


@dataclass(frozen=True)
class ScoredWindow:
    """One quantity of one window of one recording, measured by one method.

    ``reference`` and ``estimate`` are in the unit at the end of the quantity's name, and None if
    missing; ``excluded`` says why the window is not scored, and is empty if it is. ``snr_db`` and
    ``macc`` describe the waveform, so only rows of ``hr_bpm`` have them. ``fold`` names the
    training of the method; it is empty without a split.
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
    """Quantities read from a window, with their source or the reason why they do not count."""

    numbers: Readings
    note: str


def score_windows(
    recording: Recording,
    known: References,
    prediction: Prediction,
    method: str,
    scoring: Scoring,
    fold: str = "",
) -> list[ScoredWindow]:
    """Score every window of a recording, one row for each quantity.

    Parameters
    ----------
    recording : Recording
    known : References
        References of the recording.
    prediction : Prediction
    method : str
    scoring : Scoring
    fold : str
        Name of the split's fold.

    Returns
    -------
    list of ScoredWindow
        Windows that are not scored are included, with the reason.
    """
    spans = window_spans(prediction.end_s, scoring.window_s)
    rows = []
    for span in spans:
        wave, why = _waveform(prediction, *span)
        reference = _reference(known, span, wave, scoring)
        estimate = _Read({}, why) if wave is None else _estimate(prediction, span, wave, scoring)
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
                    reference_from=reference.note,
                    estimate=estimate.numbers.get(quantity),
                    snr_db=snr if of_rate else None,
                    macc=macc if of_rate else None,
                    excluded=_excluded(quantity, reference.numbers, estimate),
                    fold=fold,
                )
            )
    return rows


def window_spans(end_s: float, window_s: float | None) -> list[tuple[float, float]]:
    """Cut a recording into windows.

    Parameters
    ----------
    end_s : float
        Length of the recording, seconds.
    window_s : float or None
        None: one window. Windows of 8 s or more are those of `sspd measure`; shorter ones follow
        each other, and the rest at the end is dropped.

    Returns
    -------
    list of (float, float)
        Start and end of each window, seconds.

    >>> window_spans(12.0, 5.0)
    [(0.0, 5.0), (5.0, 10.0)]
    """
    if window_s is None:
        return [(0.0, end_s)]
    if window_s >= SHORTEST_WINDOW_S:
        return cut_windows(0.0, end_s, window_s)
    count = int((end_s + 0.05) / window_s)  # 0.05 s of tolerance, as there
    return [(k * window_s, min((k + 1) * window_s, end_s)) for k in range(count)]


def _excluded(quantity: str, reference: Readings, estimate: _Read) -> str:
    if not reference.get(quantity, 0.0) > 0:
        return "no reference"
    if estimate.note:
        return estimate.note
    return "" if quantity in estimate.numbers else "no reading"


def _waveform(prediction: Prediction, start_s: float, end_s: float) -> tuple[Signal | None, str]:
    """Return a window of the prediction's waveform, or None with the reason."""
    if prediction.signal is None:
        return None, "no waveform"
    part = prediction.signal.between(start_s, end_s)
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
        # reference and estimate have the same clips only if both begin together
        own = span if wave is None else (wave.start_s, wave.start_s + wave.duration_s)
        values, fs = _even(known.bvp, *own)
        enough = values.size >= _LEAST_SAMPLES and np.ptp(values) > 0
        return _Read(scoring.read(values, fs) if enough else {}, "waveform, likewise")
    rate, source = reference_rate_bpm(known, *span)
    return _Read({} if rate is None else {"hr_bpm": rate}, source)


def _even(bvp: Series, start_s: float, end_s: float) -> tuple[NDArray[np.float64], float]:
    """Resample a window of a contact waveform to its own mean rate; empty if not covered."""
    keep = (bvp.t >= start_s) & (bvp.t <= end_s)
    if keep.sum() < _LEAST_SAMPLES or np.ptp(bvp.t[keep]) < COVERED * (end_s - start_s):
        return np.zeros(0), 1.0
    t, fs = bvp.t[keep], Series(bvp.t[keep], bvp.values[keep]).fs
    grid = t[0] + np.arange(int(np.ptp(t) * fs + 1e-6) + 1) / fs
    return np.interp(grid, t, bvp.values[keep]), fs


def _estimate(
    prediction: Prediction, span: tuple[float, float], wave: Signal, scoring: Scoring
) -> _Read:
    if not scoring.abstains:
        return _Read(scoring.read(wave.values, wave.fs), "")
    # the rate of `sspd measure`, with doubled rates corrected
    apart = np.abs(prediction.windows[:, :2] - span).max(axis=1)
    read = prediction.windows[apart <= SAME_WINDOW_S]
    if not read.size or np.isnan(read[0, 2]):
        return _Read({}, "no reading")
    return _Read({"hr_bpm": float(read[0, 2])}, "" if read[0, 3] == 1 else "rejected")


def _macc(known: References, wave: Signal | None) -> float | None:
    """Compute the agreement of the two waveforms where both exist."""
    if wave is None or known.bvp is None:
        return None
    bvp = known.bvp
    both = (wave.t >= bvp.t[0]) & (wave.t <= bvp.t[-1])
    reference = np.interp(wave.t[both], bvp.t, bvp.values)
    return toolbox_macc(reference, wave.values[both], wave.fs)
