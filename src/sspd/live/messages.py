"""Messages of a live measurement, a line of JSON each: for programs, sockets and files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # a server that only passes lines on needs no numpy
    from sspd.types import Update, Vitals

#: First characters of the last line of a session.
FINAL_START, ERROR_START = '{"type": "final"', '{"type": "error"'


def ready_message() -> dict[str, Any]:
    """Return the message before the first frame.

    Returns
    -------
    dict

    >>> ready_message()
    {'type': 'ready'}
    """
    return {"type": "ready"}


def update_message(update: Update, **more: object) -> dict[str, Any]:
    """Return the message of an update that is not final.

    Parameters
    ----------
    update : Update
    **more : object
        Further keys.

    Returns
    -------
    dict
        As `sspd.report.json.update_to_dict`.

    >>> from sspd.types import Update
    >>> update_message(Update(3.0, 0, None, None, ("too_short",), None, None))["type"]
    'update'
    """
    from sspd.report.json import update_to_dict

    return {"type": "update", **update_to_dict(update), **more}


def final_message(results: Sequence[Vitals]) -> dict[str, Any]:
    """Return the message with the result.

    Parameters
    ----------
    results : sequence of Vitals
        One per face.

    Returns
    -------
    dict

    >>> final_message([])
    {'type': 'final', 'results': []}
    """
    from sspd.report.json import vitals_to_dict

    return {"type": "final", "results": [vitals_to_dict(vitals) for vitals in results]}


def error_message(code: str, detail: str) -> dict[str, Any]:
    """Return the message of a session that ends with an error.

    Parameters
    ----------
    code : str
    detail : str
        In one line.

    Returns
    -------
    dict

    >>> error_message("busy", "too many")
    {'type': 'error', 'code': 'busy', 'detail': 'too many'}
    """
    return {"type": "error", "code": code, "detail": detail}


def to_line(message: dict[str, Any]) -> str:
    r"""Return a message as one line of JSON, with its end.

    Parameters
    ----------
    message : dict

    Returns
    -------
    str

    >>> to_line(ready_message())
    '{"type": "ready"}\n'
    """
    return json.dumps(message, allow_nan=False) + "\n"
