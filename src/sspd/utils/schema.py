"""Validation of settings that are read from files: type, range and length."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from typing import Any

from sspd.errors import UsageError

#: Largest number of letters of a name.
MOST_LETTERS = 120
_TERM = re.compile(r"[a-z][a-z0-9_]{0,40}")


def shown(value: object) -> str:
    r"""Return a value for an error message: short, in one line, without control characters.

    Parameters
    ----------
    value : object

    Returns
    -------
    str

    >>> shown("a\n" * 100)
    "'a\\na\\na\\na\\na\\na\\na\\n..."
    """
    if isinstance(value, str | bytes):
        value = value[:60]
    text = ascii(value) if isinstance(value, str | float | int | bool | None) else "?"
    text = text if text != "?" else type(value).__name__
    return text if len(text) <= 40 else text[:22] + "..."


def number(name: str, value: Any, low: float, high: float) -> None:
    """Raise an error unless a value is a finite number within bounds; a bool is not.

    Parameters
    ----------
    name : str
        Name of the setting, for the message.
    value : object
    low, high : float
        Bounds, inclusive.

    Raises
    ------
    UsageError

    >>> number("fs", float("inf"), 5, 250)
    Traceback (most recent call last):
        ...
    sspd.errors.UsageError: fs must be a number from 5 to 250, got inf
    """
    if type(value) is bool or not isinstance(value, int | float) or not low <= value <= high:
        raise UsageError(f"{name} must be a number from {low:g} to {high:g}, got {shown(value)}")


def whole(name: str, value: Any, low: int, high: int) -> None:
    """Raise an error unless a value is an integer within bounds.

    Parameters
    ----------
    name : str
        Name of the setting, for the message.
    value : object
    low, high : int
        Bounds, inclusive.

    Raises
    ------
    UsageError

    >>> whole("size", 128.5, 92, 512)
    Traceback (most recent call last):
        ...
    sspd.errors.UsageError: size must be a whole number from 92 to 512, got 128.5
    """
    if type(value) is not int or not low <= value <= high:
        raise UsageError(f"{name} must be a whole number from {low} to {high}, got {shown(value)}")


def flag(name: str, value: Any) -> None:
    """Raise an error unless a value is true or false.

    Parameters
    ----------
    name : str
        Name of the setting, for the message.
    value : object

    Raises
    ------
    UsageError

    >>> flag("follow", 1)
    Traceback (most recent call last):
        ...
    sspd.errors.UsageError: follow must be true or false, got 1
    """
    if type(value) is not bool:
        raise UsageError(f"{name} must be true or false, got {shown(value)}")


def one_of(name: str, value: Any, allowed: Collection[str]) -> None:
    """Raise an error unless a value is one of the allowed texts.

    Parameters
    ----------
    name : str
        Name of the setting, for the message.
    value : object
    allowed : collection of str

    Raises
    ------
    UsageError

    >>> one_of("colour", "grey", ("rgb", "bgr"))
    Traceback (most recent call last):
        ...
    sspd.errors.UsageError: colour must be one of rgb, bgr, got 'grey'
    """
    if not isinstance(value, str) or value not in allowed:
        raise UsageError(f"{name} must be one of {', '.join(allowed)}, got {shown(value)}")


def name_text(name: str, value: Any) -> None:
    r"""Raise an error unless a value is a short, printable text of one line.

    Parameters
    ----------
    name : str
        Name of the setting, for the message.
    value : object

    Raises
    ------
    UsageError

    >>> name_text("name", "a\x1b[31m")
    Traceback (most recent call last):
        ...
    sspd.errors.UsageError: name must be up to 120 printable letters, got 'a\x1b[31m'
    """
    if not isinstance(value, str) or len(value) > MOST_LETTERS or not value.isprintable():
        raise UsageError(
            f"{name} must be up to {MOST_LETTERS} printable letters, got {shown(value)}"
        )


def as_name(text: str) -> str:
    r"""Convert a text to one that `name_text` accepts.

    Parameters
    ----------
    text : str

    Returns
    -------
    str

    >>> as_name("my\x1b[31m weights")
    'my?[31m weights'
    """
    return "".join(c if c.isprintable() else "?" for c in text[:MOST_LETTERS])


def terms(name: str, value: Any, most: int) -> None:
    """Raise an error unless a value consists of pairs of a name and a number, each name once.

    Parameters
    ----------
    name : str
        Name of the setting, for the message.
    value : object
    most : int
        Largest number of pairs.

    Raises
    ------
    UsageError

    >>> terms("weights", (("snr", 0.5), ("snr", 1.0)), 64)
    Traceback (most recent call last):
        ...
    sspd.errors.UsageError: weights must name each term once
    """
    if not isinstance(value, tuple) or len(value) > most:
        raise UsageError(f"{name} must be at most {most} pairs of name and number")
    for pair in value:
        if not (isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], str)):
            raise UsageError(f"{name} must be pairs of name and number, got {shown(pair)}")
        if not _TERM.fullmatch(pair[0]):
            raise UsageError(f"{name} must be named like snr or line_db, got {shown(pair[0])}")
    if len({pair[0] for pair in value}) != len(value):
        raise UsageError(f"{name} must name each term once")


def table(name: str, value: Any, known: Collection[str]) -> dict[str, Any]:
    """Return a JSON table after checking that all its keys are known.

    Parameters
    ----------
    name : str
        Name of the settings, for the message.
    value : object
    known : collection of str
        Allowed keys.

    Returns
    -------
    dict

    Raises
    ------
    UsageError
        The value is not a table, or has an unknown key.

    >>> table("network settings", {"fs": 30.0, "x": 1}, {"fs"})
    Traceback (most recent call last):
        ...
    sspd.errors.UsageError: unknown network settings: 'x'
    """
    if not isinstance(value, dict):
        raise UsageError(f"{name} are a table, got {type(value).__name__}")
    unknown = sorted(key for key in value if key not in known)
    if unknown:
        more = f" and {len(unknown) - 3} more" if len(unknown) > 3 else ""
        raise UsageError(f"unknown {name}: {', '.join(shown(key) for key in unknown[:3])}{more}")
    return value


def strict_json(text: str | bytes) -> Any:
    """Parse JSON, without duplicate keys and without NaN or Infinity.

    Parameters
    ----------
    text : str or bytes

    Returns
    -------
    object

    Raises
    ------
    ValueError
        The text is not such JSON.

    >>> strict_json('{"fs": 30, "fs": 1}')
    Traceback (most recent call last):
        ...
    ValueError: a key occurs twice
    """
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except RecursionError as error:
        raise ValueError("too deep") from error


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    pairs = list(pairs)
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key occurs twice")
    return found


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number of JSON")
