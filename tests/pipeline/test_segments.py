from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator

import numpy as np
import pytest

from helpers.beating_faces import beating
from sspd.face.identity import MAX_FACES
from sspd.methods import Method
from sspd.pipeline.by_face import by_face
from sspd.pipeline.executor import Buffers
from sspd.pipeline.segments import run_segments
from sspd.types import Box, FaceSegment, Frames, FrameStats, Signal
from sspd.vitals.acceptance import still_scene


def mean(faces: Iterable[Frames]) -> Signal | None:
    """The mean level of each picture."""
    levels = [piece.rgb.mean(axis=(1, 2, 3)) for piece in faces]
    return Signal(np.concatenate(levels), 30.0) if levels else None


METHOD = Method("mean", "", 30.0, 8, mean)


def pieces_of(whole: FaceSegment, face_id: int, stretch: int, n: int = 7) -> Iterator[FaceSegment]:
    for k in range(0, len(whole.faces), n):
        faces = Frames(whole.faces.rgb[k : k + n], whole.faces.t[k : k + n], 65280)
        frame_stats = still_scene(faces.t)
        end_s = float(faces.t[-1]) + 1 / 30
        yield FaceSegment(
            float(faces.t[0]), end_s, Box(0, 0, 9, 9), faces, frame_stats, face_id, stretch
        )


def segment(start_s: float, seconds: float) -> FaceSegment:
    t = start_s + np.arange(round(30 * seconds)) / 30
    return beating(t, lambda s: np.sin(7 * s))


def test_each_stretch_gets_its_own_waveform_whatever_is_between() -> None:
    wholes = [segment(0.0, 4.0), segment(0.0, 3.0), segment(4.0, 2.0)]
    streams = [pieces_of(wholes[0], 0, 0), pieces_of(wholes[1], 1, 1)]
    mixed: list[FaceSegment] = []
    while streams:
        for stream in list(streams):
            piece = next(stream, None)
            if piece is None:
                streams.remove(stream)
            else:
                mixed.append(piece)
    mixed += pieces_of(wholes[2], 0, 2)
    spent = {"network": 0.0}
    found = run_segments(mixed, METHOD, spent)
    assert [(m.segment.face_id, m.segment.segment_index) for m in found] == [(0, 0), (1, 1), (0, 2)]
    for whole, measured in zip(wholes, found, strict=True):
        assert measured.wave is not None
        np.testing.assert_array_equal(measured.wave.values, whole.faces.rgb.mean(axis=(1, 2, 3)))
        np.testing.assert_array_equal(measured.segment.frame_stats.t, whole.faces.t)
        assert len(measured.segment.faces) == 0
    assert spent["network"] > 0


def test_no_box_no_waveform() -> None:
    empty = Frames(np.empty((0, 8, 8, 3), np.uint16), np.zeros(0), 65280)
    frame_stats = still_scene(np.zeros(0))
    (found,) = run_segments([FaceSegment(0.0, 3.0, None, empty, frame_stats)], METHOD)
    assert found.wave is None
    assert by_face([found]) == [(0, [found])]


def test_what_a_method_raises_is_raised_and_no_thread_is_left() -> None:
    def fails(faces: Iterable[Frames]) -> Signal | None:
        next(iter(faces))
        raise RuntimeError("out of order")

    before = threading.active_count()
    with pytest.raises(RuntimeError, match="out of order"):
        run_segments(pieces_of(segment(0.0, 30.0), 0, 0), Method("bad", "", 30.0, 8, fails))
    assert threading.active_count() == before


def test_what_the_video_raises_is_raised_and_no_thread_is_left() -> None:
    def torn() -> Iterator[FaceSegment]:
        yield next(pieces_of(segment(0.0, 1.0), 0, 0))
        raise ValueError("torn")

    before = threading.active_count()
    with pytest.raises(ValueError, match="torn"):
        run_segments(torn(), METHOD)
    assert threading.active_count() == before


def test_a_method_that_ends_early_is_not_waited_for() -> None:
    some = Method("some", "", 30.0, 8, lambda faces: Signal(next(iter(faces)).t, 30.0))
    (found,) = run_segments(pieces_of(segment(0.0, 20.0), 0, 0), some)
    assert found.wave is not None
    assert len(found.wave) == 7
    assert len(found.segment.frame_stats.t) == 600


