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
#: Bytes that a step takes at once for a pixel of its clips: twice what was measured of 12
#: clips in bfloat16.
STEP_BYTES_A_PIXEL = 450
#: What is kept is so much more, since freed blocks leave gaps.
KEPT_SHARE = 1.7
#: How much of the machine's memory a training may fill.
MOST_SHARE = 0.8


def step_bytes(clips: int, frames: int, size: int, half: bool) -> float:
    """What a step of SSPD takes at once, about.

    Parameters
    ----------
    clips, frames, size : int
        Of a batch: clips, their length, and the side of their faces, pixels.
    half : bool
        In half precision.

    Examples
    --------
    >>> round(step_bytes(12, 300, 128, half=True) / 1e9, 1)
    13.3
    """
    return clips * frames * size * size * STEP_BYTES_A_PIXEL / (2 if half else 1)


def machine_bytes() -> int:
    """Memory of the machine, bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def prepare_memory(needed: float = 0.0) -> bool:
    """Make large blocks of memory cheap, for the whole process; before torch is imported.

    A training step frees and takes the same gigabytes again; by default glibc gives
    each large block back to the kernel, which then clears every page of 4 KiB anew.
    Freed blocks are kept, and torch asks for pages of 2 MiB where the kernel has them
    (a setting of its own, which stays as it is if the user has set it). On two cores the
    first made a step a third faster (``benchmarks/README.md``), but kept memory has gaps:
    where a step needs much of the machine's, blocks are given back.

    Parameters
    ----------
    needed : float
        Bytes that a step takes, as `step_bytes` says.

    Returns
    -------
    bool
        Whether freed memory is kept: not where there is too little, nor where the C
        library cannot be told.

    Examples
    --------
    >>> prepare_memory() in (True, False)
    True
    """
    os.environ.setdefault(_HUGE_PAGES, "1")
    if KEPT_SHARE * needed > MOST_SHARE * machine_bytes():
        return False
    name = ctypes.util.find_library("c")
    mallopt = getattr(ctypes.CDLL(name), "mallopt", None) if name else None
    if mallopt is None:
        return False
    return bool(mallopt(_M_MMAP_MAX, 0)) and bool(mallopt(_M_TRIM_THRESHOLD, -1))
