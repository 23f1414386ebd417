"""Training settings as data, each with its source: the paper, the released code, or our own."""

from sspd.research.recipes.baseline import BaselineRecipe
from sspd.research.recipes.baselines import BASELINES, TRAINED_METHODS, get_baseline
from sspd.research.recipes.choose import AnyRecipe, RecipeLike, choose_recipe
from sspd.research.recipes.disturbance import Disturbance
from sspd.research.recipes.recipe import PRECISIONS, LossSpec, Precision, Recipe, ViewSpec
from sspd.research.recipes.student import STUDENTS, StudentRecipe, StudentViews
from sspd.research.recipes.table import RECIPES, find_recipe, get_recipe

__all__ = [
    "BASELINES",
    "PRECISIONS",
    "RECIPES",
    "STUDENTS",
    "TRAINED_METHODS",
    "AnyRecipe",
    "BaselineRecipe",
    "Disturbance",
    "LossSpec",
    "Precision",
    "Recipe",
    "RecipeLike",
    "StudentRecipe",
    "StudentViews",
    "ViewSpec",
    "choose_recipe",
    "find_recipe",
    "get_baseline",
    "get_recipe",
]
