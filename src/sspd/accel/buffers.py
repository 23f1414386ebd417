"""Arrays whose memory is used again as soon as nobody holds them."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from math import prod
from mmap import ACCESS_COPY, mmap
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from sspd.accel.switch import enabled

#: Maps shape and dtype to an array of undefined values, as `numpy.empty` does.
Allocator = Callable[[tuple[int, ...], DTypeLike], NDArray[Any]]
#: Number of unused blocks that are kept; others are freed.
SPARE = 4


def recycling_allocator() -> Allocator:
    """Return an allocator for arrays of one size that are made one after the other.

    Memory that was in use a moment ago lies in the processor's cache; new memory is cleared
    by the system first. A block is used again once its array and all views of it are gone,
    whichever thread drops the last one. Blocks lie outside of the heap, where arrays so large
    leave gaps. With tricks off (`sspd.accel.switch`) it is `numpy.empty`.

    Returns
    -------
    callable
        See `Allocator`; one thread at a time calls it.

    Examples
    --------
    >>> allocate = recycling_allocator()
    >>> allocate((2, 3), np.uint8).shape
    (2, 3)
    """
    if not enabled():
        return lambda shape, dtype: np.empty(shape, dtype)
    free: list[mmap] = []

    def release(block: mmap) -> None:
        if len(free) < SPARE:
            free.append(block)

    def allocate(shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        size = prod(shape) * np.dtype(dtype).itemsize
        if not size:
            return np.empty(shape, dtype)
        block = free.pop() if free else None
        if block is None or len(block) != size:
            block = mmap(-1, size, access=ACCESS_COPY)
        array = np.frombuffer(block, dtype)  # which views of it, and of those, hold
        weakref.finalize(array, release, block).atexit = False
        return array.reshape(shape)

    return allocate
