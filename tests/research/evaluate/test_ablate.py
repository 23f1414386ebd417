"""Ablations: every cell changes what it says, a grid runs, goes on, and is set beside the paper."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from helpers.tiny_recipe import TINY
from sspd.errors import SSPDError, UsageError
from sspd.models.pyramid import SelfSimilarityModel, TSBlock
from sspd.models.spec import PyramidSpec
from sspd.research.datasets.table import get_dataset
from sspd.research.evaluate import ablate as ablating
from sspd.research.evaluate.ablate import (
    CellScore,
    ablate,
    ablation_tasks,
)
from sspd.research.evaluate.ablation_table import ablation_csv, ablation_markdown
from sspd.research.figures.ablation import draw_curve
from sspd.research.recipes import get_recipe
from sspd.research.recipes.ablations import GRIDS, Cell, Grid, get_grid
from sspd.simulation import VideoSpec

#: Grid -> cell -> what it changes of the paper's recipe, and to what.
CHANGES: dict[str, dict[str, dict[str, Any]]] = {
    "v": {
        "w/o TSPD": {"loss.tspd_weight": 0.0, "loss.sd_weight": 0.0, "loss.snr_weight": 0.0},
        "w/o RPD": {"loss.rpd_weight": 0.0, "loss.sd_weight": 0.0, "loss.snr_weight": 0.0},
        "L_Distill only": {"loss.sd_weight": 0.0, "loss.snr_weight": 0.0},
        "w/o L_SD": {"loss.sd_weight": 0.0},
        "w/o L_SNR": {"loss.snr_weight": 0.0},
        "default": {},
    },
    "vi": {
        "w/o LGA": {"views.local_view": "resize"},
        "w/o frame difference": {"network.input": "centred"},
        "w/o random masking": {"views.mask_ratio": 0.0},
        "w/o stop-gradient": {"stop_gradient": False},
    },
    "vii": {
        "w/o residual connection": {"network.pyramid.residual": "none"},
        "w/o dot-product attention": {"network.pyramid.attention": "none"},
        "w/o projection": {"network.pyramid.projection": False},
        "self-attention": {"network.pyramid.attention": "softmax"},
        "single-head": {"network.pyramid.heads": 1},
    },
    "viii": {
        "L3, tokens of 512": {"network.token_size": 512},
        "L3, clips of 160/300": {"clip_s": 160 / 30},
        "L3, faces of 96": {"network.size": 96, "crop_px": 113},
    },
    "8a": {"0.99": {"momentum_start": 0.99}},
    "8b": {"0.5": {"views.mask_ratio": 0.5}},
    "9a": {"0.2": {"loss.sd_weight": 0.2}},
    "9b": {"1": {"loss.snr_weight": 1.0}},
}


def flat(data: dict[str, Any], before: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in data.items():
        found |= (
            flat(value, f"{before}{name}.") if isinstance(value, dict) else {before + name: value}
        )
    return found


@pytest.mark.parametrize("grid", CHANGES)
def test_cells_change_what_they_say_and_nothing_else(grid: str) -> None:
    paper = get_recipe("paper")
    usual = flat(asdict(paper))
    cells = {cell.name: cell for cell in get_grid(grid).cells}
    for name, changes in CHANGES[grid].items():
        changed = flat(asdict(cells[name].change(paper)))
        assert {key: value for key, value in changed.items() if value != usual[key]} == changes


def test_table_viii_has_the_token_counts_that_are_printed() -> None:
    paper = get_recipe("paper")
    printed = {
        "L1": (292,),
        "L2": (292, 286),
        "L3 (default)": (292, 286, 282),
        "L3, rates halved": (296, 144, 68),
        "L3, clips of 160/300": (152, 146, 142),
        "L4": (292, 286, 282, 280),
    }
    for cell in get_grid("viii").cells:
        recipe = cell.change(paper)
        if cell.name in printed:
            assert recipe.network.pyramid_counts(recipe.n_differences) == printed[cell.name]


@pytest.mark.parametrize("base", ["paper", "ablation"])
def test_every_cell_of_every_grid_can_be_trained(base: str, tmp_path: Path) -> None:
    names: set[str] = set()
    for grid in GRIDS.values():
        tasks = ablation_tasks(grid, get_recipe(base), [0], "folder:x", "2-fold", tmp_path)
        assert len({task.folder for task in tasks}) == len(grid.cells)
        names |= {task.cell for task in tasks}
        if grid.optimum is not None:
            assert grid.optimum in [cell.at for cell in grid.cells]
    assert len(names) > 30
    with pytest.raises(UsageError, match="no ablation 'x'"):
        get_grid("x")
    with pytest.raises(UsageError, match="at least one seed"):
        ablation_tasks(get_grid("v"), TINY, [], "folder:x", "2-fold", tmp_path)


def test_parts_of_the_ts_block_are_left_out() -> None:
    torch.manual_seed(0)
    sequence = torch.randn(1, 8, 30)
    usual = PyramidSpec(widths=(5,))
    block = TSBlock(replace(usual, attention="none", projection=False), 8, 0)
    tokens = block.tokenizer(sequence)
    assert torch.equal(block(sequence).tokens, tokens)
    alone = TSBlock(replace(usual, residual="none"), 8, 0)
    level = alone(sequence)
    assert torch.equal(level.sequence, level.tokens.transpose(1, 2))
    assert isinstance(alone.projection, nn.Linear)


def test_self_attention_equals_pytorchs() -> None:
    torch.manual_seed(0)
    block = TSBlock(PyramidSpec(widths=(5,), attention="softmax", heads=2), 8, 0)
    attention: Any = block.attention
    theirs = nn.MultiheadAttention(8, 2, batch_first=True)
    parts = [attention.query, attention.key, attention.value]
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([part.weight for part in parts]))
        theirs.in_proj_bias.copy_(torch.cat([part.bias for part in parts]))
        theirs.out_proj.weight.copy_(torch.eye(8))
        theirs.out_proj.bias.zero_()
    tokens = torch.randn(2, 11, 8)
    torch.testing.assert_close(attention(tokens), theirs(tokens, tokens, tokens)[0])


def test_gradients_flow_through_every_variant() -> None:
    for cell in get_grid("vii").cells:
        spec = cell.change(get_recipe("paper")).network.pyramid
        assert spec is not None
        model = SelfSimilarityModel(spec, 16)
        sum(u.square().mean() for u in model(torch.randn(1, 16, 40))).backward()  # type: ignore[union-attr]
        assert all(p.grad is not None for p in model.parameters()), cell.name


TWO = Grid(
    "two",
    "Two cells",
    (
        Cell("default", lambda recipe: recipe, (0.5, 0.71, 0.998), at=0.3),
        Cell("w/o masking", lambda recipe: get_grid("8b").cells[0].change(recipe), at=0.0),
    ),
    optimum=0.3,
)


@pytest.mark.slow
def test_a_grid_runs_and_once_more_trains_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "ubfc"
    for number in (29, 30):
        spec = VideoSpec(
            seed=number, duration_s=9.0, width=192, height=160, face_px=100, pulse_percent=1.2
        )
        get_dataset("ubfc-rppg").write(root, number, spec)
    tasks = ablation_tasks(
        TWO, TINY, [0], f"ubfc-rppg:{root}", "ubfc-30-12", tmp_path / "out", scoring="spectral"
    )
    monkeypatch.setattr("sspd.research.train.calibration_videos.VIDEOS", 2)
    scores = ablate(TWO, tasks)
    assert [score.name for score in scores] == ["default", "w/o masking"]
    assert all(np.isfinite(score.mean("mae")) for score in scores)
    assert len(list((tmp_path / "out" / "models").iterdir())) == 2
    assert len(list((tmp_path / "out" / "faces").glob("*.zarr"))) == 1

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("done again")

    monkeypatch.setattr("sspd.research.train.data.prepare_data", refuse)
    monkeypatch.setattr("sspd.research.evaluate.measuring.predict_recording", refuse)
    again = ablate(TWO, tasks)
    assert [score.values[0][0] for score in again] == [score.values[0][0] for score in scores]


def test_a_cell_that_cannot_be_scored_is_reported_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(
        task: ablating.AblationTask, *_: object
    ) -> tuple[tuple[float, ...], tuple[str, ...]]:
        nothing = (float("nan"),) * 3
        return ((1.0, 2.0, 0.9), ()) if task.cell == "default" else (nothing, ("no video",))

    monkeypatch.setattr(ablating, "run_task", broken)
    scores = ablate(TWO, ablation_tasks(TWO, TINY, [0, 1], "folder:x", "2-fold", tmp_path))
    assert scores[0].failures == () and scores[1].failures == ("no video",)
    text = ablation_markdown(TWO, scores)
    assert (
        "| default | 1.00 [1.00, 1.00] | 2.00 [2.00, 2.00] |" in text and "| 0.50 | 0.71 |" in text
    )
    assert "| w/o masking | - [-, -] |" in text and "Mean of 2 seeds" in text
    assert ablation_csv(scores).count("\n") == 5


def test_means_and_ends_over_seeds(tmp_path: Path) -> None:
    score = CellScore("a", ((1.0, 2.0, 0.5), (3.0, 5.0, 0.7)))
    assert (score.mean("mae"), score.ends("rmse")) == (2.0, (2.0, 5.0))
    draw_curve(tmp_path / "a.png", [0.0, 0.5], [[1.0, 3.0], [2.0, 2.0]], 0.5, "mask ratio")
    assert (tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"


def test_a_recipe_that_a_cell_cannot_have_is_named(tmp_path: Path) -> None:
    short = replace(TINY, clip_s=1.4)
    with pytest.raises(SSPDError, match="Table VIII: levels"):
        ablation_tasks(get_grid("viii"), short, [0], "folder:x", "2-fold", tmp_path)
