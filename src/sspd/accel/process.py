"""A process of our own, whose threads each do one thing and hand pictures to each other."""

from __future__ import annotations

import atexit
import ctypes
import gc
import os
import sys
from typing import Any

#: New objects after which Python looks for rings of them. By itself it does so every 700,
#: which took 3 % of a minute's video, most of it while modules are imported.
_RING_LOOK = 20_000
#: Names of glibc's ``mallopt`` (malloc.h).
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
#: Blocks of more bytes lie outside of the heap (a picture of 4K does not: its new pages each
#: time would take as long as decoding), a heap's end of more goes back to the system at once.
_LARGE, _MUCH = 32 << 20, 64 << 20


def tune_process() -> bool:
    """Make this process one that measures videos; before numpy is imported.

    For commands and their workers, not for libraries: the whole process obeys.

    - One heap: glibc gives each thread one of its own, pictures are taken in one thread and
      given back in another, and each heap keeps its worst moment (`trim_heap`).
    - No threads for small things: decoding, faces and network run side by side as it is.
      That libraries split what takes a tenth of a millisecond cost 70 changes of thread a
      picture.
    - No looking for rings of objects at the end, when all memory goes anyway: that took
      0.2 s. What is left open then is not closed: who writes a file closes it.

    Returns
    -------
    bool
        Whether the C library could be told of the heap.

    Examples
    --------
    >>> tune_process()  # doctest: +SKIP
    True
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    gc.set_threshold(_RING_LOOK)
    atexit.register(gc.freeze)
    mallopt = _of_c_library("mallopt")
    heap = ((_M_ARENA_MAX, 1), (_M_MMAP_THRESHOLD, _LARGE), (_M_TRIM_THRESHOLD, _MUCH))
    told = mallopt is not None and min(mallopt(name, value) for name, value in heap) == 1
    import cv2

    cv2.setNumThreads(1)
    return told


def trim_heap() -> bool:
    """Give the system back what is free between things in use (glibc's ``malloc_trim``).

    A heap keeps the gaps of its worst moment. Takes some milliseconds, and who wants that
    memory again pays for it: for the end of a large work, twice a minute or so.

    Returns
    -------
    bool
        Whether any was given back.

    Examples
    --------
    >>> trim_heap() in (True, False)
    True
    """
    trim = _of_c_library("malloc_trim")
    return trim is not None and bool(trim(0))


def _of_c_library(name: str) -> Any:
    """A function of glibc; None where the system has another."""
    if sys.platform != "linux":
        return None
    return getattr(ctypes.CDLL(None), name, None)
