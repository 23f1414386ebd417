"""Phases: a rate is shown only where two updates accepted it, and it is fresh."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sspd.live.phases import (
    LOST_S,
    PHASE_WORDS,
    PHASES,
    RECOVER_S,
    STEADY_BPM,
    Phase,
    Seen,
    next_phase,
)
from sspd.pipeline.drain import OLDEST_S

MOMENTS = st.lists(
    st.tuples(
        st.floats(0.02, 4.0),
        st.booleans(),
        st.booleans(),
        st.booleans(),
        st.none() | st.floats(40, 200) | st.just(72.0),
    ),
    max_size=40,
)


def _run(moments: list[tuple[float, bool, bool, bool, float | None]]) -> list[tuple[Seen, Phase]]:
    phase, time_s, found = Phase(), 0.0, []
    for step_s, frames, face, is_update, rate_bpm in moments:
        time_s += step_s
        seen = Seen(time_s, frames, face, is_update, rate_bpm if is_update else None)
        phase = next_phase(phase, seen)
        found.append((seen, phase))
    return found


@given(MOMENTS)
def test_a_rate_is_shown_only_if_two_updates_accepted_it(
    moments: list[tuple[float, bool, bool, bool, float | None]],
) -> None:
    updates: list[Seen] = []
    for seen, phase in _run(moments):
        assert phase.name in PHASES
        updates += [seen] if seen.is_update else []
        shown_bpm = phase.shown_bpm(seen.time_s)
        if shown_bpm is None:
            continue
        before, last = updates[-2:]
        assert last.rate_bpm == shown_bpm
        assert before.rate_bpm is not None
        assert abs(before.rate_bpm - shown_bpm) <= STEADY_BPM
        assert seen.time_s - last.time_s < OLDEST_S
        assert seen.frames


@given(MOMENTS)
def test_what_is_done_stays_done(
    moments: list[tuple[float, bool, bool, bool, float | None]],
) -> None:
    states = _run(moments)
    phase = states[-1][1] if states else Phase()
    time_s = states[-1][0].time_s if states else 0.0
    done = next_phase(phase, Seen(time_s + 1, over=True))
    assert done.name == "done"
    assert done.shown_bpm(time_s + 1) is None
    assert next_phase(done, Seen(time_s + 2, True, True, True, 72.0)) == done


@given(MOMENTS)
def test_good_frames_lead_to_tracking_from_anywhere(
    moments: list[tuple[float, bool, bool, bool, float | None]],
) -> None:
    states = _run(moments)
    phase = states[-1][1] if states else Phase()
    time_s = states[-1][0].time_s if states else 0.0
    for k in range(3):
        phase = next_phase(phase, Seen(time_s + k + 1, True, True, True, 72.0))
    assert phase.name == "tracking"
    assert phase.shown_bpm(time_s + 3) == 72.0


def _names(phase: Phase, *moments: Seen) -> list[str]:
    names = []
    for seen in moments:
        phase = next_phase(phase, seen)
        names.append(phase.name)
    return names


def test_an_ordinary_session() -> None:
    rate = {"is_update": True, "rate_bpm": 70.0}
    assert _names(
        Phase(),
        Seen(0.0, frames=False, face=False),
        Seen(0.5, face=False),
        Seen(2.0),
        Seen(3.0, is_update=True),
        Seen(9.0, **rate),
        Seen(10.0, **rate),
        Seen(11.0, **rate),
        Seen(12.0, over=True),
    ) == [
        *("idle", "searching", "warming_up", "warming_up", "warming_up"),
        *("tracking", "tracking", "done"),
    ]


def test_a_lost_face_is_waited_for() -> None:
    tracking = Phase("tracking", 10.0, 20.0, 70.0, 20.0)
    gone = [Seen(20.0 + s, face=False) for s in (0.5, LOST_S + 0.1, 5.0, 5.0 + RECOVER_S)]
    assert _names(tracking, *gone) == ["tracking", "recovering", "recovering", "searching"]
    again = [Seen(22.0, face=False), Seen(24.0), Seen(22.0 + RECOVER_S + 0.1)]
    assert _names(tracking, *again) == ["recovering", "recovering", "warming_up"]


def test_a_camera_that_fails_ends_the_rate_at_once() -> None:
    tracking = Phase("tracking", 10.0, 20.0, 70.0, 20.0)
    phase = next_phase(tracking, Seen(20.2, frames=False))
    assert (phase.name, phase.shown_bpm(20.2)) == ("recovering", None)


def test_every_phase_has_words() -> None:
    assert tuple(PHASE_WORDS) == PHASES
