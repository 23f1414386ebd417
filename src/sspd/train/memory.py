"""Keeping the memory of one step for the next."""

from __future__ import annotations

import ctypes
import ctypes.util

#: Names of glibc's ``mallopt`` (malloc.h).
_M_TRIM_THRESHOLD = -1
_M_MMAP_MAX = -4


def keep_freed_memory() -> bool:
    """Tell the C library to keep what is freed, for the whole process.

    A training step frees and takes the same gigabytes again; by default glibc gives
    each large block back to the kernel, which then clears every page anew. Keeping
    them made a step on two cores a third faster (``benchmarks/train_step.py``).

    Returns
    -------
    bool
        False where the C library has no such setting; nothing is changed then.

    Examples
    --------
    >>> keep_freed_memory() in (True, False)
    True
    """
    name = ctypes.util.find_library("c")
    mallopt = getattr(ctypes.CDLL(name), "mallopt", None) if name else None
    if mallopt is None:
        return False
    return bool(mallopt(_M_MMAP_MAX, 0)) and bool(mallopt(_M_TRIM_THRESHOLD, 2**31 - 1))
