"""The thresholds of the page are those of Python, by name: test vectors lie far from most."""

from __future__ import annotations

import json
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

SOURCES = Path(__file__).resolve().parents[1] / "web" / "js" / "src"
#: Files of TypeScript, and the modules that they are ported from.
PORTED = {
    "beats": ("vitals.beat_timing",),
    "colour-line": ("vitals.colour_line",),
    "confidence": ("vitals.confidence",),
    "contradictions": ("vitals.contradictions",),
    "flicker": ("vitals.flicker",),
    "frame-statistics": ("face.frame_stats",),
    "groups": ("vitals.groups",),
    "hrv": ("vitals.hrv", "vitals.beats"),
    "lines": ("vitals.lines",),
    "loops": ("vitals.colour_loops", "face.recurrence"),
    "peaks": ("signal.peaks",),
    "rate": ("vitals.heart_rate", "vitals.rate_track"),
    "reasons": ("vitals.acceptance",),
    "respiration": ("vitals.respiration",),
    "spectrum": ("signal.spectrum", "signal.quality"),
}
CONSTANT = re.compile(r"^(?:export )?const ([A-Z][A-Z0-9_]*)(?:: [^=]+)? = ([^;]+);", re.MULTILINE)


def _value(text: str) -> Any:
    """Read a number or an array of numbers; None where it is something else."""
    plain = re.sub(r",(\s*])", r"\1", text.removesuffix(" as const"))
    try:
        return json.loads(plain)
    except json.JSONDecodeError:
        return None


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    if isinstance(value, set):
        return sorted(value)
    return float(value) if isinstance(value, int) else value


@pytest.mark.parametrize("name", PORTED)
def test_constants_of_the_same_name_are_the_same(name: str) -> None:
    modules = [vars(import_module(f"sspd.{module}")) for module in PORTED[name]]
    compared = 0
    for constant, text in CONSTANT.findall((SOURCES / f"{name}.ts").read_text(encoding="utf-8")):
        value = _value(text)
        ours = [of[key] for of in modules for key in (constant, f"_{constant}") if key in of]
        if value is None or not ours:
            continue
        if isinstance(ours[0], tuple) and not isinstance(value, list):
            assert value == ours[0][0], constant  # the second number has a name of its own
        else:
            found = sorted(value) if isinstance(ours[0], set) else value
            assert _plain(found) == _plain(ours[0]), constant
        compared += 1
    assert compared
