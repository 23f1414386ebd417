"""Memory for training steps: reused from one step to the next, in large pages."""

from __future__ import annotations

import ctypes
import ctypes.util
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn

#: Names of glibc's ``mallopt`` (malloc.h).
_M_TRIM_THRESHOLD = -1
_M_MMAP_MAX = -4
#: Environment variable that PyTorch reads once, to ask the kernel for huge pages.
_HUGE_PAGES = "THP_MEM_ALLOC_ENABLE"
#: Peak bytes of a step for each pixel of its clips: twice the value measured for 12 clips in
#: bfloat16.
STEP_BYTES_A_PIXEL = 450
#: Factors on a step's bytes, since freed blocks leave gaps: without and with `hold_memory`.
KEPT_SHARE, MENDED_SHARE = 1.7, 1.45
#: Largest fraction of the machine's memory for a training.
MOST_SHARE = 0.8
#: Gaps are returned to the system above this fraction of it.
HELD_SHARE = 0.5
#: File in which Linux lists the pages of this process.
_STATM = Path("/proc/self/statm")


def step_bytes(clips: float, frames: int, size: int, half: bool) -> float:
    """Estimate the peak memory of one step of SSPD.

    Parameters
    ----------
    clips : float
        Number of clips in a batch.
    frames : int
        Length of a clip.
    size : int
        Height and width of the faces, pixels.
    half : bool
        Whether the networks run in half precision.

    Returns
    -------
    float
        Bytes.

    Examples
    --------
    >>> round(step_bytes(12, 300, 128, half=True) / 1e9, 1)
    13.3
    """
    return clips * frames * size * size * STEP_BYTES_A_PIXEL / (2 if half else 1)


def machine_bytes() -> int:
    """Return the memory of the machine, bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def prepare_memory(needed: float = 0.0) -> bool:
    """Make large blocks of memory cheap for the whole process; call it before importing torch.

    A training step frees and takes the same gigabytes again; by default glibc returns each large
    block to the kernel, which then clears every page of 4 KiB again. Here, freed blocks are kept,
    and torch asks for pages of 2 MiB if the kernel has them (a setting of its own, which stays as
    it is if the user has set it). On two cores, keeping blocks made a step a third faster
    (``benchmarks/README.md``). But kept memory has gaps: if a step needs most of the machine's
    memory, blocks are returned at once, and if it needs half, `hold_memory` returns the gaps.

    Parameters
    ----------
    needed : float
        Bytes of a step, from `step_bytes`.

    Returns
    -------
    bool
        Whether freed memory is kept: False if there is too little memory, or if the C library
        does not support it.

    Examples
    --------
    >>> prepare_memory() in (True, False)
    True
    """
    os.environ.setdefault(_HUGE_PAGES, "1")
    if MENDED_SHARE * needed > MOST_SHARE * machine_bytes():
        return False
    mallopt = _of_libc("mallopt")
    if mallopt is None:
        return False
    return bool(mallopt(_M_MMAP_MAX, 0)) and bool(mallopt(_M_TRIM_THRESHOLD, -1))


def hold_memory(network: nn.Module, needed: float) -> bool:
    """Return gaps of kept memory to the system during the backward pass of a network.

    Kept memory has gaps that the next block does not fit into: 12 clips that need 12 GB would hold
    22. While the process holds more than `HELD_SHARE` of the machine's memory, gaps are returned as
    gradients arrive, at no measurable cost.

    Parameters
    ----------
    network : Module
        The trained network, on the CPU.
    needed : float
        Bytes of a step, from `step_bytes`. With enough memory, nothing is done.

    Returns
    -------
    bool
        Whether memory is watched.

    Examples
    --------
    >>> import torch
    >>> hold_memory(torch.nn.Linear(2, 2), needed=1e6)
    False
    """
    if KEPT_SHARE * needed <= MOST_SHARE * machine_bytes() or not _STATM.exists():
        return False
    trim, most = _of_libc("malloc_trim"), HELD_SHARE * machine_bytes()
    if trim is None:
        return False

    def trim_if_large(_: object) -> None:
        if held_bytes() > most:
            trim(0)

    for parameter in network.parameters():
        parameter.register_post_accumulate_grad_hook(trim_if_large)  # type: ignore[no-untyped-call]
    return True


def held_bytes() -> int:
    """Return the memory that this process holds, bytes (Linux only)."""
    return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _of_libc(name: str) -> Any:
    """Return a function of the C library, or None if it has none of that name."""
    library = ctypes.util.find_library("c")
    return getattr(ctypes.CDLL(library), name, None) if library else None
