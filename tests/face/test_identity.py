from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sspd.face.identity import MAX_FACES, FaceTracker, _distance
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


def test_people_in_a_row_who_lean_to_one_side_are_not_exchanged() -> None:
    people = FaceTracker(every=True)
    people.assign([face(100 * k, 100) for k in range(5)])
    leaning = [face(100 * k + 60, 100, 101) for k in range(5)]  # nearer to their neighbours
    found = people.assign(leaning[::-1])
    assert found == list(enumerate(leaning))


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


@given(st.lists(st.tuples(st.integers(0, 250), st.integers(60, 140)), min_size=1, max_size=5))
def test_pairs_are_the_best_of_all_ways(places: list[tuple[int, int]]) -> None:
    """The slow version: every way to pair two looks."""
    before = [face(60 * k, 100, 80 + 5 * k) for k in range(4)]
    after = [face(x, 100, side) for x, side in places]
    people = FaceTracker(every=True)
    people.assign(before)
    found = {who: box for who, box in people.assign(after) if who < len(before)}
    told = (len(found), sum(_distance(before[who], box) or 0.0 for who, box in found.items()))
    ways = []
    for order in itertools.permutations([*range(len(after)), *[None] * len(before)], len(before)):
        pairs = [(before[i], after[k]) for i, k in enumerate(order) if k is not None]
        costs = [_distance(one, other) for one, other in pairs]
        if None not in costs:
            ways.append((len(costs), sum(each for each in costs if each is not None)))
    best = max(ways, key=lambda way: (way[0], -way[1]))
    assert told[0] == best[0]
    np.testing.assert_allclose(told[1], best[1], atol=1e-9)
