"""The document at ``/openapi.json``: OpenAPI 3.1, made from the tables of the code."""

from __future__ import annotations

from typing import Any

from sspd.server.job_options import LEAST_STEP_S
from sspd.server.problems import CODES, PROBLEM_JSON
from sspd.server.schemas import all_schemas
from sspd.version import package_version

_BYTES: dict[str, Any] = {"application/octet-stream": {}}
_ID = {
    "name": "job_id",
    "in": "path",
    "required": True,
    "description": "Id that POST gave.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{22}$"},
}
_FACE = {
    "name": "face",
    "in": "query",
    "description": "Number of the face, `face_id` of the result.",
    "schema": {"type": "integer", "minimum": 0, "default": 0},
}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "1 to 200 characters of your own. The same key and video give the same id.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,200}$"},
}
#: Name, schema and meaning of the options of a measurement.
_OPTIONS: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("start", {"type": "number", "minimum": 0}, "Start at this time, seconds."),
    ("end", {"type": "number", "exclusiveMinimum": 0}, "Stop at this time, seconds."),
    ("fps", {"type": "number", "minimum": 1, "maximum": 1000}, "Frames per second of the video."),
    ("window", {"type": "number", "minimum": 8}, "Length of the windows, seconds."),
    ("step", {"type": "number", "minimum": LEAST_STEP_S}, "Time between windows, seconds."),
    ("min_confidence", {"type": "number", "minimum": 0, "maximum": 1}, "Lowest accepted one."),
    ("box", {"type": "string", "pattern": r"^\d{1,4}(,\d{1,4}){3}$"}, "Left,top,right,bottom."),
    ("face", {"enum": ["largest", "all"]}, "Faces to measure."),
    ("smooth", {"type": "boolean"}, "Unsure windows lean on accepted neighbours."),
)
#: Responses that every path may give.
_ALWAYS = ("bad_request", "no_token", "unknown_host", "internal", "storage")


def document(*, token: bool) -> dict[str, Any]:
    """Return the document.

    Parameters
    ----------
    token : bool
        Whether this server asks for a token.

    Returns
    -------
    dict
    """
    found: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "sspd",
            "version": package_version(),
            "summary": "Heart rate, its variability and breathing from face videos.",
            "description": "Not a medical device: do not base a diagnosis or treatment on it.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": _measurement_paths() | _own_paths(),
        "components": {
            "schemas": all_schemas(),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "tags": [
            {"name": "measurements", "description": "A video comes in, a result is fetched."},
            {"name": "server", "description": "About this server."},
        ],
    }
    if token:
        found["security"] = [{"token": []}]
        for path in ("/healthz", "/readyz"):
            found["paths"][path]["get"]["security"] = []
    return found


def _measurement_paths() -> dict[str, Any]:
    base = "/v1/measurements"
    options = [
        {"name": name, "in": "query", "description": text, "schema": schema}
        for name, schema, text in _OPTIONS
    ]
    created = {
        **_answer("Promise", "The video is on the disk and will be measured."),
        "headers": {"Location": {"schema": {"type": "string"}, "description": "Its own place."}},
    }
    upload = (
        *("foreign_origin", "upload_too_slow", "too_large", "wrong_type", "invalid"),
        *("key_reused", "too_many", "stopping", "busy"),
    )
    gone = ("not_found", "not_ready", "failed")
    post = _operation(
        "create", "Send a video: the file itself as the body.", created, upload, "202"
    )
    post["parameters"] = [_KEY, *options]
    post["requestBody"] = {
        "required": True,
        "description": "The file; its name is never asked for.",
        "content": {"video/*": {}, **_BYTES},
    }
    show = _answer("Measurement", "The state, and in the end the result.")
    paths: dict[str, Any] = {
        base: {"post": post},
        f"{base}/{{job_id}}": {
            "parameters": [_ID],
            "get": _operation("show", "Ask for state and result.", show, ("not_found",)),
            "delete": _operation(
                *("delete", "Delete video and result now.", {"description": "It is gone."}),
                *(("not_found", "foreign_origin"), "204"),
            ),
        },
    }
    for name, kind, text in (
        ("csv", "text/csv", "One row a face."),
        ("report", "text/html", "A page to read or print, without a frame of the video."),
        ("waveform", "text/csv", "One row a sample: time, waveform, beats."),
    ):
        answer = {"description": text, "content": {kind: {"schema": {"type": "string"}}}}
        own = [_ID, _FACE] if name == "waveform" else [_ID]
        get = _operation(name, f"Fetch the {name}.", answer, gone)
        paths[f"{base}/{{job_id}}/{name}"] = {"parameters": own, "get": get}
    return paths


def _own_paths() -> dict[str, Any]:
    health = _answer("Health", "It lives.")
    ready = _answer("Health", "It takes videos.")
    text = {"description": "Metrics.", "content": {"text/plain": {"schema": {"type": "string"}}}}
    not_ready = _answer("Health", "It takes no videos now.")
    paths = {
        "/healthz": {"get": _operation("healthz", "Ask whether it lives.", health, ())},
        "/readyz": {"get": _operation("readyz", "Ask whether it takes videos.", ready, ())},
        "/metrics": {"get": _operation("metrics", "Fetch metrics for Prometheus.", text, ())},
    }
    paths["/readyz"]["get"]["responses"]["503"] = not_ready
    for one in paths.values():
        one["get"]["tags"] = ["server"]
    return paths


def _answer(schema: str, text: str) -> dict[str, Any]:
    content = {"schema": {"$ref": f"#/components/schemas/{schema}"}}
    return {"description": text, "content": {"application/json": content}}


def _operation(
    name: str, summary: str, answer: dict[str, Any], codes: tuple[str, ...], status: str = "200"
) -> dict[str, Any]:
    """An operation, with all its errors."""
    responses: dict[str, Any] = {status: answer}
    by_status: dict[int, list[str]] = {}
    for code in (*codes, *_ALWAYS):
        by_status.setdefault(CODES[code], []).append(code)
    for number, names in sorted(by_status.items()):
        content = {"schema": {"$ref": "#/components/schemas/Problem"}}
        responses[str(number)] = {
            "description": ", ".join(f"`{one}`" for one in names),
            "content": {PROBLEM_JSON: content},
        }
    return {
        "operationId": name,
        "summary": summary,
        "tags": ["measurements"],
        "responses": responses,
    }
