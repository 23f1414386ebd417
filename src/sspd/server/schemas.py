"""JSON schemas of what the server says, for the document at ``/openapi.json``."""

from __future__ import annotations

from typing import Any

from sspd.report.json import JSON_SCHEMA_VERSION, WINDOW_KEYS
from sspd.server.jobs import STATES
from sspd.server.problems import CODES
from sspd.vitals import HRV_NAMES, REASONS

NUMBER = {"type": ["number", "null"]}
TEXT = {"type": ["string", "null"]}
_REASONS = {"type": "array", "items": {"enum": list(REASONS)}}
_BOX = {
    "type": ["array", "null"],
    "items": {"type": "integer"},
    "description": "Left, top, right and bottom edge, pixels of the upright video.",
}


def _object(required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    """An object whose properties are all there, but for the optional ones."""
    return {"type": "object", "required": list(required), "properties": required | optional}


def all_schemas() -> dict[str, Any]:
    """Return the schemas by name.

    Returns
    -------
    dict of str to dict
    """
    return {
        "Window": _window(),
        "Result": _result(),
        "Measurement": _measurement(),
        "Promise": _object(
            {
                "id": {"type": "string"},
                "state": {"enum": list(STATES)},
                "url": {"type": "string"},
                "repeated": {
                    "type": "boolean",
                    "description": "The idempotency key was known: nothing is measured again.",
                },
            }
        ),
        "Problem": _object(
            {
                "type": {"type": "string"},
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "code": {"enum": list(CODES)},
                "detail": {"type": "string", "description": "What was wrong and what would work."},
            }
        ),
        "Health": _object({"status": {"type": "string"}}, detail={"type": "string"}),
    }


def _window() -> dict[str, Any]:
    given: dict[str, Any] = dict.fromkeys(WINDOW_KEYS, NUMBER) | {
        "accepted": {"type": "boolean"},
        "smoothed": {"type": "boolean"},
        "reasons": _REASONS,
        "track_bpm": {"type": "array", "items": NUMBER},
    }
    return _object(given)


def _result() -> dict[str, Any]:
    estimate = _object(
        {
            "value": NUMBER,
            "n_beats": {"type": ["integer", "null"]},
            "span_s": NUMBER,
            "reason": TEXT,
        }
    )
    respiration = _object({"hz": NUMBER, "breaths_per_minute": NUMBER, "reason": TEXT})
    numbers = ("duration_s", "fps", "container_fps", "stated_fps", "hr_bpm", "hr_peaks_bpm")
    return _object(
        {
            "schema_version": {"const": JSON_SCHEMA_VERSION},
            "source": {"type": "string", "description": "The id of the measurement."},
            "face_id": {"type": "integer"},
            "method": {"type": "string"},
            "weights": TEXT,
            **dict.fromkeys((*numbers, "snr_db", "confidence"), NUMBER),
            "accepted": {"type": "boolean"},
            "reasons": _REASONS,
            "warnings": {"type": "array", "items": {"type": "string"}},
            "hrv": {"type": "object", "properties": dict.fromkeys(HRV_NAMES, estimate)},
            "respiration": respiration,
            "windows": {"type": "array", "items": {"$ref": "#/components/schemas/Window"}},
            "face_box": _BOX,
            "timing_s": {"type": "object", "additionalProperties": NUMBER},
        },
        rate_bands={"type": "array", "items": {"type": "object"}},
    )


def _measurement() -> dict[str, Any]:
    progress = _object({"phase": {"type": "string"}, "done": {"type": "number"}})
    words = _object(
        {"reason": {"type": "string"}, "meaning": {"type": "string"}, "help": {"type": "string"}}
    )
    results = {"type": ["array", "null"], "items": {"$ref": "#/components/schemas/Result"}}
    return _object(
        {
            "id": {"type": "string"},
            "state": {"enum": list(STATES)},
            "progress": {"anyOf": [progress, {"type": "null"}]},
            "created_s": {"type": "number", "description": "Unix time, seconds."},
            "ended_s": NUMBER,
            "expires_s": NUMBER | {"description": "When it is deleted, Unix time, seconds."},
            "tries": {"type": "integer", "description": "Worker processes that ended over it."},
            "reason": TEXT | {"description": "Why it failed."},
            "results": results | {"description": "One a face; as `sspd measure --json` has them."},
            "advice": {"type": "array", "items": words},
        }
    )
