from __future__ import annotations

from threading import Thread
from typing import Any

import hypothesis.strategies as st
import numpy as np
from hypothesis import given
from numpy.typing import NDArray

from sspd.accel.buffers import SPARE, recycling_allocator


@given(st.lists(st.integers(-6, 4), max_size=60))
def test_what_is_held_is_never_taken_again(moves: list[int]) -> None:
    """Above 0: take an array with so many rows and keep a view; else let go of one."""
    take = recycling_allocator()
    held: list[tuple[NDArray[Any], int]] = []
    for number, move in enumerate(moves):
        if move > 0:
            array = take((move, 5, 3), np.uint16)
            array[:] = number
            held.append((array[move // 2 :, 1::2].transpose(2, 0, 1)[0], number))
            del array
        elif held:
            held.pop(-move % len(held))
        for view, value in held:
            assert (view == value).all()


def test_one_place_does_for_who_holds_one_at_a_time() -> None:
    take = recycling_allocator()
    places = set()
    for _ in range(9):
        array = take((4, 7), np.float32)
        assert array.shape == (4, 7) and array.dtype == np.float32 and array.flags.writeable
        places.add(array.ctypes.data)
        del array
    assert len(places) == 1


def test_another_size_is_another_place() -> None:
    take = recycling_allocator()
    take((8,), np.uint8)
    larger = take((900,), np.uint8)
    larger[:] = 3
    assert larger.size == 900


def test_places_come_back_from_another_thread() -> None:
    take = recycling_allocator()
    given = [take((100,), np.uint8) for _ in range(SPARE)]
    places = {array.ctypes.data for array in given}
    thread = Thread(target=given.clear)
    thread.start()
    thread.join()
    assert {array.ctypes.data for array in [take((100,), np.uint8) for _ in range(SPARE)]} == places


def test_an_array_outlives_its_pool() -> None:
    take = recycling_allocator()
    last = take((1000,), np.uint8)
    last[:] = 7
    del take
    np.full(1000, 9, np.uint8)
    assert (last == 7).all()
