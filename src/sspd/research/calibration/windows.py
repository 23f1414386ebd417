"""Readings of measured videos: what speaks for and against each, and whether it is right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sspd.research.calibration.measured import MeasuredVideo
from sspd.types import ConfidenceSpec, FaceSegment, Signal
from sspd.vitals import join_frame_stats, pulse_band, read_rate, read_vitals
from sspd.vitals.acceptance import FLICKER
from sspd.vitals.confidence import TERMS
from sspd.vitals.contradictions import contradictions
from sspd.vitals.heart_rate import follow_rate, read_half
from sspd.vitals.quality_features import QualityFeatures, compute_quality_features

#: Each video is read in windows of these lengths, seconds.
WINDOWS_S = (30.0, 10.0)
#: A reading is right within so many beats per minute of the true rate.
RIGHT_WITHIN_BPM = 3.0


@dataclass(frozen=True, eq=False)
class Windows:
    """Windows that a confidence is fitted to, one row each.

    A rejected window is read once more at half its rate, so each row has two readings; a
    half that is none has NaN terms.

    Parameters
    ----------
    terms : float64 array, shape (windows, 2, terms)
        Of the rate and of its half, in the order of `sspd.vitals.confidence.TERMS`.
    right : bool array, shape (windows, 2)
        Within `RIGHT_WITHIN_BPM` of the true rate.
    contradicted : bool array, shape (windows, 2)
        Rejected whatever the confidence says; true where there is no reading.
    video : int64 array, shape (windows,)
        Which video it is of, from 0.
    window_s : float64 array, shape (windows,)
        Length, seconds.
    """

    terms: NDArray[np.float64]
    right: NDArray[np.bool_]
    contradicted: NDArray[np.bool_]
    video: NDArray[np.int64]
    window_s: NDArray[np.float64]

    def of(self, keep: NDArray[np.bool_]) -> Windows:
        """Return some of the windows.

        Parameters
        ----------
        keep : bool array, shape (windows,)

        Returns
        -------
        Windows
        """
        return Windows(*(getattr(self, f.name)[keep] for f in fields(self)))


def gather_windows(videos: Iterable[MeasuredVideo]) -> Windows:
    """Read every window of videos, with and without its half rate.

    Parameters
    ----------
    videos : iterable of MeasuredVideo

    Returns
    -------
    Windows
    """
    found = [row for video in videos for row in window_rows(video, None)]
    rows = [row for row in found if row["readings"]]
    terms = np.full((len(rows), 2, len(TERMS)), np.nan)
    right = np.zeros((len(rows), 2), bool)
    contradicted = np.ones((len(rows), 2), bool)
    for i, row in enumerate(rows):
        in_light = False
        for k, (bpm, seen) in enumerate(row["readings"]):
            terms[i, k] = [float(term(seen)) for term in TERMS.values()]
            right[i, k] = near(bpm, row["truth_bpm"])
            against = contradictions(seen, bpm)
            contradicted[i, k] = bool(against) or in_light
            in_light |= FLICKER in against  # which rejects the half too, as in `read_window`
    names = sorted({(row["kind"], row["film"]) for row in rows})
    video = np.array([names.index((row["kind"], row["film"])) for row in rows], np.int64)
    return Windows(terms, right, contradicted, video, np.array([row["window_s"] for row in rows]))


def window_rows(video: MeasuredVideo, confidence: ConfidenceSpec | None) -> list[dict[str, Any]]:
    """Read the windows of a video as `sspd.measure` does, beside what is true.

    Parameters
    ----------
    video : MeasuredVideo
    confidence : ConfidenceSpec or None
        None: fixed rules accept and reject.

    Returns
    -------
    list of dict
        The fields of `sspd.WindowVitals`; ``window_s``, ``kind``, ``film`` (the number),
        ``truth_bpm`` (None: no pulse) and ``readings``, pairs of a rate and its
        `QualityFeatures`: of the window, and of half its rate where that may be one.
    """
    rows = []
    for window_s in WINDOWS_S:
        found = read_vitals(
            video.segments, video.waves, window_s=window_s, facts=video.facts, confidence=confidence
        )
        for window in found.windows:
            row = asdict(window) | {"window_s": window_s}
            row |= {"kind": video.kind, "film": video.number}
            row["truth_bpm"] = _truth_bpm(video.beats_s, window.start_s, window.end_s)
            row["readings"] = []
            if found.signal is not None and window.spectral_bpm is not None:
                span = window.start_s, window.end_s
                row["readings"] = _readings(found.signal, video.segments, *span)
            rows.append(row)
    return rows


def near(bpm: float | None, truth_bpm: float | None) -> bool:
    """Return whether a rate is right; it is not where there is no true one.

    Parameters
    ----------
    bpm, truth_bpm : float or None
        Beats per minute.

    Returns
    -------
    bool

    >>> near(62.0, 60.0), near(65.0, 60.0), near(60.0, None)
    (True, False, False)
    """
    return bpm is not None and truth_bpm is not None and abs(bpm - truth_bpm) <= RIGHT_WITHIN_BPM


def is_right(row: dict[str, Any]) -> bool:
    """Return whether a window's reading, accepted or not, is right.

    Parameters
    ----------
    row : dict
        Of `window_rows`.

    Returns
    -------
    bool
    """
    return near(row["spectral_bpm"], row["truth_bpm"])


def _truth_bpm(beats_s: NDArray[np.float64], start_s: float, end_s: float) -> float | None:
    """The mean rate by the beats of a window; None: there is no pulse."""
    beats = beats_s[(beats_s >= start_s) & (beats_s <= end_s)]
    return 60 / float(np.diff(beats).mean()) if beats.size > 2 else None


def _readings(
    signal: Signal, segments: Sequence[FaceSegment], start_s: float, end_s: float
) -> list[tuple[float, QualityFeatures]]:
    """The rate of a window and, if it may be one, its half, with the features of each."""
    if not bool(np.isfinite(signal.values).all()):
        return []
    filtered = Signal(pulse_band(signal.values, signal.fs), signal.fs, signal.start_s)
    part, frame_stats = filtered.between(start_s, end_s), join_frame_stats(segments)
    reading = read_rate(part.values, part.fs)
    half = read_half(part.values, part.fs, reading)
    followed = [follow_rate(part.values, part.fs, one) for one in (reading, half) if one]
    found = [
        (one.spectral_bpm, compute_quality_features(part, one, frame_stats)) for one in followed
    ]
    return [(bpm, seen) for bpm, seen in found if bpm is not None and seen is not None]
