"""The recipes of SSPD by name."""

from __future__ import annotations

from dataclasses import replace

from sspd.errors import UsageError
from sspd.models.spec import NetworkSpec, PyramidSpec
from sspd.research.recipes.baseline import BaselineRecipe
from sspd.research.recipes.baselines import BASELINES
from sspd.research.recipes.disturbance import Disturbance
from sspd.research.recipes.recipe import LossSpec, Recipe, ViewSpec
from sspd.research.recipes.student import STUDENTS, StudentRecipe

#: Wide enough for 200 beats per minute; the paper's 0.5-3 Hz ends at 180.
WIDE_BAND_HZ = (0.5, 3.7)

#: Sizes that a webcam's own noise and a call's codec have in a face of 128 pixels.
DISTURBANCE = Disturbance(light_percent=0.6, noise_levels=2.0, block_levels=0.7, blur_px=1.0)

PAPER = Recipe(
    name="paper",
    source="SSPD, Sec. III and IV-B",
    select="last",
)

VIPL_HR = Recipe(
    name="paper-vipl-hr",
    source="SSPD, Sec. IV-D1: a slower target for the larger data set",
    momentum_start=0.99,
    select="last",
)

VIPL_160 = replace(
    VIPL_HR,
    name="paper-vipl-160",
    source="SSPD, Table II, SSPD-L3-160: `paper-vipl-hr` on clips of 160 frames, for windows of as"
    " many",
    clip_s=160 / 30,
)

RELEASED = Recipe(
    name="released",
    source="the authors' public code, commit 7c0b6b8",
    network=NetworkSpec(
        fs=30.0,
        colour="bgr",
        pyramid=PyramidSpec(divisor="tokens", projection_tanh=True, residual="nearest"),
    ),
    loss=LossSpec(
        reading="released", rpd_weight=0.5, tspd_weight=0.5, sd_weight=0.5, snr_weight=0.2
    ),
    views=ViewSpec(crop_anchor="corner", mask_shape="pixel"),
    epochs=30,
    precision="f16",
    select="last",
)

LAPTOP = Recipe(
    name="laptop",
    source="ours: from the shipped weights on; the paper's loss, but for the 0 Hz of L_SNR, on"
    " clips and batches that two cores can train in an hour, with heads held still",
    network=NetworkSpec(fs=30.0, follow=True, pyramid=PyramidSpec()),
    loss=LossSpec(band_hz=WIDE_BAND_HZ, snr_counts_dc=False),
    clip_s=5.0,
    batch=4,
    epochs=None,
    steps=150,
    precision="bf16",
    init="shipped",
)

SHIPPED_RECIPE = replace(
    LAPTOP,
    name="shipped",
    source="ours: `laptop` from nothing, for longer, with a rate that falls; the first part of"
    " the weights of the package",
    steps=300,
    warmup_steps=5,
    rate_schedule="cosine",
    init="nothing",
)

FURTHER = replace(
    SHIPPED_RECIPE,
    name="further",
    source="ours: on from weights at hand with three times the clips a step, on a GPU in two"
    " minutes; the last part of the weights of the package",
    batch=12,
    steps=400,
    init="shipped",
)

SCENES = replace(
    SHIPPED_RECIPE,
    name="scenes",
    source="ours: on from weights at hand, on whole scenes (`sspd simulate --preset train`), with"
    " the 0 Hz of L_SNR counted, and views that differ in light, noise, sharpness and coding, so"
    " that what they share is the pulse",
    loss=LossSpec(band_hz=WIDE_BAND_HZ),
    views=ViewSpec(disturbance=DISTURBANCE),
    learning_rate=5e-4,
    init="shipped",
    select="last",
)

ABLATION = replace(
    LAPTOP,
    name="ablation",
    source="ours: `laptop` from nothing on faces of 96 with the 0 Hz of L_SNR counted, so short"
    " that the grids of Tables V to VIII can be run on two cores",
    network=NetworkSpec(fs=30.0, size=96, follow=True, pyramid=PyramidSpec()),
    crop_px=113,
    loss=LossSpec(band_hz=WIDE_BAND_HZ),
    steps=40,
    init="nothing",
    select="last",
)

_ALL = (PAPER, VIPL_HR, VIPL_160, RELEASED, LAPTOP, SHIPPED_RECIPE, FURTHER, SCENES, ABLATION)
RECIPES = {recipe.name: recipe for recipe in _ALL}


def get_recipe(name: str) -> Recipe:
    """Return the recipe with this name.

    Parameters
    ----------
    name : str
        A name of `RECIPES`.

    Returns
    -------
    Recipe

    Raises
    ------
    UsageError
        There is no such recipe; the message lists all of them.

    Examples
    --------
    >>> get_recipe("paper").batch
    12
    """
    if name not in RECIPES:
        raise UsageError(f"no recipe is called {name!r}; there are {', '.join(sorted(RECIPES))}")
    return RECIPES[name]


def find_recipe(name: str) -> Recipe | BaselineRecipe | StudentRecipe:
    """Return the recipe with this name: of SSPD, of another paper, or of a small network.

    Parameters
    ----------
    name : str
        A name of `RECIPES`, `BASELINES` or `STUDENTS`.

    Returns
    -------
    Recipe, BaselineRecipe or StudentRecipe

    Raises
    ------
    UsageError
        There is no such recipe; the message lists all of them.

    Examples
    --------
    >>> find_recipe("laptop").batch, find_recipe("physnet").batch
    (4, 2)
    """
    if name in BASELINES:
        return BASELINES[name]
    if name in STUDENTS:
        return STUDENTS[name]
    if name not in RECIPES:
        known = sorted([*RECIPES, *BASELINES, *STUDENTS])
        raise UsageError(f"no recipe is called {name!r}; there are {', '.join(known)}")
    return RECIPES[name]
