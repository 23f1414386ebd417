"""Vitals as JSON: a list with one object a source and face, ``schema_version`` 2.

What is not known is ``null`` with a reason beside it; NaN never stands in the file. A
source that failed altogether has ``"error"`` with one sentence. Floats are rounded to
what can be known: 3 digits, frequencies 4.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sspd.containers import Figure, Vitals, WindowVitals
from sspd.report.files import whole_file

SCHEMA_VERSION = 2


def _round(value: float | None, digits: int = 3) -> float | None:
    if value is None or not math.isfinite(value):
        return None
    return round(float(value), digits)


def _figure(figure: Figure) -> dict[str, Any]:
    return {
        "value": _round(figure.value),
        "n_beats": figure.n_beats,
        "span_s": _round(figure.span_s),
        "reason": figure.reason,
    }


def _respiration(figure: Figure) -> dict[str, Any]:
    per_minute = None if figure.value is None else 60 * figure.value
    return {
        "hz": _round(figure.value, 4),
        "breaths_per_minute": _round(per_minute, 2),
        "reason": figure.reason,
    }


def _window(window: WindowVitals) -> dict[str, Any]:
    return {
        "start_s": _round(window.start_s),
        "end_s": _round(window.end_s),
        "hr_bpm": _round(window.hr_bpm),
        "hr_peaks_bpm": _round(window.hr_peaks_bpm),
        "snr_db": _round(window.snr_db),
        "confidence": _round(window.confidence),
        "accepted": window.accepted,
        "reasons": list(window.reasons),
    }


def vitals_to_dict(vitals: Vitals) -> dict[str, Any]:
    """Give one source's object, ready for `json.dumps`.

    >>> failed = Vitals("a.mp4", "sspd", None, 0.0, None, (), error="a.mp4: no such file")
    >>> found = vitals_to_dict(failed)
    >>> found["hr_bpm"], found["duration_s"], found["error"]
    (None, None, 'a.mp4: no such file')
    """
    row: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
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
        "hrv": {name: _figure(figure) for name, figure in vitals.hrv.items()},
        "respiration": _respiration(vitals.respiration_hz),
        "windows": [_window(window) for window in vitals.windows],
        "face_box": list(vitals.face_box) if vitals.face_box else None,
        "timing_s": {name: _round(spent) for name, spent in vitals.timing_s.items()},
    }
    if vitals.error is not None:
        row["error"] = vitals.error
    return row


def write_json(results: Sequence[Vitals], path: str | Path) -> None:
    """Write the results of one call, whole or not at all.

    Raises
    ------
    OutputError
        ``path`` cannot be written.
    """
    rows = [vitals_to_dict(vitals) for vitals in results]
    text = json.dumps(rows, indent=2, ensure_ascii=False, allow_nan=False)
    with whole_file(path) as partial:
        # a file name's bytes that are no text: "\\udcff", as JSON itself would write it
        partial.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
