"""Memory of a process whose threads hand pictures to each other."""

from __future__ import annotations

import ctypes
import ctypes.util

#: Name of glibc's ``mallopt`` (malloc.h).
_M_ARENA_MAX = -8


def one_heap() -> bool:
    """Let all threads of this process take memory from one heap; before they start.

    By default glibc gives each thread a heap of its own. Pictures are taken in one thread
    and given back in another, so that each heap keeps its worst moment: an hour of film held
    13 % more than a minute (``benchmarks/README.md``). For commands, not for libraries: the
    whole process obeys.

    Returns
    -------
    bool
        False where the C library cannot be told.

    Examples
    --------
    >>> one_heap() in (True, False)
    True
    """
    name = ctypes.util.find_library("c")
    mallopt = getattr(ctypes.CDLL(name), "mallopt", None) if name else None
    return mallopt is not None and bool(mallopt(_M_ARENA_MAX, 1))
