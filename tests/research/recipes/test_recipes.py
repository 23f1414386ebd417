from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from sspd.errors import UsageError
from sspd.models.baseline_spec import BaselineSpec
from sspd.models.spec import NetworkSpec, PyramidSpec
from sspd.research.recipes import (
    RECIPES,
    LossSpec,
    Recipe,
    ViewSpec,
    get_recipe,
)
from sspd.types import ConfidenceSpec


def test_the_paper_is_what_sections_3_and_4_say() -> None:
    paper = get_recipe("paper")
    assert (paper.batch, paper.epochs, paper.clip_s, paper.learning_rate) == (12, 50, 10.0, 1e-3)
    assert (paper.momentum_start, paper.momentum_end) == (0.9, 1.0)
    assert (paper.loss.sd_weight, paper.loss.snr_weight) == (0.8, 0.6)
    assert (paper.loss.rpd_weight, paper.loss.tspd_weight) == (1.0, 1.0)
    assert paper.loss.band_hz == (0.5, 3.0)
    assert (paper.crop_px, paper.network.size, paper.network.token_size) == (151, 128, 256)
    assert (paper.n_differences, paper.views.mask_ratio) == (300, 0.3)
    assert paper.network.pyramid_counts(paper.n_differences) == (292, 286, 282)
    assert paper.stop_gradient
    assert get_recipe("paper-vipl-hr") == replace(
        paper,
        name="paper-vipl-hr",
        source=get_recipe("paper-vipl-hr").source,
        momentum_start=0.99,
    )


def test_the_released_code_departs_from_the_paper_where_the_notes_say() -> None:
    released = get_recipe("released")
    pyramid = PyramidSpec(divisor="tokens", projection_tanh=True, residual="nearest")
    assert released.network.pyramid == pyramid
    assert released.network.colour == "bgr"
    loss = released.loss
    weights = (loss.rpd_weight, loss.tspd_weight, loss.sd_weight, loss.snr_weight)
    assert (loss.reading, weights) == ("released", (0.5, 0.5, 0.5, 0.2))
    assert released.views == ViewSpec(crop_anchor="corner", mask_shape="pixel")
    assert (released.epochs, released.batch) == (30, 12)


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_every_recipe_says_its_name_and_source_and_survives_json(name: str) -> None:
    recipe = get_recipe(name)
    assert recipe.name == name
    assert recipe.source
    facts = json.loads(json.dumps(recipe.to_dict()))
    assert NetworkSpec.from_dict(facts["network"]) == recipe.network
    assert LossSpec(**facts["loss"] | {"band_hz": tuple(facts["loss"]["band_hz"])}) == recipe.loss


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"'papers'; there are .*paper"):
        get_recipe("papers")


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"epochs": None}, "either epochs or steps"),
        ({"steps": 5}, "either epochs or steps"),
        ({"crop_px": 127}, "too small for crops of 128"),
        ({"clip_s": 0.6}, "too short for the pyramid"),
    ],
)
def test_recipes_that_cannot_be_right_are_rejected(changes: dict[str, Any], match: str) -> None:
    with pytest.raises(UsageError, match=match):
        Recipe("mine", "here", **changes)


