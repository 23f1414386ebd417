"""A training's best state, and what is said of it in the end."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from helpers.networks import measuring_network
from sspd.errors import UsageError
from sspd.models.checkpoint import load_checkpoint, save_checkpoint
from sspd.research.recipes import BASELINES, RECIPES, Recipe, find_recipe
from sspd.research.train.log import read_metrics
from sspd.research.train.loop import MODEL_FILE, train
from sspd.research.train.monitor import BEST_MARGIN, VERDICT_FILE, read_verdict
from sspd.research.train.sampler import Video
from sspd.research.train.self_check import SelfCheck
from sspd.research.train.state import KEPT_STATES, saved_steps

pytestmark = pytest.mark.usefixtures("fast")


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sspd.research.train.finalize.STATISTICS_CLIPS", 4)
    monkeypatch.setattr("sspd.research.train.calibration_videos.VIDEOS", 1)
    monkeypatch.setattr("sspd.research.train.calibration_videos.DURATION_S", 3.0)


def signs_of(with_pos: float) -> SelfCheck:
    return SelfCheck(16, 12, with_pos, 0.5, 0.5, 20.0, 0.5)


def train_with(
    scores: list[float],
    videos: list[Video],
    recipe: Recipe,
    out: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> list[str]:
    """A training whose looks see what is wanted; returns what it noticed."""
    waiting = iter(scores)
    monkeypatch.setattr(
        "sspd.research.train.monitor.check_network", lambda *a, **k: signs_of(next(waiting))
    )
    noticed: list[str] = []
    train(videos, recipe, out, seed=5, device="cpu", checkpoint_s=0.0, notice=noticed.append)
    return noticed


@pytest.mark.slow
def test_a_clearly_better_state_is_taken_for_the_last(
    videos: list[Video], tiny: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = replace(tiny, steps=8)  # looked at after 4, 6, 7 and 8, and when it is finished
    noticed = train_with([0.3, 0.9, 0.5, 0.6, 0.9], videos, recipe, tmp_path / "a", monkeypatch)
    assert len(noticed) == 1
    assert "step 6 measures better than the last, of step 8" in noticed[0]
    assert saved_steps(tmp_path / "a") == sorted({6, *range(9 - KEPT_STATES, 9)})
    assert read_verdict(tmp_path / "a")["step"] == 6
    assert load_checkpoint(tmp_path / "a" / MODEL_FILE)[1]["step"] == 6
    monkeypatch.undo()
    monkeypatch.setattr("sspd.research.train.calibration_videos.VIDEOS", 1)
    monkeypatch.setattr("sspd.research.train.calibration_videos.DURATION_S", 3.0)
    monkeypatch.setattr("sspd.research.train.finalize.STATISTICS_CLIPS", 4)
    last = train_with([0.3, 0.5, 0.5, 0.6, 0.6], videos, recipe, tmp_path / "b", monkeypatch)
    assert last == []
    ours, theirs = (load_checkpoint(tmp_path / f / MODEL_FILE)[0] for f in "ab")
    pairs = zip(ours.state_dict().values(), theirs.state_dict().values(), strict=True)
    assert not all(torch.equal(a, b) for a, b in pairs)


@pytest.mark.slow
def test_the_last_state_is_taken_for_one_that_is_hardly_better(
    videos: list[Video], tiny: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = replace(tiny, steps=8)
    scores = [0.3, 0.6 + BEST_MARGIN / 2, 0.5, 0.6, 0.6]
    assert train_with(scores, videos, recipe, tmp_path, monkeypatch) == []
    assert read_verdict(tmp_path)["step"] == 8


@pytest.mark.slow
def test_checks_are_logged_and_the_verdict_is_kept(
    videos: list[Video], tiny: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_with([0.3, 0.4, 0.5, 0.6], videos, tiny, tmp_path, monkeypatch)
    rows = read_metrics(tmp_path)
    assert [row["step"] for row in rows] == [0, 1, 2, 3]
    assert [row.get("signs/with_pos") for row in rows] == [None, 0.3, 0.4, 0.5]
    found = read_verdict(tmp_path)
    assert found == json.loads((tmp_path / VERDICT_FILE).read_text())
    assert (found["verdict"], found["step"]) == ("learned a pulse", 4)
    assert found["signs"]["with_pos"] == 0.6
    assert found["before"] is None


@pytest.mark.slow
def test_what_a_training_starts_from_is_looked_at_before(
    videos: list[Video], tiny: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_checkpoint(measuring_network(seed=8, token_size=64), tmp_path / "start.safetensors")
    waiting = iter([0.1, 0.3, 0.4, 0.5, 0.6])
    monkeypatch.setattr(
        "sspd.research.train.monitor.check_network", lambda *a, **k: signs_of(next(waiting))
    )
    train(videos, tiny, tmp_path / "out", device="cpu", init=tmp_path / "start.safetensors")
    found = read_verdict(tmp_path / "out")
    assert (found["before"]["with_pos"], found["signs"]["with_pos"]) == (0.1, 0.6)


@pytest.mark.slow
def test_a_real_look_sees_the_network(videos: list[Video], tiny: Recipe, tmp_path: Path) -> None:
    """Nothing in the place of anything: videos as long as a look needs, a network that is new."""
    recipe = replace(tiny, clip_s=3.0 - 1 / 15, steps=2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sspd.research.train.self_check.SHORTEST_PROBE_S", 2.0)
        patch.setattr("sspd.research.train.monitor.SHORTEST_PROBE_S", 2.0)
        train(videos, replace(recipe, clip_s=2.4), tmp_path, device="cpu")
    found = read_verdict(tmp_path)
    assert found["signs"]["clips"] == 16
    assert 0 <= found["signs"]["with_pos"] <= 1
    assert found["verdict"] in ("learned a pulse", "collapsed", "undecided")


@pytest.mark.slow
def test_the_last_state_measures_where_the_recipe_takes_it_and_the_files_say_so(
    videos: list[Video], tiny: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = replace(tiny, steps=8, select="last")
    noticed = train_with([0.3, 0.9, 0.5, 0.6, 0.9], videos, recipe, tmp_path, monkeypatch)
    assert noticed == []  # a look saw a far better one, at step 6
    assert read_verdict(tmp_path)["step"] == 8
    made_by = load_checkpoint(tmp_path / MODEL_FILE)[1]
    assert made_by["step"] == 8
    for told in (made_by["settled"], read_verdict(tmp_path)["settled"]):
        assert told["state"] == "the last one"
        assert "simulated" in told["sign_and_integration"]


def test_papers_take_their_last_state_and_ours_the_best() -> None:
    selected = {name: find_recipe(name).select for name in [*RECIPES, *BASELINES]}
    ours = {"laptop", "shipped", "further"} | {one for one in selected if one.endswith("-laptop")}
    assert {name for name, select in selected.items() if select == "best"} == ours
    assert "POS" in find_recipe("laptop").settled["state"]
    assert "contact waveforms" in find_recipe("physnet").settled["sign_and_integration"]
    for name in ("hr-cnn", "sinc", "contrast-phys"):  # a rate, or nothing, is no sign
        assert "simulated" in find_recipe(name).settled["sign_and_integration"]
    with pytest.raises(UsageError, match="last, best, not 'first'"):
        replace(find_recipe("paper"), select="first")  # type: ignore[arg-type]
