"""Choose a recipe by its name, and change what a call or a command may change of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sspd.errors import UsageError
from sspd.research.recipes.baseline import BaselineRecipe
from sspd.research.recipes.recipe import PRECISIONS, Recipe
from sspd.research.recipes.student import StudentRecipe
from sspd.research.recipes.table import find_recipe

#: A recipe of any kind; a recipe's name, or the recipe itself.
AnyRecipe = Recipe | BaselineRecipe | StudentRecipe
RecipeLike = str | AnyRecipe


def choose_recipe(
    recipe: RecipeLike,
    *,
    steps: int | None = None,
    precision: str | None = None,
    select: str | None = None,
) -> AnyRecipe:
    """Return a recipe with the settings that are given instead of its own.

    Parameters
    ----------
    recipe : str, Recipe, BaselineRecipe or StudentRecipe
        A name of `sspd.research.recipes.find_recipe`, or a recipe of your own.
    steps : int, optional
        Optimizer steps, instead of the recipe's steps or epochs.
    precision : str, optional
        ``f32``, ``bf16`` or ``f16``.
    select : str, optional
        The state that is exported: ``last``, or ``best`` by self-tests without labels.

    Returns
    -------
    Recipe, BaselineRecipe or StudentRecipe

    Raises
    ------
    UsageError
        No such recipe, or a setting that it cannot have.

    Examples
    --------
    >>> choose_recipe("laptop", steps=5).steps
    5
    >>> choose_recipe("laptop", precision="f8")
    Traceback (most recent call last):
        ...
    sspd.errors.UsageError: precision is one of f32, bf16, f16, not 'f8'
    """
    if isinstance(recipe, str):
        recipe = find_recipe(recipe)
    if not isinstance(recipe, AnyRecipe):
        raise UsageError(f"a recipe is a name or a Recipe, not {type(recipe).__name__}")
    changes: dict[str, Any] = {}
    if steps is not None:
        if steps < 1:
            raise UsageError(f"steps must be 1 or more, got {steps}")
        changes |= {"steps": steps, "epochs": None}
    if precision is not None:
        if precision not in PRECISIONS:
            raise UsageError(f"precision is one of {', '.join(PRECISIONS)}, not {precision!r}")
        changes["precision"] = precision
    if select is not None:
        changes["select"] = select
    return replace(recipe, **changes)