@pytest.mark.parametrize(
    ("kind", "changes", "match"),
    [
        (PyramidSpec, {"widths": ()}, "1 to 4 levels, not 0"),
        (PyramidSpec, {"widths": (9, 7, 5, 3, 3)}, "1 to 4 levels, not 5"),
        (PyramidSpec, {"heads": 0}, "heads must be a whole number from 1 to 64, got 0"),
        (PyramidSpec, {"widths": (9, 0)}, "width of the pyramid must be .* got 0"),
        (PyramidSpec, {"divisor": "seven"}, "divisor must be one of"),
        (PyramidSpec, {"halving": 1}, "halving must be true or false"),
        (NetworkSpec, {"fs": 0.0}, "fs must be a number from 5 to 250"),
        (NetworkSpec, {"fs": float("nan")}, "fs must be a number"),
        (NetworkSpec, {"fs": float("inf")}, "got inf"),
        (NetworkSpec, {"fs": 1e9}, "got 1000000000.0"),
        (NetworkSpec, {"fs": 1e-9}, "got 1e-09"),
        (NetworkSpec, {"fs": True}, "got True"),
        (NetworkSpec, {"fs": 10**400}, "fs must be a number"),
        (NetworkSpec, {"fs": 30.0, "size": 64}, "size must be a whole number from 92 to 512"),
        (NetworkSpec, {"fs": 30.0, "size": 10**6}, "size must be"),
        (NetworkSpec, {"fs": 30.0, "size": 128.0}, "size must be"),
        (NetworkSpec, {"fs": 30.0, "colour": "infrared"}, "colour must be one of rgb, bgr"),
        (NetworkSpec, {"fs": 30.0, "colour": ["rgb"]}, "colour must be"),
        (NetworkSpec, {"fs": 30.0, "name": "a\x1b]52;c;x\x07"}, "name must be"),
        (NetworkSpec, {"fs": 30.0, "name": "\u202egnp"}, "name must be"),
        (NetworkSpec, {"fs": 30.0, "name": "x" * 1000}, "name must be"),
        (NetworkSpec, {"fs": 30.0, "summations": True}, "summations must be"),
        (NetworkSpec, {"fs": 30.0, "token_size": 1 << 40}, "token_size must be"),
        (ConfidenceSpec, {"intercept": float("inf"), "weights": ()}, "intercept must be"),
        (ConfidenceSpec, {"intercept": 0.0, "weights": (("snr", True),)}, "snr must be"),
        (ConfidenceSpec, {"intercept": 0.0, "weights": (("a\n", 1.0),)}, "named like"),
        (ConfidenceSpec, {"intercept": 0.0, "weights": (("snr", 1.0),) * 99}, "at most 64"),
        (BaselineSpec, {"fs": 1e9}, "fs must be"),
        (BaselineSpec, {"clip": 1 << 30}, "clip must be"),
        (BaselineSpec, {"name": "a\r\nb"}, "name must be"),
        (NetworkSpec, {"fs": 30.0, "polarity": 2}, "polarity is 1 or -1, got 2"),
        (NetworkSpec, {"fs": 30.0, "pyramid": PyramidSpec(heads=3)}, "shared by 3 heads"),
        (LossSpec, {"band_hz": (3.0, 0.5)}, "pulse band"),
        (LossSpec, {"band_hz": (-1.0, 0.5)}, "pulse band"),
        (LossSpec, {"reading": "released", "snr_counts_dc": False}, "always counts 0 Hz"),
        (ViewSpec, {"mask_ratio": 1.0}, "mask ratio"),
        (ViewSpec, {"mask_ratio": -0.1}, "mask ratio"),
    ],
)
def test_settings_that_cannot_be_right_are_rejected(
    kind: type, changes: dict[str, Any], match: str
) -> None:
    if kind is BaselineSpec:
        changes = {"network": "physnet", "fs": 30.0, "size": 64, "clip": 128} | changes
    with pytest.raises(UsageError, match=match) as told:
        kind(**changes)
    assert str(told.value).isprintable()
    assert len(str(told.value)) < 200


@pytest.mark.parametrize(
    "facts",
    [
        [],
        {},
        {"fs": 30.0, "pyramid": [9, 7]},
        {"fs": 30.0, "pyramid": {"widths": 9}},
        {"fs": 30.0, "pyramid": {"widths": [9], "depth": 3}},
        {"fs": 30.0, "confidence": {"weights": [["snr", 1.0]]}},
        {"fs": 30.0, "confidence": {"intercept": 0.0, "weights": {"snr": 1.0}}},
        {"fs": 30.0, "confidence": {"intercept": 0.0, "weights": [["snr"]]}},
        {"fs": 30.0, **{f"x{n}": n for n in range(9999)}},
    ],
    ids=range(9),
)
def test_facts_of_another_shape_are_rejected(facts: Any) -> None:
    with pytest.raises(UsageError) as told:
        NetworkSpec.from_dict(facts)
    assert len(str(told.value)) < 200


def test_92_pixels_are_the_fewest_the_network_takes() -> None:
    from sspd.models.network import map_size

    assert map_size(92) == 4
    assert NetworkSpec(fs=30.0, size=92).size == 92


def test_levels_run_at_half_the_rate_where_they_halve() -> None:
    assert PyramidSpec().level_fs(30.0) == (30.0, 30.0, 30.0)
    assert PyramidSpec(widths=(5, 5, 5), halving=True).level_fs(30.0) == (30.0, 15.0, 7.5)
