"""Memory for ``sspd train``: kept where there is enough, told of where there is too little."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sspd.cli.train_data import say

if TYPE_CHECKING:
    from sspd.research.recipes import BaselineRecipe, Recipe


def prepare(recipe: Recipe | BaselineRecipe) -> float:
    """Bytes that a step takes, about; freed memory is kept where there is enough.

    Of other papers' networks nothing was measured: 0, and it is kept.
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
    """Say beforehand what the system would say by killing the process."""
    import torch

    from sspd.research.train.memory import machine_bytes

    there_is = machine_bytes()
    if needed > there_is and (device == "cpu" or not torch.cuda.is_available()):
        half = "; --precision bf16 takes half" if precision == "f32" else ""
        say(
            f"a step may take {needed / 1e9:.0f} GB of memory, this machine has"
            f" {there_is / 1e9:.0f}{half}"
        )
