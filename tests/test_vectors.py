"""The test vectors of the read-out are what this package computes, and ports agree with them."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from vectors.compute import GROUPS, outputs
from vectors.make import HERE, inputs

SAY = "run `python tests/vectors/make.py`, look at the difference, and mend the ports"
CASES = [
    (group, case)
    for group in GROUPS
    if (HERE / f"{group}.json").is_file()
    for case in json.loads((HERE / f"{group}.json").read_text(encoding="utf-8"))
]


def differences(made: Any, stored: Any, tolerance: float, path: str = "") -> list[str]:
    """Places at which two values differ, by name."""
    if isinstance(made, dict) and isinstance(stored, dict) and made.keys() == stored.keys():
        pairs = [(made[key], stored[key], f"{path}.{key}") for key in made]
    elif isinstance(made, list) and isinstance(stored, list) and len(made) == len(stored):
        pairs = [(a, b, f"{path}[{k}]") for k, (a, b) in enumerate(zip(made, stored, strict=True))]
    elif isinstance(made, float) and isinstance(stored, int | float):
        close = abs(made - stored) <= tolerance * max(1.0, abs(stored))
        return [] if close else [f"{path}: {made} is now computed, {stored} is in the file"]
    else:
        return [] if made == stored else [f"{path}: {made!r:.60} now, {stored!r:.60} in the file"]
    return [row for a, b, where in pairs for row in differences(a, b, tolerance, where)]


#: Those that are read second by second take seconds.
MARKED = [
    pytest.param(
        group,
        case,
        id=f"{group}-{case['name']}",
        marks=[pytest.mark.slow] if group == "streaming" else [],
    )
    for group, case in CASES
]


@pytest.mark.parametrize(("group", "case"), MARKED)
def test_a_case_is_what_is_computed(group: str, case: dict[str, Any]) -> None:
    found = differences(outputs(group, case["in"]), case["out"], 1e-8)
    assert not found, f"{SAY}: {found[:3]}"


def test_the_inputs_are_those_of_the_script() -> None:
    made = [(group, name, given) for group, name, given in inputs()]
    assert [(group, name) for group, name, _ in made] == [(g, c["name"]) for g, c in CASES], SAY
    for (_, name, given), (_, case) in zip(made, CASES, strict=True):
        # a rounded input may fall to the other side on another machine
        assert not differences(given, case["in"], 2e-4, name), SAY


def test_the_files_are_small_and_plain() -> None:
    files = sorted(HERE.glob("*.json"))
    assert sum(path.stat().st_size for path in files) <= 300_000
    assert all("NaN" not in path.read_text(encoding="utf-8") for path in files)


def test_a_difference_is_found() -> None:
    assert differences({"a": [1.0, 2.0]}, {"a": [1.0, 2.1]}, 1e-6) == [
        ".a[1]: 2.0 is now computed, 2.1 is in the file"
    ]
    assert differences([1.0], [1.0, 2.0], 1e-6)
    assert not differences(float(np.pi), 3.141592653, 1e-6)
