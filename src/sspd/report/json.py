"""Vitals as JSON: a list with one object per source and face, ``schema_version`` 2.

Unknown values are ``null`` with a reason beside them; the file never contains NaN. A source
that failed has ``"error"`` with one sentence. Floats are rounded to meaningful digits: 3, and 4
for frequencies.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sspd.report.labels import legible
from sspd.types import (
    Estimate,
    RateBand,
    Respiration,
    Signal,
    Update,
    Vitals,
    WindowVitals,
)
from sspd.utils.files import whole_file

#: Version of the JSON format.
JSON_SCHEMA_VERSION = 2
#: Keys of each object in ``windows``.
WINDOW_KEYS = (
    *("start_s", "end_s", "hr_bpm", "hr_peaks_bpm", "snr_db", "confidence"),
    *("accepted", "reasons", "track_bpm", "candidate_bpm", "smoothed"),
)


def _round(value: float | None, digits: int = 3) -> float | None:
    if value is None or not math.isfinite(value):
        return None
    return round(float(value), digits)


def _estimate(estimate: Estimate) -> dict[str, Any]:
    return {
        "value": _round(estimate.value),
        "n_beats": estimate.n_beats,
        "span_s": _round(estimate.span_s),
        "reason": estimate.reason,
    }


def _respiration(breath: Respiration) -> dict[str, Any]:
    return {
        "hz": _round(breath.hz, 4),
        "breaths_per_minute": _round(breath.breaths_per_minute, 2),
        "reason": breath.reason,
    }


def window_to_dict(window: WindowVitals) -> dict[str, Any]:
    """Return one window as a dictionary with `WINDOW_KEYS`.

    Parameters
    ----------
    window : WindowVitals

    Returns
    -------
    dict
    """
    return {
        "start_s": _round(window.start_s),
        "end_s": _round(window.end_s),
        "hr_bpm": _round(window.hr_bpm),
        "hr_peaks_bpm": _round(window.hr_peaks_bpm),
        "snr_db": _round(window.snr_db),
        "confidence": _round(window.confidence),
        "accepted": window.accepted,
        "reasons": list(window.reasons),
        "track_bpm": [_round(bpm, 2) for bpm in window.track_bpm],
        "candidate_bpm": _round(window.candidate_bpm),
        "smoothed": window.smoothed,
    }


def _band(band: RateBand) -> dict[str, Any]:
    return {name: _round(value, 2) for name, value in asdict(band).items()}


def vitals_to_dict(vitals: Vitals) -> dict[str, Any]:
    """Return the results of one face as a dictionary for `json.dumps`.

    Parameters
    ----------
    vitals : Vitals

    Returns
    -------
    dict

    >>> failed = Vitals("a.mp4", "sspd", None, 0.0, None, (), error="a.mp4: no such file")
    >>> found = vitals_to_dict(failed)
    >>> found["hr_bpm"], found["duration_s"], found["error"]
    (None, None, 'a.mp4: no such file')
    """
    row: dict[str, Any] = {
        "schema_version": JSON_SCHEMA_VERSION,
        "source": vitals.source,
        "face_id": vitals.face_id,
        "method": vitals.method,
        "weights": vitals.weights,
        "duration_s": _round(vitals.duration_s) if vitals.error is None else None,
        "fps": _round(vitals.fps),
        "container_fps": _round(vitals.container_fps),
        "stated_fps": _round(vitals.stated_fps),
        "hr_bpm": _round(vitals.hr_bpm),
        "hr_peaks_bpm": _round(vitals.hr_peaks_bpm),
        "accepted": vitals.accepted,
        "reasons": list(vitals.reasons),
        "warnings": list(vitals.warnings),
        "snr_db": _round(vitals.snr_db),
        "confidence": _round(vitals.confidence),
        "hrv": {name: _estimate(estimate) for name, estimate in vitals.hrv.items()},
        "respiration": _respiration(vitals.respiration),
        "windows": [window_to_dict(window) for window in vitals.windows],
        "face_box": list(vitals.face_box) if vitals.face_box else None,
        "timing_s": {name: _round(spent) for name, spent in vitals.timing_s.items()},
    }
    if vitals.rate_bands:
        row["rate_bands"] = [_band(band) for band in vitals.rate_bands]
    if vitals.error is not None:
        row["error"] = vitals.error
    return row


def update_to_dict(update: Update) -> dict[str, Any]:
    """Return an update of a measurement in progress as a dictionary for `json.dumps`.

    Parameters
    ----------
    update : Update
        One that is not final; of a final one, ``update.vitals`` has everything.

    Returns
    -------
    dict
        ``waveform`` has the samples that are new since the update before.

    >>> update = Update(3.0, 0, None, None, ("too_short",), "Record a longer video.", None)
    >>> update_to_dict(update)["hr_bpm"], update_to_dict(update)["reasons"]
    (None, ['too_short'])
    """
    signal, window = update.signal, update.window
    return {
        "time_s": _round(update.time_s),
        "face_id": update.face_id,
        "face_box": None if update.box is None else list(update.box),
        "hr_bpm": _round(update.hr_bpm),
        "confidence": _round(update.confidence),
        "reasons": list(update.reasons),
        "hint": update.hint,
        "window": None if window is None else window_to_dict(window),
        "waveform": None if signal is None else _waveform(signal),
    }


def _waveform(signal: Signal) -> dict[str, Any]:
    values = [_round(value, 5) for value in signal.values.tolist()]
    return {"start_s": _round(signal.start_s, 4), "fs": signal.fs, "values": values}


def _escaped(text: str) -> str:
    """Return JSON text with unprintable characters as JSON escapes, which reads the same."""
    if text.isascii() and "\x7f" not in text:
        return text
    return "".join(c if c == "\n" or c == legible(c) else _escape(c) for c in text)


def _escape(c: str) -> str:
    return f"\\u{ord(c):04x}" if ord(c) < 1 << 16 else json.dumps(c)[1:-1]


def write_json(results: Iterable[Vitals], path: str | Path) -> None:
    """Write results as a JSON file, atomically.

    Parameters
    ----------
    results : iterable of Vitals
        Written one after the other, never all in memory.
    path : str or Path

    Raises
    ------
    OutputError
        ``path`` cannot be written.
    """
    write_json_rows((vitals_to_dict(vitals) for vitals in results), path)


def write_json_rows(rows: Iterable[Mapping[str, Any]], path: str | Path) -> None:
    """Write rows of `vitals_to_dict`, perhaps with more keys, as a JSON file, atomically.

    Parameters
    ----------
    rows : iterable of mapping
    path : str or Path

    Raises
    ------
    OutputError
        ``path`` cannot be written.

    >>> write_json_rows([{"source": "a.mp4"}], "-")
    [
      {
        "source": "a.mp4"
      }
    ]
    >>> write_json_rows([], "-")
    []
    """
    with (
        whole_file(path) as partial,
        # undecodable bytes of a file name become "\\udcff", as JSON itself would write them
        partial.open("w", encoding="utf-8", errors="backslashreplace") as file,
    ):
        file.write("[")
        between = "\n"
        for row in rows:
            text = json.dumps(row, indent=2, ensure_ascii=False, allow_nan=False)
            file.write(between + "  " + _escaped(text).replace("\n", "\n  "))
            between = ",\n"
        file.write("]\n" if between == "\n" else "\n]\n")
