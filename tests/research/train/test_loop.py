from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from helpers.networks import measuring_network
from helpers.tiny_recipe import TINY as ONE_STEP
from sspd.errors import OutputError, TrainingError, UsageError, WeightsError
from sspd.models.checkpoint import load_checkpoint, save_checkpoint
from sspd.network import load_network
from sspd.network.load import shipped_weights
from sspd.research.recipes import LossSpec, Recipe, ViewSpec, get_recipe
from sspd.research.train.log import read_metrics
from sspd.research.train.loop import MODEL_FILE, TrainingProgress, train
from sspd.research.train.sampler import Video
from sspd.research.train.state import read_state_file, saved_steps, state_file
from sspd.research.train.step import Views, make_views


class StoppedError(Exception):
    """Stands for whatever ends a run from outside."""


def stop_after(step: int) -> Callable[[TrainingProgress], None]:
    def on_step(progress: TrainingProgress) -> None:
        if progress.step == step:
            raise StoppedError

    return on_step


def finish_fast(patch: pytest.MonkeyPatch) -> None:
    """Few clips and videos to finish with: enough for networks that measure nothing."""
    patch.setattr("sspd.research.train.finalize.STATISTICS_CLIPS", 4)
    patch.setattr("sspd.research.train.calibration_videos.VIDEOS", 1)
    patch.setattr("sspd.research.train.calibration_videos.DURATION_S", 3.0)


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    finish_fast(monkeypatch)


