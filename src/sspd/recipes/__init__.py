"""Settings as data, each with its source: of the paper, of the released code, and ours."""

from sspd.recipes.network import NetworkSpec, PyramidSpec
from sspd.recipes.recipe import PRECISIONS, LossSpec, Precision, Recipe, ViewSpec
from sspd.recipes.table import RECIPES, get_recipe

__all__ = [
    "PRECISIONS",
    "RECIPES",
    "LossSpec",
    "NetworkSpec",
    "Precision",
    "PyramidSpec",
    "Recipe",
    "ViewSpec",
    "get_recipe",
]
