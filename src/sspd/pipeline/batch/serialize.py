"""Vitals as plain JSON, exact to the bit, and back.

`sspd.report.json` is written for people and rounds; this is how a result crosses from
one process to another, and into the journal.
"""

from __future__ import annotations

import base64
from dataclasses import fields
from functools import cache
from typing import Any, get_origin

import numpy as np
from numpy.typing import NDArray

from sspd.report.result import Vitals

#: No result takes more, as one line of JSON: the waveform of a whole day takes half of it.
MAX_LINE_BYTES = 1 << 26
#: Key of a waveform: little-endian float64, in base64.
ARRAY_KEY = "float64"


def to_record(vitals: Vitals) -> dict[str, Any]:
    """Convert a result to plain types, ready for `json.dumps`.

    Parameters
    ----------
    vitals : Vitals

    Returns
    -------
    dict of str to Any

    >>> record = to_record(Vitals("a.mp4", "pos", None, 5.0, None, (), ("too_short",)))
    >>> record["source"], record["reasons"], record["respiration"]["reason"]
    ('a.mp4', ('too_short',), 'not measured')
    """
    import msgspec

    record: dict[str, Any] = msgspec.to_builtins(vitals, enc_hook=_plain)
    return record


def from_record(record: object) -> Vitals:
    """Restore a result from the record of `to_record`.

    Parameters
    ----------
    record : object
        Result of `json.loads`; every part of it is checked.

    Returns
    -------
    Vitals

    Raises
    ------
    ValueError
        It is not the record of a result.

    >>> vitals = Vitals("a.mp4", "pos", None, 5.0, None, (), ("too_short",))
    >>> from_record(to_record(vitals)).reasons
    ('too_short',)
    >>> from_record({"source": 3})
    Traceback (most recent call last):
        ...
    ValueError: Expected `str`, got `int` - at `$.source`
    """
    import msgspec

    try:
        if not isinstance(record, dict) or record.keys() - _fields():
            raise ValueError("an object with the fields of a result was expected")
        return msgspec.convert(record, Vitals, dec_hook=_array)
    except (msgspec.ValidationError, OverflowError, RecursionError) as error:
        raise ValueError(str(error)) from error


@cache
def _fields() -> frozenset[str]:
    return frozenset(field.name for field in fields(Vitals))


def _plain(value: Any) -> Any:
    """Convert a value that JSON has no type for."""
    if isinstance(value, np.generic):  # numpy's own numbers stand in some fields
        return value.item()
    if not isinstance(value, np.ndarray) or value.ndim != 1 or value.dtype != np.float64:
        raise TypeError(f"a record holds float64 (time,), not {type(value).__name__}")
    return {ARRAY_KEY: base64.b64encode(value.astype("<f8").tobytes()).decode()}


def _array(kind: Any, value: Any) -> NDArray[np.float64]:
    text = value.get(ARRAY_KEY) if isinstance(value, dict) else None
    if get_origin(kind) is not np.ndarray or not isinstance(text, str) or len(value) != 1:
        raise ValueError("a waveform was expected")
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise ValueError("a waveform that is not base64") from error
    return np.frombuffer(data, "<f8").astype(np.float64)
