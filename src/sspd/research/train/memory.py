"""Memory for training steps: kept from one to the next, in large pages.

With tricks off (`sspd.accel.switch`) memory comes and goes as the C library has it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from sspd.accel.process import c_function, keep_freed_memory
from sspd.accel.switch import enabled

if TYPE_CHECKING:
    from torch import nn

    from sspd.research.recipes import AnyRecipe

#: Environment variable that PyTorch reads once: whether to ask the kernel for huge pages.
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
    """Return about how much memory a step of SSPD takes at once.

    Parameters
    ----------
    clips : float
        Clips in a batch.
    frames : int
        Length of a clip.
    size : int
        Side of the faces, pixels.
    half : bool
        Whether the networks run in half precision.

    Returns
    -------
    float
        Bytes.

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


def recipe_bytes(recipe: AnyRecipe) -> float:
    """Estimate the memory that one step of a recipe takes, bytes.

    Parameters
    ----------
    recipe : Recipe, BaselineRecipe or StudentRecipe
        Networks of other papers were not measured: 0.

    Returns
    -------
    float

    Examples
    --------
    >>> from sspd.research.recipes import get_recipe
    >>> round(recipe_bytes(get_recipe("paper")) / 1e9, 1)
    26.5
    """
    from sspd.research.recipes import Recipe

    if not isinstance(recipe, Recipe):
        return 0.0
    half = recipe.precision != "f32"
    return step_bytes(recipe.batch, recipe.n_differences, recipe.network.size, half)


def memory_warning(recipe: AnyRecipe, device: str) -> str | None:
    """Return a line where a step may take more memory than this machine has, else None.

    Parameters
    ----------
    recipe : Recipe, BaselineRecipe or StudentRecipe
    device : str
        ``auto``, ``cpu`` or ``cuda``; a CUDA device is not looked at.

    Returns
    -------
    str or None
    """
    import torch

    needed, there_is = recipe_bytes(recipe), machine_bytes()
    if needed <= there_is or (device != "cpu" and torch.cuda.is_available()):
        return None
    half = "; --precision bf16 takes half" if recipe.precision == "f32" else ""
    return (
        f"a step may take {needed / 1e9:.0f} GB of memory, this machine has"
        f" {there_is / 1e9:.0f}{half}"
    )


def machine_bytes() -> int:
    """Return how much memory the machine has, bytes.

    Returns
    -------
    int
    """
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def prepare_memory(needed: float = 0.0) -> bool:
    """Make large blocks of memory cheap for the whole process; before torch is imported.

    A training step frees and allocates the same gigabytes again; by default glibc gives
    each large block back to the kernel, which then clears every page of 4 KiB anew.
    Freed blocks are kept, and torch asks for pages of 2 MiB where the kernel has them
    (a setting of its own, which stays as it is if the user has set it). Kept memory has
    gaps: where a step needs most of the machine's, blocks are given back at once, and where
    it needs half, `hold_memory` gives back the gaps.

    Parameters
    ----------
    needed : float
        Bytes of a step, from `step_bytes`.

    Returns
    -------
    bool
        Whether freed memory is kept: not where there is too little, where the C library has
        no such setting, or with tricks off.

    Examples
    --------
    >>> prepare_memory() in (True, False)
    True
    """
    if not enabled():
        return False
    os.environ.setdefault(_HUGE_PAGES, "1")
    if MENDED_SHARE * needed > MOST_SHARE * machine_bytes():
        return False
    return keep_freed_memory()


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
    if not enabled() or KEPT_SHARE * needed <= MOST_SHARE * machine_bytes():
        return False
    trim, most = c_function("malloc_trim"), HELD_SHARE * machine_bytes()
    if trim is None or not _STATM.exists():
        return False

    def trim_if_large(_: object) -> None:
        if held_bytes() > most:
            trim(0)

    for parameter in network.parameters():
        parameter.register_post_accumulate_grad_hook(trim_if_large)  # type: ignore[no-untyped-call]
    return True


def held_bytes() -> int:
    """Return how much memory the process holds (Linux alone).

    Returns
    -------
    int
        Bytes.
    """
    return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
