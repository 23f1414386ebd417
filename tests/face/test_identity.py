from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sspd.face.identity import MAX_FACES, FaceTracker
from sspd.types import Box


def face(x: float, y: float, side: float = 100.0) -> Box:
    left, top = round(x - side / 2), round(y - side / 2)
    return Box(left, top, left + round(side), top + round(side))


def test_two_people_keep_their_numbers_whoever_is_larger() -> None:
    people = FaceTracker(every=True)
    assert [who for who, _ in people.assign([face(100, 100, 120), face(400, 100)])] == [0, 1]
    found = people.assign([face(405, 110, 130), face(120, 95)])
    assert found == [(0, face(120, 95)), (1, face(405, 110, 130))]


def test_who_comes_in_is_someone_new_and_who_comes_back_is_not() -> None:
    people = FaceTracker(every=True)
    people.assign([face(100, 100)])
    assert people.assign([face(500, 100)])[0][0] == 1
    assert [who for who, _ in people.assign([face(90, 100), face(510, 100)])] == [0, 1]
    assert people.assign([]) == []


def test_one_face_stays_the_same_person() -> None:
    people = FaceTracker(every=False)
    assert people.assign([face(100, 100, 120), face(400, 100)]) == [(0, face(100, 100, 120))]
    # somebody larger appears elsewhere: not our person
    assert people.assign([face(400, 100, 150), face(110, 100)]) == [(0, face(110, 100))]
    # ours has left: the largest
    assert people.assign([face(400, 100, 150)]) == [(0, face(400, 100, 150))]


@given(st.lists(st.tuples(st.integers(0, 999), st.integers(0, 999)), max_size=30), st.booleans())
def test_no_number_twice_and_no_face_twice(places: list[tuple[int, int]], every: bool) -> None:
    people = FaceTracker(every)
    rng = np.random.default_rng(0)
    for _ in range(3):
        boxes = [face(x + rng.integers(-30, 30), y) for x, y in places]
        found = people.assign(boxes)
        assert len({who for who, _ in found}) == len(found)
        assert len(found) == (min(len(boxes), MAX_FACES) if every else min(len(boxes), 1))
        assert all(box in boxes for _, box in found)
