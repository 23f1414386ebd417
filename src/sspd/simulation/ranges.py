"""Checks and draws of the options of simulated videos."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from sspd.errors import UsageError

#: Shortest and longest interval between given beats, seconds.
_INTERVAL_S = (0.2, 4.0)


def check_ranges(options: object, ranges: Mapping[str, tuple[float, float]]) -> None:
    """Check that numbers are finite and in their ranges.

    Parameters
    ----------
    options : object
        Its attributes are checked.
    ranges : mapping of str to (float, float)
        Lowest and highest value of each attribute; both are allowed.

    Raises
    ------
    UsageError
        One is not; the message names it.

    Examples
    --------
    >>> check_ranges(slice(3), {"stop": (0, 5)})
    """
    for name, (low, high) in ranges.items():
        value = getattr(options, name)
        if not (math.isfinite(value) and low <= value <= high):
            raise UsageError(f"simulate: {name} must be {low:g} to {high:g}, got {value}")


def check_choice(name: str, value: object, choices: Iterable[object]) -> None:
    """Check that an option is one of its choices.

    Parameters
    ----------
    name : str
        For the message.
    value : object
    choices : iterable

    Raises
    ------
    UsageError
        It is not; the message lists the choices.

    Examples
    --------
    >>> check_choice("side", "left", ("left", "right"))
    """
    choices = tuple(choices)
    if value not in choices:
        raise UsageError(f"simulate: {name} must be one of {choices}, got {value!r}")


def checked_beats(beats_s: Iterable[float]) -> tuple[float, ...]:
    """Return beat times as a tuple.

    Parameters
    ----------
    beats_s : iterable of float
        Seconds.

    Returns
    -------
    tuple of float

    Raises
    ------
    UsageError
        There are fewer than two, or they do not rise as those of a heart.

    Examples
    --------
    >>> checked_beats([0, 1])
    (0.0, 1.0)
    """
    beats = tuple(float(beat) for beat in beats_s)
    steps = np.diff(beats)
    low, high = _INTERVAL_S
    if len(beats) < 2 or not bool(np.all((steps >= low) & (steps <= high))):
        raise UsageError(
            f"simulate: beats_s must be two or more times that rise by {low:g} to {high:g} s"
        )
    return beats


def checked_part(name: str, kind: type[Any], part: object) -> object:
    """Return an option that has options of its own.

    Parameters
    ----------
    name : str
        For the message.
    kind : type
        A dataclass.
    part : object
        One of them, None, or a mapping of its options, as JSON gives it.

    Returns
    -------
    object
        One of them, or None.

    Raises
    ------
    UsageError
        It is something else, or an option is unknown.

    Examples
    --------
    >>> checked_part("range", slice, None) is None
    True
    """
    if part is None or isinstance(part, kind):
        return part
    if not isinstance(part, Mapping):
        raise UsageError(f"simulate: {name} must be a {kind.__name__}, got {part!r}")
    known = {each.name for each in fields(kind)}
    unknown = sorted(str(key) for key in part if key not in known)
    if unknown:
        names = ", ".join(sorted(known))
        raise UsageError(f"simulate: {name} has no option {unknown[0]!r}; there are: {names}")
    return kind(**part)


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """Draw a number whose logarithm is uniform.

    Parameters
    ----------
    rng : np.random.Generator
    low, high : float
        Both above 0.

    Returns
    -------
    float

    Examples
    --------
    >>> 1.0 <= log_uniform(np.random.default_rng(0), 1.0, 8.0) <= 8.0
    True
    """
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def draw_choice(rng: np.random.Generator, choice: Any) -> Any:
    """Draw the value of an option.

    Parameters
    ----------
    rng : np.random.Generator
    choice : object
        A tuple of two floats is a range, ``("log", low, high)`` a logarithmic range, a list
        has choices of equal weight, which may be ranges; anything else is the value itself.

    Returns
    -------
    object

    Examples
    --------
    >>> draw_choice(np.random.default_rng(0), [("log", 1.0, 1.0), 1.0])
    1.0
    """
    if isinstance(choice, list):
        return draw_choice(rng, choice[int(rng.integers(len(choice)))])
    if isinstance(choice, tuple) and choice[0] == "log":
        return log_uniform(rng, choice[1], choice[2])
    if isinstance(choice, tuple):
        return float(rng.uniform(*choice))
    return choice
