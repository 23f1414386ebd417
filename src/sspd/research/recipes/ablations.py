"""The paper's ablations (Tables V to VIII, Figs. 8 and 9) as changes of a recipe."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import Any

from sspd.errors import UsageError
from sspd.models.spec import PyramidSpec
from sspd.research.recipes.recipe import Recipe

RecipeChange = Callable[[Recipe], Recipe]


@dataclass(frozen=True)
class Cell:
    """One row of an ablation table, or one point of a curve."""

    name: str
    change: RecipeChange
    printed: tuple[float, float, float] | None = None
    """MAE, RMSE and R on UBFC-rPPG as the paper prints them; None: not printed."""
    at: float | None = None
    """For a point of a curve: value of the setting."""


@dataclass(frozen=True)
class Grid:
    """The cells of one table or figure."""

    name: str
    title: str
    cells: tuple[Cell, ...]
    optimum: float | None = None
    """For a curve: the paper's choice."""


def unchanged(recipe: Recipe) -> Recipe:
    """Return the recipe unchanged.

    Parameters
    ----------
    recipe : Recipe

    Returns
    -------
    Recipe
    """
    return recipe


def _loss(recipe: Recipe, /, **changes: Any) -> Recipe:
    return replace(recipe, loss=replace(recipe.loss, **changes))


def _views(recipe: Recipe, /, **changes: Any) -> Recipe:
    return replace(recipe, views=replace(recipe.views, **changes))


def _pyramid(recipe: Recipe, /, **changes: Any) -> Recipe:
    pyramid = replace(recipe.network.pyramid or PyramidSpec(), **changes)
    return replace(recipe, network=replace(recipe.network, pyramid=pyramid))


def _centred(recipe: Recipe) -> Recipe:
    network = replace(recipe.network, input="centred", centre_s=recipe.clip_s)
    return replace(recipe, network=network)


def _tokens(recipe: Recipe, /, size: int) -> Recipe:
    return replace(recipe, network=replace(recipe.network, token_size=size))


def _pixels(recipe: Recipe, /, size: int, crop_px: int) -> Recipe:
    return replace(recipe, network=replace(recipe.network, size=size), crop_px=crop_px)


def _length(recipe: Recipe, /, share: float) -> Recipe:
    frames = 2 * round(recipe.n_differences * share / 2)
    return replace(recipe, clip_s=frames / recipe.network.fs)


def _bare(recipe: Recipe, /, **changes: Any) -> Recipe:
    return replace(_loss(recipe, tspd_weight=0.0, sd_weight=0.0, snr_weight=0.0), **changes)


_DEFAULT = (0.50, 0.71, 0.998)
_NO_RULES = {"sd_weight": 0.0, "snr_weight": 0.0}