def test_a_slow_method_holds_the_video_up() -> None:
    taken, served = 0, 0
    go = threading.Event()

    def slow(faces: Iterable[Frames]) -> Signal | None:
        nonlocal served
        go.wait(10)
        for _ in faces:
            served += 1
        return None

    def video() -> Iterator[FaceSegment]:
        nonlocal taken
        for piece in pieces_of(segment(0.0, 20.0), 0, 0):
            taken += 1
            if taken == 3:
                go.set()  # two lie ready, and the third waits for room
            assert taken <= served + 6
            yield piece

    run_segments(video(), Method("slow", "", 30.0, 8, slow))
    assert served == taken


def test_a_stretch_begins_while_the_one_before_is_still_at_work() -> None:
    second = threading.Event()
    met: list[bool] = []

    def run(faces: Iterable[Frames]) -> Signal | None:
        first = next(iter(faces))
        if first.t[0] > 0:
            second.set()
        list(faces)
        met.append(second.wait(10))
        return Signal(first.t, 30.0)

    parts = [*pieces_of(segment(0.0, 2.0), 0, 0), *pieces_of(segment(2.0, 2.0), 0, 1)]
    found = run_segments(parts, Method("late", "", 30.0, 8, run))
    assert met == [True, True]
    assert [m.wave.values[0] for m in found if m.wave] == [0.0, 2.0]


def test_a_new_stretch_goes_no_further_than_its_beginning_while_the_one_before_ends() -> None:
    asked, too_far = threading.Event(), threading.Event()
    went_on: list[bool] = []

    def run(faces: Iterable[Frames]) -> Signal | None:
        got = list(map(of_the_new, enumerate(faces)))
        if not got[-1]:
            assert asked.wait(10)
            went_on.append(too_far.wait(0.1))
        return None

    def of_the_new(piece: tuple[int, Frames]) -> bool:
        number, faces = piece
        if faces.t[0] >= 2.0 and number == Buffers().lookahead_chunks and not went_on:
            too_far.set()
        return bool(faces.t[0] >= 2.0)

    def video() -> Iterator[FaceSegment]:
        yield from pieces_of(segment(0.0, 2.0), 0, 0)
        for number, piece in enumerate(pieces_of(segment(2.0, 2.0), 0, 1)):
            if number == Buffers().lookahead_chunks:
                asked.set()
            yield piece

    run_segments(video(), Method("late", "", 30.0, 8, run))
    assert went_on == [False]


def test_what_an_ended_stretch_raises_is_raised_before_the_video_is_over() -> None:
    taken = 0

    def fails(faces: Iterable[Frames]) -> Signal | None:
        list(faces)
        raise RuntimeError("out of order")

    def video() -> Iterator[FaceSegment]:
        nonlocal taken
        for k in range(9):
            taken += 1
            yield from pieces_of(segment(float(k), 1.0), 0, k)

    with pytest.raises(RuntimeError, match="out of order"):
        run_segments(video(), Method("bad", "", 30.0, 8, fails))
    assert taken == 2


def test_more_people_than_threads_come_and_go() -> None:
    video = (
        piece
        for k in range(3 * MAX_FACES)
        for piece in pieces_of(segment(float(k), 1.0), face_id=k, stretch=k)
    )
    before = threading.active_count()
    most = 0

    def counted() -> Iterator[FaceSegment]:
        nonlocal most
        for piece in video:
            most = max(most, threading.active_count() - before)
            yield piece

    found = run_segments(counted(), METHOD)
    assert [m.segment.face_id for m in found] == list(range(3 * MAX_FACES))
    assert all(m.wave is not None and len(m.wave) == 30 for m in found)
    assert most <= 2  # those who have left keep no thread


def test_each_faces_stretches_fill_the_video() -> None:
    parts = [
        *pieces_of(segment(0.0, 4.0), 0, 0),
        *pieces_of(segment(0.0, 4.0), 1, 1),
        *pieces_of(segment(4.0, 4.0), 0, 2),
        *pieces_of(segment(8.0, 4.0), 1, 3),
    ]
    faces = dict(by_face(run_segments(parts, METHOD)))
    spans = {
        who: [(round(m.segment.start_s), round(m.segment.end_s), m.wave is None) for m in own]
        for who, own in faces.items()
    }
    assert spans == {
        0: [(0, 4, False), (4, 8, False), (8, 12, True)],
        1: [(0, 4, False), (4, 8, True), (8, 12, False)],
    }
    hole: FrameStats = faces[1][1].segment.frame_stats
    assert hole.t.size == 0
    assert faces[1][1].segment.box is None
