"""Hints: one of the list at a time, the most important one, and none that flutters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sspd.live.gauges import (
    ASIDE,
    BLACK,
    DIM,
    FEW_PIXELS,
    GLARE,
    LARGE,
    RESTLESS,
    SMALL,
    Bound,
    Gauges,
    conditions,
)
from sspd.live.hints import APPEAR_S, AT_ONCE, HINTS, STAY_S, HintState, next_hint
from sspd.video.camera.states import CAMERA_STATES
from sspd.vitals import REASONS

NAMES = st.frozensets(st.sampled_from(sorted(HINTS)), max_size=4)
GAUGES = st.none() | st.builds(
    Gauges,
    width=st.floats(0.01, 1),
    width_px=st.integers(10, 2000),
    aside=st.floats(0, 0.5),
    brightness=st.floats(0, 255),
    overexposed=st.floats(0, 1),
    dark=st.floats(0, 1),
    motion=st.floats(0, 60),
)


@given(st.lists(st.tuples(st.floats(0.02, 1.5), NAMES), min_size=1, max_size=60))
def test_hints_do_not_flutter(moments: list[tuple[float, frozenset[str]]]) -> None:
    state, time_s, changed_s = HintState(), 0.0, None
    for step_s, holding in moments:
        time_s += step_s
        before, state = state, next_hint(state, holding, time_s)
        assert state.name is None or state.name in HINTS
        assert (state.text is None) == (state.name is None)
        if state.name == before.name:
            continue
        if before.name is not None and not {before.name, state.name} & AT_ONCE:
            assert changed_s is not None
            assert time_s - changed_s >= STAY_S
        if state.name is not None:
            assert state.name in holding
            assert state.name in AT_ONCE or time_s - state.begun_s[state.name] >= APPEAR_S
        changed_s = time_s


@given(NAMES, st.sampled_from([None, *sorted(HINTS)]))
def test_what_lasts_is_shown_by_its_importance(holding: frozenset[str], first: str | None) -> None:
    state = HintState() if first is None else HintState(first, 0.0, {first: 0.0})
    for k in range(20):
        state = next_hint(state, holding, 0.3 * k)
    assert state.name == next((name for name in HINTS if name in holding), None)


@pytest.mark.parametrize("name", sorted(AT_ONCE))
def test_a_camera_that_fails_is_named_at_once_and_no_longer(name: str) -> None:
    state = next_hint(HintState("sit_still", 0.0, {"sit_still": 0.0}), {"sit_still", name}, 0.1)
    assert state.name == name
    assert next_hint(state, {"sit_still"}, 1.2).name == "sit_still"


def test_what_is_not_in_the_list() -> None:
    with pytest.raises(KeyError, match="stand_up"):
        next_hint(HintState(), ["stand_up"], 0.0)


@given(
    GAUGES,
    st.integers(0, 4),
    st.sampled_from(sorted(CAMERA_STATES)),
    st.lists(st.sampled_from(REASONS), max_size=4),
    NAMES,
)
def test_every_condition_has_its_hint(
    gauges: Gauges | None, faces: int, camera: str, reasons: list[str], holding: frozenset[str]
) -> None:
    found = conditions(gauges, faces, camera, reasons, holding)
    assert found <= HINTS.keys()
    assert ("face_the_camera" in found) <= (gauges is None)
    if camera not in ("running", "opening", "ended"):
        assert camera in found


@pytest.mark.parametrize("reason", [r for r in REASONS if r not in ("too_short",)])
def test_every_reason_is_hinted_at(reason: str) -> None:
    face = None if reason in ("no_face", "face_lost") else GOOD
    assert conditions(face, 1, "running", [reason])


GOOD = Gauges(0.3, 190, 0.05, 120.0, 0.0, 0.05, 0.3)


def test_a_good_face_needs_no_hint() -> None:
    assert not conditions(GOOD, 1, "running", [])
    assert not conditions(GOOD, 1, "running", ["too_short"])


@pytest.mark.parametrize(
    ("field", "name", "bound"),
    [
        ("width", "move_closer", SMALL),
        ("width_px", "move_closer", FEW_PIXELS),
        ("width", "move_back", LARGE),
        ("aside", "center", ASIDE),
        ("brightness", "more_light", DIM),
        ("dark", "more_light", BLACK),
        ("overexposed", "less_light", GLARE),
        ("motion", "sit_still", RESTLESS),
    ],
)
def test_a_condition_ends_later_than_it_begins(field: str, name: str, bound: Bound) -> None:
    between = (bound.begins + bound.ends) / 2
    gauges = Gauges(**{**vars(GOOD), field: between})
    assert name not in conditions(gauges, 1, "running", [])
    assert name in conditions(gauges, 1, "running", [], frozenset({name}))
    beyond = bound.begins + (bound.begins - bound.ends) / 2
    assert name in conditions(Gauges(**{**vars(GOOD), field: beyond}), 1, "running", [])
