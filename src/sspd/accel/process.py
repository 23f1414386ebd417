"""The settings of a process that does nothing but measure videos, and its heap."""

from __future__ import annotations

import atexit
import ctypes
import gc
import os
import sys
from typing import Any

from sspd.accel.switch import enabled

#: Names of glibc's ``mallopt`` (malloc.h).
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_MMAP_MAX, _M_ARENA_MAX = -1, -3, -4, -8
#: Larger blocks, bytes, lie outside of the heap (a frame of 4K does not: its new pages each
#: time would take as long as decoding); a larger free end of the heap goes back at once.
_MMAP_BYTES, _TRIM_BYTES = 32 << 20, 64 << 20


def tune_process() -> bool:
    """Tune this process for measuring videos; call it before numpy is imported.

    For the command and its workers alone, never from a library call: the settings are those
    of the whole process. With tricks off (`sspd.accel.switch`) nothing is done.

    - One heap: glibc gives each thread a heap, frames are allocated in one thread and freed in
      another, and each heap keeps its worst moment (`trim_heap`).
    - No threads for small work: decoding, faces and network run side by side anyway, and
      libraries that split a tenth of a millisecond cost 70 switches of thread a frame.
    - No search for reference cycles at exit, when all memory goes anyway: it took 0.2 s. What
      is open then is not closed: whoever writes a file closes it.

    Returns
    -------
    bool
        Whether the C library took the settings of the heap.

    Examples
    --------
    >>> tune_process()  # doctest: +SKIP
    True
    """
    if not enabled():
        return False
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    atexit.register(gc.freeze)
    mallopt = c_function("mallopt")
    heap = ((_M_ARENA_MAX, 1), (_M_MMAP_THRESHOLD, _MMAP_BYTES), (_M_TRIM_THRESHOLD, _TRIM_BYTES))
    taken = mallopt is not None and min(mallopt(name, value) for name, value in heap) == 1
    import cv2

    cv2.setNumThreads(1)
    return taken


def keep_freed_memory() -> bool:
    """Keep all freed memory in this process; before a training, never from a library call.

    Returns
    -------
    bool
        Whether the C library took the settings; False with tricks off.

    Examples
    --------
    >>> keep_freed_memory()  # doctest: +SKIP
    True
    """
    mallopt = c_function("mallopt") if enabled() else None
    if mallopt is None:
        return False
    return bool(mallopt(_M_MMAP_MAX, 0)) and bool(mallopt(_M_TRIM_THRESHOLD, -1))


def trim_heap() -> bool:
    """Return free memory between used blocks to the system (glibc's ``malloc_trim``).

    A heap keeps the gaps of its worst moment. Trimming takes some milliseconds, and memory
    that is wanted again must be cleared again: for the end of a segment, twice a minute or so.

    Returns
    -------
    bool
        Whether any was given back; False with tricks off (`sspd.accel.switch`).

    Examples
    --------
    >>> trim_heap() in (True, False)
    True
    """
    trim = c_function("malloc_trim") if enabled() else None
    return trim is not None and bool(trim(0))


def c_function(name: str) -> Any:
    """Return a function of glibc, or None where the system has another C library.

    Parameters
    ----------
    name : str

    Returns
    -------
    ctypes function or None

    Examples
    --------
    >>> c_function("no_such_function") is None
    True
    """
    if sys.platform != "linux":
        return None
    return getattr(ctypes.CDLL(None), name, None)
