"""Memory for ``sspd train``: reuse freed blocks if there is enough, and warn if there is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sspd.cli.train_data import say

if TYPE_CHECKING:
    from sspd.research.recipes import BaselineRecipe, Recipe


def prepare(recipe: Recipe | BaselineRecipe) -> float:
    """Prepare memory for training, and return the estimated bytes of a step.

    For networks of other papers nothing was measured: it returns 0, and freed memory is kept.

    Parameters
    ----------
    recipe : Recipe or BaselineRecipe

    Returns
    -------
    float
        Bytes.
    """
    from sspd.research.recipes import Recipe
    from sspd.research.train.memory import prepare_memory, step_bytes

    needed = 0.0
    if isinstance(recipe, Recipe):
        half = recipe.precision != "f32"
        needed = step_bytes(recipe.batch, recipe.n_differences, recipe.network.size, half)
    prepare_memory(needed)
    return needed


def warn_of_memory(needed: float, device: str, precision: str) -> None:
    """Warn before a training that needs more memory than the machine has.

    Parameters
    ----------
    needed : float
        Bytes of a step, from `prepare`.
    device, precision : str
        The command's options.
    """
    import torch

    from sspd.research.train.memory import machine_bytes

    available = machine_bytes()
    if needed > available and (device == "cpu" or not torch.cuda.is_available()):
        half = "; --precision bf16 takes half" if precision == "f32" else ""
        say(
            f"a step may take {needed / 1e9:.0f} GB of memory, this machine has"
            f" {available / 1e9:.0f}{half}"
        )
