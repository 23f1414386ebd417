"""Settings as data, each with its source: of the paper, of the released code, and ours."""

from sspd.recipes.baseline import BaselineRecipe, BaselineSpec
from sspd.recipes.baselines import BASELINES, TRAINED_METHODS, get_baseline
from sspd.recipes.network import NetworkSpec, PyramidSpec
from sspd.recipes.recipe import PRECISIONS, LossSpec, Precision, Recipe, ViewSpec
from sspd.recipes.table import RECIPES, find_recipe, get_recipe

__all__ = [
    "BASELINES",
    "PRECISIONS",
    "RECIPES",
    "TRAINED_METHODS",
    "BaselineRecipe",
    "BaselineSpec",
    "LossSpec",
    "NetworkSpec",
    "Precision",
    "PyramidSpec",
    "Recipe",
    "ViewSpec",
    "find_recipe",
    "get_baseline",
    "get_recipe",
]
