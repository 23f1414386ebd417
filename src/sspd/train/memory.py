"""Memory for training steps: kept from one to the next, in large pages."""

from __future__ import annotations

import ctypes
import ctypes.util
import os

#: Names of glibc's ``mallopt`` (malloc.h).
_M_TRIM_THRESHOLD = -1
_M_MMAP_MAX = -4
#: Where PyTorch looks, once, whether to ask the kernel for huge pages.
_HUGE_PAGES = "THP_MEM_ALLOC_ENABLE"


def prepare_memory() -> bool:
    """Make large blocks of memory cheap, for the whole process; before torch is imported.

    A training step frees and takes the same gigabytes again; by default glibc gives
    each large block back to the kernel, which then clears every page of 4 KiB anew.
    Freed blocks are kept, and torch asks for pages of 2 MiB where the kernel has them
    (a setting of its own, which stays as it is if the user has set it). On two cores the
    first made a step a third faster (``benchmarks/README.md``).

    Returns
    -------
    bool
        False where the C library cannot be told to keep memory.

    Examples
    --------
    >>> prepare_memory() in (True, False)
    True
    """
    os.environ.setdefault(_HUGE_PAGES, "1")
    name = ctypes.util.find_library("c")
    mallopt = getattr(ctypes.CDLL(name), "mallopt", None) if name else None
    if mallopt is None:
        return False
    return bool(mallopt(_M_MMAP_MAX, 0)) and bool(mallopt(_M_TRIM_THRESHOLD, -1))
