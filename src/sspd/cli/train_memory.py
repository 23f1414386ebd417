"""Memory for ``sspd train``: kept, and told of where there is too little."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sspd.cli.train_data import say

if TYPE_CHECKING:
    from sspd.recipes import BaselineRecipe, Recipe


def prepare(recipe: Recipe | BaselineRecipe) -> float:
    """Bytes that a step takes, about; freed memory is kept from now on.

    Of other papers' networks nothing was measured: 0.
    """
    from sspd.recipes import Recipe
    from sspd.train.memory import prepare_memory, step_bytes

    prepare_memory()
    if not isinstance(recipe, Recipe):
        return 0.0
    half = recipe.precision != "f32"
    return step_bytes(recipe.batch, recipe.n_differences, recipe.network.size, half)


def warn_of_memory(needed: float, device: str, precision: str) -> None:
    """Say beforehand what the system would say by killing the process."""
    import torch

    from sspd.train.memory import machine_bytes

    there_is = machine_bytes()
    if needed > there_is and (device == "cpu" or not torch.cuda.is_available()):
        half = "; --precision bf16 takes half" if precision == "f32" else ""
        say(
            f"a step may take {needed / 1e9:.0f} GB of memory, this machine has"
            f" {there_is / 1e9:.0f}{half}"
        )