_TABLE_V = Grid(
    "v",
    "Table V: distillation and regularisers",
    (
        Cell("w/o TSPD", _bare, (1.26, 3.55, 0.955)),
        # with the stop-gradient, the backbone is never trained; so both are run
        Cell("w/o TSPD, w/o stop-gradient", partial(_bare, stop_gradient=False)),
        Cell("w/o RPD", partial(_loss, rpd_weight=0.0, **_NO_RULES), (1.51, 2.40, 0.981)),
        Cell("L_Distill only", partial(_loss, **_NO_RULES), (0.72, 1.21, 0.991)),
        Cell("w/o L_SD", partial(_loss, sd_weight=0.0), (0.79, 1.36, 0.992)),
        Cell("w/o L_SNR", partial(_loss, snr_weight=0.0), (0.78, 1.14, 0.995)),
        Cell("default", unchanged, _DEFAULT),
    ),
)
_TABLE_VI = Grid(
    "vi",
    "Table VI: augmentation and stop-gradient",
    (
        Cell("w/o LGA", partial(_views, local_view="resize"), (1.09, 2.15, 0.981)),
        Cell("w/o frame difference", _centred, (4.15, 6.10, 0.842)),
        Cell("w/o random masking", partial(_views, mask_ratio=0.0), (0.63, 1.03, 0.995)),
        Cell("w/o stop-gradient", partial(replace, stop_gradient=False), (0.77, 1.13, 0.995)),
        Cell("default", unchanged, _DEFAULT),
    ),
)
_TABLE_VII = Grid(
    "vii",
    "Table VII: the TS block",
    (
        Cell("w/o residual connection", partial(_pyramid, residual="none"), (1.07, 2.13, 0.980)),
        Cell("w/o dot-product attention", partial(_pyramid, attention="none"), (0.81, 1.21, 0.994)),
        Cell("w/o projection", partial(_pyramid, projection=False), (0.55, 0.78, 0.997)),
        Cell("self-attention", partial(_pyramid, attention="softmax"), (0.71, 1.03, 0.995)),
        Cell("single-head", partial(_pyramid, heads=1), (0.69, 1.00, 0.996)),
        Cell("default", unchanged, _DEFAULT),
    ),
)
_TABLE_VIII = Grid(
    "viii",
    "Table VIII: levels, token size, rates and the input's shape",
    (
        Cell("L1", partial(_pyramid, widths=(9,)), (0.73, 1.46, 0.991)),
        Cell("L2", partial(_pyramid, widths=(9, 7)), (0.60, 0.94, 0.996)),
        Cell("L3, tokens of 128", partial(_tokens, size=128), (0.55, 0.79, 0.998)),
        Cell("L3 (default)", unchanged, _DEFAULT),
        Cell("L3, tokens of 512", partial(_tokens, size=512), (0.50, 0.72, 0.998)),
        Cell(
            "L3, rates halved",
            partial(_pyramid, widths=(5, 5, 5), halving=True),
            (0.69, 1.01, 0.995),
        ),
        Cell("L3, clips of 160/300", partial(_length, share=160 / 300), (0.54, 0.79, 0.997)),
        Cell("L3, faces of 96", partial(_pixels, size=96, crop_px=113), (0.60, 0.85, 0.996)),
        Cell("L4", partial(_pyramid, widths=(9, 7, 5, 3)), (0.54, 0.76, 0.997)),
    ),
)


def _curve(
    name: str, title: str, optimum: float, values: tuple[float, ...], change: Callable[..., Recipe]
) -> Grid:
    cells = tuple(Cell(f"{value:g}", partial(change, at=value), at=value) for value in values)
    return Grid(name, title, cells, optimum)


def _momentum(recipe: Recipe, /, at: float) -> Recipe:
    return replace(recipe, momentum_start=at)


def _mask(recipe: Recipe, /, at: float) -> Recipe:
    return _views(recipe, mask_ratio=at)


def _alpha(recipe: Recipe, /, at: float) -> Recipe:
    return _loss(recipe, sd_weight=at)


def _beta(recipe: Recipe, /, at: float) -> Recipe:
    return _loss(recipe, snr_weight=at)


#: Values of the settings in Fig. 9; the paper plots its errors, and names only the optimum.
_WEIGHTS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
GRIDS: Mapping[str, Grid] = MappingProxyType(
    {
        grid.name: grid
        for grid in (
            _TABLE_V,
            _TABLE_VI,
            _TABLE_VII,
            _TABLE_VIII,
            _curve(
                "8a", "Fig. 8a: first momentum", 0.9, (0.5, 0.8, 0.9, 0.95, 0.99, 0.999), _momentum
            ),
            _curve("8b", "Fig. 8b: mask ratio", 0.3, (0.0, 0.1, 0.3, 0.5, 0.7, 0.9), _mask),
            _curve("9a", "Fig. 9a: alpha", 0.8, _WEIGHTS, _alpha),
            _curve("9b", "Fig. 9b: beta", 0.6, _WEIGHTS, _beta),
        )
    }
)


def get_grid(name: str) -> Grid:
    """Return the grid with this name.

    Parameters
    ----------
    name : str
        A name of `GRIDS`, in any case.

    Returns
    -------
    Grid

    Raises
    ------
    UsageError
        There is no such grid; the message lists all of them.

    Examples
    --------
    >>> [cell.name for cell in get_grid("8b").cells][:3]
    ['0', '0.1', '0.3']
    """
    if name.lower() not in GRIDS:
        raise UsageError(f"no ablation {name!r}; there are: {', '.join(GRIDS)}")
    return GRIDS[name.lower()]
