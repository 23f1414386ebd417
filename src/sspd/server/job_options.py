"""Options of a job or a live session, as its caller gives them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sspd.errors import UsageError
from sspd.server.problems import Problem
from sspd.types import MeasureOptions
from sspd.types.arguments import face_box

#: Names of the options, as on the command line, and what they are in `MeasureOptions`.
NUMBERS = {
    "start": "start_s",
    "end": "end_s",
    "fps": "fps",
    "window": "window_s",
    "step": "step_s",
    "min_confidence": "min_confidence",
}
#: Shortest time between windows, seconds: a tiny one makes more windows than anybody reads.
LEAST_STEP_S = 0.5
#: All options of a measurement, and those of a live session.
MEASURE_NAMES = (*NUMBERS, "box", "face", "smooth")
LIVE_NAMES = ("window", "step", "min_confidence", "box", "face")
_FLAGS = {"true": True, "false": False, "1": True, "0": False}


def options_of_query(pairs: Iterable[tuple[str, str]], defaults: MeasureOptions) -> MeasureOptions:
    """Return options from the query of a request.

    Parameters
    ----------
    pairs : iterable of (str, str)
        Names and texts.
    defaults : MeasureOptions

    Returns
    -------
    MeasureOptions

    Raises
    ------
    Problem
        A name that is not known or comes twice, or a value that cannot be.

    >>> options_of_query([("end", "20"), ("face", "all")], MeasureOptions()).end_s
    20.0
    """
    given: dict[str, Any] = {}
    for name, text in pairs:
        if name in given:
            raise Problem("invalid", f"the option {name[:40]!a} comes twice")
        given[name] = _parsed(name, text)
    return _replaced(given, defaults, MEASURE_NAMES)


def options_of_start(text: str, defaults: MeasureOptions) -> MeasureOptions:
    """Return options from the first message of a live session.

    Parameters
    ----------
    text : str
        JSON.
    defaults : MeasureOptions

    Returns
    -------
    MeasureOptions

    Raises
    ------
    Problem

    >>> options_of_start('{"type": "start", "window": 10}', MeasureOptions()).window_s
    10.0
    """
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict) or given.pop("type", None) != "start":
        raise Problem("invalid", 'the first message is {"type": "start"}, with options, as text')
    return _replaced(given, defaults, LIVE_NAMES)


def _parsed(name: str, text: str) -> Any:
    try:
        if name in NUMBERS:
            return float(text)
        if name == "box":
            return [int(edge) for edge in text.split(",")]
        return _FLAGS[text.lower()] if name == "smooth" else text
    except (ValueError, KeyError):
        raise Problem("invalid", f"the option {name}: {text[:40]!a} cannot be read") from None


def _replaced(
    given: Mapping[str, Any], defaults: MeasureOptions, names: Iterable[str]
) -> MeasureOptions:
    found: dict[str, Any] = {}
    for name, value in given.items():
        if name not in names:
            raise Problem("invalid", f"no option {name[:40]!a}; there are {', '.join(names)}")
        if name in NUMBERS:
            found[NUMBERS[name]] = _number(name, value)
        elif name == "box":
            found["box"] = value
        elif name == "face":
            if value not in ("largest", "all"):
                raise Problem("invalid", "face is largest or all")
            found["every_face"] = value == "all"
        else:
            found["smooth"] = value
    try:
        return replace(
            defaults, **found | ({"box": face_box(found["box"])} if "box" in found else {})
        )
    except (UsageError, TypeError, ValueError, OverflowError) as error:
        raise Problem("invalid", " ".join(str(error).split())) from None


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Problem("invalid", f"the option {name} is a number")
    try:
        number = float(value)
    except OverflowError:
        raise Problem("invalid", f"the option {name} is too large") from None
    if name == "step" and not number >= LEAST_STEP_S:
        raise Problem("invalid", f"step is {LEAST_STEP_S:g} s or more")
    return number
