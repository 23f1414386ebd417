from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import results
from sspd.pipeline.batch.serialize import from_record, to_record
from sspd.report.json import vitals_to_dict
from sspd.types import Estimate, Signal, Vitals, WindowVitals


def _round_trip(vitals: Vitals) -> Vitals:
    return from_record(json.loads(json.dumps(to_record(vitals))))


def _assert_same(one: Any, other: Any) -> None:
    """Equal to the bit, field by field, NaN and all."""
    if isinstance(one, Vitals | Signal):
        for field in fields(one):
            _assert_same(getattr(one, field.name), getattr(other, field.name))
    elif isinstance(one, np.ndarray):
        assert one.tobytes() == other.tobytes()
    else:
        assert repr(one).replace("np.float64(", "(") == repr(other).replace("np.float64(", "(")


def test_results_of_all_kinds_come_back_whole() -> None:
    for vitals in (results.rejected(), results.failed(), results.measured()):
        again = _round_trip(vitals)
        assert vitals_to_dict(again) == vitals_to_dict(vitals)
        assert again.beats_s is None or again.beats_s.dtype == np.float64
        for name in ("signal", "beats_s", "face_box", "timing_s", "error", "reasons"):
            _assert_same(getattr(vitals, name), getattr(again, name))


NUMBERS = st.floats()
FIGURES = st.builds(Estimate, st.none() | NUMBERS, st.none() | st.integers(), st.none() | NUMBERS)
WINDOWS = st.builds(
    WindowVitals,
    *(NUMBERS, NUMBERS, *[st.none() | NUMBERS] * 4),
    st.booleans(),
    st.lists(st.text()).map(tuple),
)


@pytest.mark.slow
@given(
    st.lists(WINDOWS).map(tuple),
    st.dictionaries(st.text(), FIGURES),
    st.lists(NUMBERS),
    st.text(st.characters()),
)
def test_any_number_and_any_text_comes_back(
    windows: tuple[WindowVitals, ...], hrv: dict[str, Estimate], values: list[float], text: str
) -> None:
    signal = Signal(np.array(values), 30.0, 0.1)
    vitals = Vitals(text, "pos", text, 1 / 3, None, windows, (text,), hrv=hrv, signal=signal)
    _assert_same(vitals, _round_trip(vitals))


def test_numbers_of_numpy_become_plain() -> None:
    window = WindowVitals(
        *(np.float64(0), np.float32(8), 60.1, None, None, None),
        np.bool_(True),  # type: ignore[arg-type]
    )
    again = _round_trip(replace(results.rejected(), windows=(window,)))
    assert again.windows[0].accepted is True
    assert again.windows[0].end_s == 8.0


@pytest.mark.parametrize(
    "wrong",
    [
        {"source": 3},
        {"duration_s": "long"},
        {"duration_s": 10**400},
        {"face_id": True},
        {"fps": [30.0]},
        {"windows": {}},
        {"windows": [{"start_s": 0.0}]},
        {"face_box": [1, 2, 3]},
        {"hrv": {"sdnn_ms": {"value": "1.0"}}},
        {"hrv": {1: {"value": 1.0}}},
        {"reasons": ["a", 1]},
        {"signal": {"values": {"float64": "AAAA"}, "fs": 30.0, "start_s": 0.0}},
        {"signal": {"values": {"float64": "!"}, "fs": 30.0, "start_s": 0.0}},
        {"signal": {"values": {"float64": ""}, "fs": 0.0, "start_s": 0.0}},
        {"beats_s": {"int64": ""}},
        {"more": 1},
    ],
    ids=str,
)
def test_what_is_no_record_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"[Ee]xpected|missing|waveform|buffer|positive|[Nn]umber"):
        from_record(to_record(results.rejected()) | wrong)


@pytest.mark.parametrize("wrong", [None, [], "text", 3, {}])
def test_what_is_no_object_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match=r"expected|missing"):
        from_record(wrong)
