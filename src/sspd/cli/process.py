"""A process whose threads each do one thing, and hand pictures to each other."""

from __future__ import annotations

import ctypes
import ctypes.util
import gc
import os

#: New objects after which Python looks for rings of them: by itself 700, which was 3 % of a
#: minute's film, most of it while modules are imported and nothing is given up.
_RING_LOOK = 20_000
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


def one_thread_each() -> None:
    """Let small sums and small pictures be worked on where they are; before numpy is imported.

    Decoding, faces and network already run side by side. That libraries split what takes a
    tenth of a millisecond among threads of their own cost 70 changes of thread a picture.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    gc.set_threshold(_RING_LOOK)
    import cv2

    cv2.setNumThreads(1)
