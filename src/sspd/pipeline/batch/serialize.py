"""Vitals as plain JSON, exact to the bit, and back.

`sspd.report.json` is written for people and rounds; this is how a result crosses from
one process to another, and into the journal.
"""

from __future__ import annotations

import base64
from dataclasses import fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

from sspd.report.result import Vitals

#: No result takes more, as one line of JSON: the waveform of a whole day takes half of it.
MAX_LINE_BYTES = 1 << 26
#: Under this name stands a waveform: little-endian float64, in base64.
ARRAY_KEY = "float64"


def to_record(vitals: Vitals) -> dict[str, Any]:
    """Everything a result holds, ready for `json.dumps`.

    >>> record = to_record(Vitals("a.mp4", "pos", None, 5.0, None, (), ("too_short",)))
    >>> record["source"], record["reasons"], record["respiration"]["reason"]
    ('a.mp4', ['too_short'], 'not measured')
    """
    record: dict[str, Any] = _plain(vitals)
    return record


def from_record(record: object) -> Vitals:
    """The result that `to_record` was given.

    Parameters
    ----------
    record : object
        What `json.loads` gave; nothing is believed of it.

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
    ValueError: Vitals: no such fields
    """
    try:
        vitals: Vitals = _typed(record, Vitals)
    except (OverflowError, RecursionError) as error:
        raise ValueError(f"no result holds such a number or depth ({error})") from error
    return vitals


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, np.ndarray):
        if value.ndim != 1 or value.dtype != np.float64:
            raise TypeError(f"a record holds float64 (time,), not {value.dtype} {value.shape}")
        return {ARRAY_KEY: base64.b64encode(value.astype("<f8").tobytes()).decode()}
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    # numpy's own numbers stand in some fields; JSON knows Python's
    return value.item() if isinstance(value, np.generic) else value


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _typed(value: Any, kind: Any) -> Any:
    """``value`` as the type that a field states, or `ValueError`."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin is UnionType:  # always of one type and None
        (other,) = (part for part in parts if part is not type(None))
        return None if value is None else _typed(value, other)
    if origin is np.ndarray:
        return _array(value)
    if origin is tuple:
        return tuple(_typed(item, parts[0]) for item in _checked(value, list))
    if origin is dict:
        found = _checked(value, dict).items()
        return {_checked(name, str): _typed(item, parts[1]) for name, item in found}
    if isinstance(kind, type) and issubclass(kind, tuple):  # a Box, or another named tuple
        types = _hints(kind).values()
        items = _checked(value, list, len(types))
        return kind(*(_typed(item, hint) for item, hint in zip(items, types, strict=True)))
    if is_dataclass(kind):
        return _filled(value, kind)
    if kind is float:
        return float(value) if type(value) is int else _checked(value, float)
    return _checked(value, kind)


def _filled(value: Any, kind: Any) -> Any:
    if _checked(value, dict).keys() != _hints(kind).keys():
        raise ValueError(f"{kind.__name__}: no such fields")
    return kind(**{name: _typed(value[name], hint) for name, hint in _hints(kind).items()})


def _checked(value: Any, kind: Any, length: int | None = None) -> Any:
    # type(), not isinstance(): True is no whole number here
    if type(value) is not kind or (length is not None and len(value) != length):
        raise ValueError(f"{kind.__name__} was expected, got {str(value)[:40]!r}")
    return value


def _array(value: Any) -> NDArray[np.float64]:
    text = _checked(_checked(value, dict, 1).get(ARRAY_KEY), str)
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise ValueError("a waveform that is not base64") from error
    return np.frombuffer(data, "<f8").astype(np.float64)