@pytest.fixture(scope="module")
def unbroken(videos: list[Video], tiny: Recipe, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("unbroken")
    with pytest.MonkeyPatch.context() as patch:
        finish_fast(patch)
        train(videos, tiny, out, seed=5, device="cpu", name="tiny")
    return out


def _rows(out: Path) -> list[dict[str, float]]:
    """The log without the time that it took."""
    timed = ("seconds", "waited_s")
    return [{k: v for k, v in row.items() if k not in timed} for row in read_metrics(out)]


def _newest(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = read_state_file(state_file(out, saved_steps(out)[-1]))
    return found


@pytest.mark.slow
def test_a_training_leaves_weights_that_measure(unbroken: Path, tiny: Recipe) -> None:
    network, made_by = load_checkpoint(unbroken / MODEL_FILE)
    assert network.spec.name == "tiny"
    assert network.spec.pyramid is None
    assert (made_by["seed"], made_by["step"], made_by["films"]) == (5, 4, 3)
    assert made_by["recipe"] == json.loads(json.dumps(tiny.to_dict()))
    measure = load_network(unbroken / MODEL_FILE)
    waveform = measure(np.random.default_rng(0).normal(size=(45, 3, 96, 96)).astype(np.float32))
    assert waveform.shape == (45,)
    assert np.isfinite(waveform).all()
    assert waveform.std() > 0


@pytest.mark.slow
def test_every_step_is_logged(unbroken: Path, tiny: Recipe) -> None:
    rows = _rows(unbroken)
    assert [row["step"] for row in rows] == [0, 1, 2, 3]
    names = {f"loss/{part}" for part in ("total", "rpd", "tspd", "sd", "snr")}
    names |= {f"health/{sign}" for sign in ("band_ratio", "line_ratio", "agreement", "spread")}
    for row in rows:
        assert names <= set(row)
        assert all(np.isfinite(v) for k, v in row.items() if not k.startswith("signs/"))
        parts = sum(row[f"loss/{part}"] for part in ("rpd", "tspd", "sd", "snr"))
        assert row["loss/total"] == pytest.approx(parts, rel=1e-5)
    assert list((unbroken / "tensorboard").glob("events*"))


@pytest.mark.slow
def test_the_progress_is_reported(videos: list[Video], tiny: Recipe, tmp_path: Path) -> None:
    told: list[TrainingProgress] = []
    train(videos, tiny, tmp_path, device="cpu", on_step=told.append, max_minutes=0.0)
    assert [(p.step, p.steps) for p in told] == [(1, 4)]
    _, made_by = load_checkpoint(tmp_path / MODEL_FILE)
    assert made_by["step"] == 1


@pytest.mark.parametrize(
    ("stopped", "checkpoint_s"), [(3, 0.0), pytest.param(2, 1e9, marks=pytest.mark.slow)]
)
def test_a_resumed_run_equals_the_unbroken_one_to_the_bit(
    videos: list[Video],
    tiny: Recipe,
    tmp_path: Path,
    unbroken: Path,
    stopped: int,
    checkpoint_s: float,
) -> None:
    settings: dict[str, Any] = {"seed": 5, "device": "cpu", "name": "tiny"}
    with pytest.raises(StoppedError):
        train(
            videos,
            tiny,
            tmp_path,
            checkpoint_s=checkpoint_s,
            on_step=stop_after(stopped),
            **settings,
        )
    assert not (tmp_path / MODEL_FILE).exists()
    train(videos, tiny, tmp_path, resume=True, **settings)
    assert (tmp_path / MODEL_FILE).read_bytes() == (unbroken / MODEL_FILE).read_bytes()
    assert _rows(tmp_path) == _rows(unbroken)


@pytest.mark.slow
def test_a_finished_training_resumes_to_the_same_weights(
    videos: list[Video], tiny: Recipe, unbroken: Path
) -> None:
    before = (unbroken / MODEL_FILE).read_bytes()
    train(videos, tiny, unbroken, seed=5, device="cpu", name="tiny", resume=True)
    assert (unbroken / MODEL_FILE).read_bytes() == before
    assert len(_rows(unbroken)) == 4


def test_another_training_in_the_folder_is_not_touched(
    videos: list[Video], tiny: Recipe, unbroken: Path
) -> None:
    before = {p.name: p.read_bytes() for p in unbroken.iterdir() if p.is_file()}
    with pytest.raises(TrainingError, match="--resume"):
        train(videos, tiny, unbroken, seed=5, device="cpu")
    changed = replace(tiny, learning_rate=2e-3)
    with pytest.raises(TrainingError, match="other recipe;"):
        train(videos, changed, unbroken, seed=5, device="cpu", resume=True)
    with pytest.raises(TrainingError, match="other seed;"):
        train(videos, tiny, unbroken, seed=6, device="cpu", resume=True)
    with pytest.raises(TrainingError, match="other videos;"):
        train(videos[:2], tiny, unbroken, seed=5, device="cpu", resume=True)
    assert {p.name: p.read_bytes() for p in unbroken.iterdir() if p.is_file()} == before


@pytest.mark.slow
@pytest.mark.parametrize(("checkpoint_s", "kept"), [(0.0, 2), (1e9, 0)])
def test_a_loss_that_is_not_finite_keeps_the_last_good_state(
    videos: list[Video],
    tiny: Recipe,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    checkpoint_s: float,
    kept: int,
) -> None:
    calls = 0

    def poisoned(*args: Any) -> Views:
        nonlocal calls
        calls += 1
        views = make_views(*args)
        return Views(views.masked * (torch.nan if calls == 3 else 1), views.original)

    monkeypatch.setattr("sspd.research.train.step.make_views", poisoned)
    with pytest.raises(TrainingError, match="loss is not finite at step 2") as caught:
        train(videos, tiny, tmp_path, device="cpu", checkpoint_s=checkpoint_s)
    assert "\n" not in str(caught.value)
    content = _newest(tmp_path)
    assert all(torch.isfinite(v).all() for v in content["online"].values())
    assert content["step"] == kept
    assert not (tmp_path / MODEL_FILE).exists()
    if kept:  # the poison is gone: it goes on
        train(videos, tiny, tmp_path, device="cpu", resume=True)


@pytest.mark.slow
def test_the_state_is_there_before_the_first_step(
    videos: list[Video], tiny: Recipe, tmp_path: Path
) -> None:
    with pytest.raises(StoppedError):
        train(videos, tiny, tmp_path, device="cpu", on_step=stop_after(1))
    assert _newest(tmp_path)["step"] == 0


@pytest.mark.slow
def test_a_training_can_start_from_weights(
    videos: list[Video], tiny: Recipe, tmp_path: Path
) -> None:
    start = tmp_path / "start.safetensors"
    network = measuring_network(seed=8, token_size=64)
    save_checkpoint(network, start)
    with pytest.raises(StoppedError):
        train(videos, tiny, tmp_path / "out", device="cpu", init=start, on_step=stop_after(1))
    content = _newest(tmp_path / "out")
    for name, value in network.state_dict().items():
        for module in ("online", "target"):
            assert torch.equal(content[module][f"measuring.{name}"], value)


@pytest.mark.slow
@pytest.mark.parametrize(("init", "from_start"), [(None, True), ("nothing", False)])
def test_a_recipe_says_where_a_training_starts(
    init: str | None,
    from_start: bool,
    videos: list[Video],
    tiny: Recipe,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = measuring_network(seed=8, token_size=64)
    save_checkpoint(network, tmp_path / "theirs.safetensors")
    monkeypatch.setattr(
        "sspd.research.train.trainers.shipped_weights", lambda kind: tmp_path / f"theirs{kind}"
    )
    recipe = replace(tiny, init="shipped")
    with pytest.raises(StoppedError):
        train(videos, recipe, tmp_path / "out", device="cpu", init=init, on_step=stop_after(1))
    content = _newest(tmp_path / "out")
    same = [
        torch.equal(content["online"][f"measuring.{name}"], value)
        for name, value in network.state_dict().items()
        if name.endswith("conv.weight") or value.ndim == 5
    ]
    assert same
    assert all(same) if from_start else not any(same)


def test_the_recipe_that_starts_from_the_shipped_weights_has_their_network() -> None:
    shipped, _ = load_checkpoint(shipped_weights(".safetensors"))
    laptop = get_recipe("laptop")
    assert laptop.init == "shipped"
    for fact in ("fs", "size", "colour", "token_size", "follow"):
        assert getattr(shipped.spec, fact) == getattr(laptop.network, fact)


def test_weights_of_another_shape_start_nothing(
    videos: list[Video], tiny: Recipe, tmp_path: Path
) -> None:
    save_checkpoint(measuring_network(token_size=128), tmp_path / "start.safetensors")
    with pytest.raises(WeightsError, match=r"start\.safetensors"):
        train(videos, tiny, tmp_path / "out", device="cpu", init=tmp_path / "start.safetensors")
    assert not saved_steps(tmp_path / "out")


def test_what_cannot_begin_is_named(videos: list[Video], tiny: Recipe, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no video is as long as a clip"):
        train([], tiny, tmp_path / "a")
    assert not (tmp_path / "a").exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be made"):
        train(videos, tiny, tmp_path / "file" / "out", device="cpu")
    for device in ("nonsense", "cuda:99"):
        with pytest.raises(UsageError, match=device):
            train(videos, tiny, tmp_path / "b", device=device)


@pytest.mark.parametrize(
    "changes",
    [
        {"precision": "bf16", "exported": "online"},
        {
            "loss": LossSpec(reading="released"),
            "views": ViewSpec(crop_anchor="corner", mask_shape="pixel"),
            "epochs": 1,
            "steps": None,
            "stop_gradient": False,
        },
        pytest.param(
            {
                "views": ViewSpec(local_view="resize"),
                "network": replace(ONE_STEP.network, input="centred", centre_s=2.0),
            },
            marks=pytest.mark.slow,
        ),
    ],
)
def test_other_recipes_train_too(
    videos: list[Video], tiny: Recipe, tmp_path: Path, changes: dict[str, Any]
) -> None:
    recipe = replace(tiny, **{"steps": 2, **changes})
    train(videos, recipe, tmp_path, device="cpu")
    assert len(read_metrics(tmp_path)) == 2
    load_checkpoint(tmp_path / MODEL_FILE)
