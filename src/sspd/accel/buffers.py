"""Memory for pictures, taken again when nobody holds what was in it."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from math import prod
from mmap import ACCESS_COPY, mmap
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

#: Maps shape and dtype to an array of undefined values, as `numpy.empty` does.
Allocator = Callable[[tuple[int, ...], DTypeLike], NDArray[Any]]
#: How many places are kept that nobody uses: a pool does not stay as large as it ever was.
SPARE = 4


def recycling_allocator() -> Allocator:
    """Begin a pool, for who makes arrays of one size one after the other and passes them on.

    Memory that was in use a moment ago lies in the processor's cache; new memory is cleared
    by the system first. What an array took is taken again once it and all views of it are
    gone, whichever thread drops the last one. It lies outside of the heap, where so large
    things leave gaps.

    Returns
    -------
    callable
        See `Allocator`; one thread at a time takes.

    Examples
    --------
    >>> take = recycling_allocator()
    >>> first = take((2, 3), np.uint8)
    >>> where = first.ctypes.data
    >>> del first
    >>> take((2, 3), np.uint8).ctypes.data == where
    True
    """
    free: list[mmap] = []

    def give_back(block: mmap) -> None:
        if len(free) < SPARE:
            free.append(block)

    def take(shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        size = prod(shape) * np.dtype(dtype).itemsize
        if not size:
            return np.empty(shape, dtype)
        block = free.pop() if free else None
        if block is None or len(block) != size:
            block = mmap(-1, size, access=ACCESS_COPY)
        array = np.frombuffer(block, dtype)  # which views of it, and of those, hold
        weakref.finalize(array, give_back, block).atexit = False
        return array.reshape(shape)

    return take
