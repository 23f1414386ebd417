"""A session: the same result however frames come, updates in time, and an end to its threads."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest

import sspd
from helpers.beating_faces import SKIN_BOX, beating_frames
from sspd.errors import SourceError, UsageError
from sspd.pipeline import Session
from sspd.pipeline.session import UPDATE_S
from sspd.simulation import VideoSpec, simulate
from sspd.types import Box, Frames, MeasureOptions, Update, Vitals

BOX = Box(60, 20, 220, 220)
SPEC = VideoSpec(seed=4, duration_s=14.0, hr_bpm=72.0, width=280, height=240, face_px=150)
METHODS = ("pos", "sspd")


@pytest.fixture(scope="module")
def video() -> Frames:
    chunks = list(simulate(SPEC))
    return Frames(
        np.concatenate([chunk.rgb for chunk in chunks]), np.concatenate([c.t for c in chunks])
    )


def pushed(
    video: Frames, n: int, method: str, updates: bool = True
) -> tuple[list[Update], list[Vitals]]:
    options = MeasureOptions(method=method, box=BOX, window_s=10.0)
    with Session(options, updates=updates) as session:
        found: list[Update] = []
        for k in range(0, len(video), n):
            found += session.push(Frames(video.rgb[k : k + n], video.t[k : k + n]))
        return found, list(session.close())


def told(vitals: Vitals) -> tuple[object, ...]:
    assert vitals.signal is not None
    return (vitals.windows, vitals.reasons, vitals.signal.values.tobytes(), vitals.faces)


def told_of(update: Update) -> tuple[object, ...]:
    values = b"" if update.signal is None else update.signal.values.tobytes()
    return (update.time_s, update.window, update.reasons, update.hint, update.box, values)


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_frames_may_come_one_seven_or_a_thousand_at_a_time(method: str, video: Frames) -> None:
    updates, (one,) = pushed(video, 1, method)
    for n in (7, 1000):
        others, (vitals,) = pushed(video, n, method)
        assert told(vitals) == told(one)
        assert [told_of(u) for u in others] == [told_of(u) for u in updates]
    _, (fast,) = pushed(video, 7, method, updates=False)
    assert told(fast) == told(one)
    assert one.hr_bpm == pytest.approx(72, abs=2)


@pytest.mark.slow
def test_measure_is_a_drained_session(video: Frames) -> None:
    fs = 1 / float(np.median(np.diff(video.t)))
    whole = sspd.measure(video.rgb, timestamps_s=video.t, method="pos", box=BOX, window_s=10.0)
    _, (vitals,) = pushed(video, 5, "pos")
    assert (vitals.windows, vitals.hrv) == (whole.windows, whole.hrv)
    *updates, last = sspd.stream(
        iter(video.rgb), timestamps_s=video.t, method="pos", box=BOX, window_s=10.0
    )
    assert last.final
    assert last.vitals is not None
    assert last.vitals.windows == whole.windows
    assert last.hr_bpm == whole.hr_bpm
    assert not any(update.final for update in updates)
    assert fs == pytest.approx(30, rel=0.02)


@pytest.mark.slow
def test_updates_come_once_a_second_and_in_time(video: Frames) -> None:
    with Session(MeasureOptions(method="pos", box=BOX, window_s=10.0)) as session:
        came: list[tuple[float, Update]] = []
        for k in range(len(video)):
            frame = Frames(video.rgb[k : k + 1], video.t[k : k + 1])
            came += [(float(frame.t[0]), update) for update in session.push(frame)]
        (vitals,) = session.close()
    times = [update.time_s for _, update in came]
    assert len(came) == int(SPEC.duration_s) - 1 or len(came) == int(SPEC.duration_s)
    assert np.diff(times) == pytest.approx(UPDATE_S, abs=0.05)
    assert all(at_s == update.time_s for at_s, update in came)
    early, late = came[2][1], came[-1][1]
    assert early.reasons == ("too_short",)
    assert early.hint
    assert late.hr_bpm == pytest.approx(72, abs=3)
    assert late.hint is None
    assert 0 <= (late.confidence or 0) <= 1 or late.confidence is None
    # the waveform is told once, up to a second ago at most, and the end of it with the vitals
    ends = [u.signal.t[-1] for _, u in came if u.signal is not None]
    assert ends == sorted(set(ends))
    assert times[-1] - ends[-1] < 1.0
    assert vitals.signal is not None
    assert len(vitals.signal) > sum(len(u.signal) for _, u in came if u.signal is not None)


@pytest.mark.slow
def test_a_networks_waveform_is_told_block_by_block(video: Frames) -> None:
    updates, _ = pushed(video, 16, "sspd")
    signals = [update.signal for update in updates if update.signal is not None]
    assert signals
    for before, after in pairwise(signals):
        assert after.t[0] - before.t[-1] == pytest.approx(1 / 30, abs=1e-6)
    reach = [u.time_s - u.signal.t[-1] for u in updates if u.signal is not None]
    assert max(reach) < 2.0


def test_without_a_face_an_update_says_so() -> None:
    wall = Frames(np.full((90, 48, 64, 3), 90, np.uint8), np.arange(90) / 30)
    with Session(MeasureOptions(method="pos")) as session:
        updates = session.push(wall)
        (vitals,) = session.close()
    assert [update.reasons for update in updates] == [("no_face",)] * 2
    assert all(update.hint and update.box is None for update in updates)
    assert vitals.reasons == ("no_face",)


def test_only_the_span_that_was_asked_for_is_measured(video: Frames) -> None:
    options = MeasureOptions(method="pos", box=BOX, start_s=2.0, end_s=11.0)
    with Session(options) as session:
        session.push(video)
        (vitals,) = session.close()
    assert vitals.faces[0].start_s == pytest.approx(2.0, abs=0.05)
    assert vitals.faces[-1].end_s == pytest.approx(11.0, abs=0.05)


def test_a_closed_session_takes_nothing_more(video: Frames) -> None:
    some = Frames(video.rgb[:30], video.t[:30])
    session = Session(MeasureOptions(method="pos", box=BOX))
    session.push(some)
    session.close()
    with pytest.raises(UsageError, match="closed; begin another"):
        session.push(some)
    with pytest.raises(UsageError, match="closed"):
        session.close()
    with pytest.raises(SourceError, match="frames: holds no frames from 0 s on"):
        Session(MeasureOptions(method="pos")).close()


def test_frames_that_do_not_follow_are_refused_and_no_thread_is_left(video: Frames) -> None:
    before = threading.active_count()
    some = Frames(video.rgb[:30], video.t[:30])
    bad = {
        "timestamps must rise": some,
        "64x48 pixels follow frames of 280x240": Frames(
            np.zeros((1, 48, 64, 3), np.uint8), np.array([5.0])
        ),
        "does not lie inside": None,
    }
    for words, frames in bad.items():
        box = BOX if frames is not None else Box(0, 0, 900, 900)
        session = Session(MeasureOptions(method="pos", box=box))
        with pytest.raises(UsageError, match=words):
            session.push(some)
            session.push(frames or some)
        with pytest.raises(UsageError, match="closed"):
            session.close()
    assert threading.active_count() == before


def test_what_came_before_an_error_of_an_iterable_is_measured(video: Frames) -> None:
    def torn() -> Iterator[np.ndarray]:
        yield from video.rgb[:300]
        raise ValueError("cable pulled")

    vitals = sspd.measure(torn(), timestamps_s=video.t, method="pos", box=BOX)
    assert vitals.hr_bpm == pytest.approx(72, abs=2)
    assert any("ended after 10.0 s with ValueError: cable pulled" in w for w in vitals.warnings)

    def dead() -> Iterator[np.ndarray]:
        raise OSError("no camera")
        yield

    with pytest.raises(SourceError, match="at its beginning with OSError: no camera"):
        sspd.measure(dead(), fs=30.0, method="pos")


def test_a_stream_that_is_left_ends_its_threads(video: Frames) -> None:
    before = threading.active_count()
    updates = sspd.stream(iter(video.rgb), timestamps_s=video.t, method="pos", box=BOX)
    next(updates)
    updates.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before


@pytest.mark.slow
def test_every_face_has_its_own_updates() -> None:
    chunks = list(simulate(SPEC))
    rgb = np.concatenate([chunk.rgb for chunk in chunks])[:150]
    two = np.concatenate([rgb, rgb[:, :, ::-1]], axis=2)
    updates = list(sspd.stream(iter(two), fs=30.0, method="pos", every_face=True))
    finals = [update for update in updates if update.final]
    assert {update.face_id for update in finals} == {0, 1}
    at_3_s = [update.face_id for update in updates if update.time_s == pytest.approx(3.0)]
    assert sorted(at_3_s) == [0, 1]


def test_a_session_that_nobody_closes_does_not_keep_the_process_from_its_end() -> None:
    code = (
        "import numpy as np, sspd\n"
        "left = sspd.Session(sspd.MeasureOptions(method='pos', box=sspd.Box(0, 0, 64, 64)))\n"
        "left.push(sspd.Frames(np.full((60, 64, 64, 3), 120, np.uint8), np.arange(60) / 30))\n"
        "print('pushed')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "pushed\n", "")


@pytest.mark.slow
def test_a_long_session_keeps_its_last_minutes() -> None:
    """What is older is forgotten, and the result says so."""
    t = np.arange(15 * 65) / 15
    options = MeasureOptions(method="pos", box=SKIN_BOX)
    with Session(options, keep_s=30.0, updates=False) as session:
        for k in range(0, len(t), 15):
            part = t[k : k + 15]
            session.push(Frames(beating_frames(part, 1.2), part))
        (vitals,) = session.close()
    assert [round(span.start_s) for span in vitals.faces] == [30, 60]
    assert vitals.signal is not None
    assert vitals.signal.start_s == pytest.approx(30.0, abs=0.1)
    assert any("only its last 0.5 minutes" in line for line in vitals.warnings)
    assert vitals.windows[0].start_s == pytest.approx(30.0, abs=0.1)
