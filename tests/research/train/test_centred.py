"""Table VI "w/o frame difference": trained on centred frames, measured on centred frames."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from helpers.networks import measuring_network
from sspd.errors import UsageError, WeightsError
from sspd.methods import get_method
from sspd.methods.sspd import native_waveform
from sspd.models.checkpoint import load_checkpoint, save_checkpoint
from sspd.models.spec import NetworkSpec
from sspd.network import load_network
from sspd.network.export import export_onnx
from sspd.network.grid import to_grid
from sspd.research.evaluate.explain import explain
from sspd.research.recipes import Recipe, get_recipe
from sspd.research.recipes.ablations import get_grid
from sspd.research.train.loop import train
from sspd.research.train.sampler import Video
from sspd.research.views.mdm import centred_frames, frame_differences
from sspd.signal import integrate, standardise
from sspd.simulation import VideoSpec, write_video
from sspd.types import Frames

CENTRED = {"input": "centred", "centre_s": 2.0}


def faces(n: int, fs: float = 30.0) -> Frames:
    rng = np.random.default_rng(3)
    rgb = 128 + 6 * np.sin(np.arange(n) / 4)[:, None, None, None] + rng.normal(0, 9, (n, 96, 96, 3))
    return Frames(np.clip(rgb, 0, 255).astype(np.uint8), np.arange(n) / fs)


@torch.no_grad()
def by_hand(weights: Path, seen: Frames, centred: bool) -> np.ndarray:  # type: ignore[type-arg]
    network, _ = load_checkpoint(weights)
    spec = network.spec
    clip = torch.from_numpy(to_grid(seen, spec.fs).transpose(0, 3, 1, 2).copy())[None]
    wave = network((centred_frames if centred else frame_differences)(clip))[0].double().numpy()
    return standardise(integrate(spec.polarity * wave, spec.fs, spec.summations))


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".onnx", ".safetensors"])
def test_such_a_network_is_measured_on_centred_frames(tmp_path: Path, suffix: str) -> None:
    weights = tmp_path / "net.safetensors"
    network = measuring_network(**CENTRED)
    save_checkpoint(network, weights)
    export_onnx(network, tmp_path / "net.onnx")
    seen = faces(61)  # as long as its clip, so that every way of it sees one mean
    method = get_method("sspd", weights=weights.with_suffix(suffix))
    signal = method.run([seen])
    assert signal is not None
    np.testing.assert_allclose(signal.values, by_hand(weights, seen, centred=True), atol=2e-3)
    apart = np.abs(signal.values - by_hand(weights, seen, centred=False)).max()
    assert apart > 0.5  # what it was measured on before
    assert signal.start_s == 0.0  # a frame's value is at that frame, not half a step later
    past_the_grid = native_waveform(load_network(weights.with_suffix(suffix)), seen)
    assert past_the_grid is not None
    np.testing.assert_allclose(past_the_grid.values, signal.values, atol=2e-3)


def test_the_files_say_so_and_those_that_do_not_are_of_differences(tmp_path: Path) -> None:
    network = measuring_network(**CENTRED)
    save_checkpoint(network, tmp_path / "net.safetensors")
    export_onnx(network, tmp_path / "net.onnx")
    assert load_checkpoint(tmp_path / "net.safetensors")[0].spec.input == "centred"
    model = onnx.load(tmp_path / "net.onnx")
    assert model.graph.input[0].name == "centred"
    assert json.loads(model.metadata_props[0].value)["input"] == "centred"
    facts = NetworkSpec(fs=30.0).to_dict()
    del facts["input"], facts["centre_s"]
    assert NetworkSpec.from_dict(facts) == NetworkSpec(fs=30.0)
    for wrong in ({"input": "pictures"}, {"input": []}, {"centre_s": 0.0}, {"centre_s": 1e9}):
        with pytest.raises(UsageError, match=next(iter(wrong))):
            NetworkSpec.from_dict(facts | wrong)


@pytest.mark.slow
def test_training_takes_its_input_from_the_network(
    videos: list[Video], tiny: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sspd.research.train.calibration_videos.VIDEOS", 2)
    (cell,) = (c for c in get_grid("vi").cells if c.name == "w/o frame difference")
    recipe = replace(cell.change(tiny), steps=1)
    assert (recipe.network.input, recipe.network.centre_s) == ("centred", tiny.clip_s)
    weights = train(videos, recipe, tmp_path / "run", device="cpu")
    network, _ = load_checkpoint(weights)
    assert (network.spec.input, network.spec.centre_s) == ("centred", tiny.clip_s)
    # statistics are of levels about their mean, not of differences
    assert network.backbone.norm.running_var is not None
    export_onnx(network, weights.with_suffix(".onnx"))
    seen = faces(25, network.spec.fs)
    signal = get_method("sspd", weights=weights.with_suffix(".onnx")).run([seen])
    assert signal is not None
    np.testing.assert_allclose(signal.values, by_hand(weights, seen, centred=True), atol=5e-3)
    with pytest.raises(WeightsError, match="input is centred, the recipe's is differences"):
        train(videos, tiny, tmp_path / "other", device="cpu", init=weights)


def test_a_recipe_centres_over_its_clip() -> None:
    paper = get_recipe("paper")
    short = replace(paper.network, input="centred", centre_s=5.0)
    with pytest.raises(UsageError, match="centre_s must be that, not 5"):
        replace(paper, network=short)


def test_saliency_is_of_the_networks_own_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = tmp_path / "video.mp4"
    write_video(VideoSpec(seed=5, face_px=110, width=256, height=208, duration_s=2.5), video)
    given = []

    def kept(network: object, clip: torch.Tensor, score: object, layers: object) -> dict[str, int]:
        given.append(clip)
        return {}

    monkeypatch.setattr("sspd.research.evaluate.layer_cam.layer_cam", kept)
    for settings in (CENTRED | {"centre_s": 3.0}, {}):
        save_checkpoint(measuring_network(**settings), tmp_path / "net.safetensors")  # type: ignore[arg-type]
        explain(video, weights=tmp_path / "net.safetensors")
    centred, differences = given
    assert centred.shape == differences.shape
    expected = centred[:, :, 1:] - centred[:, :, :-1]  # their mean is one: a clip's
    torch.testing.assert_close(expected, differences[:, :, :-1], atol=1e-3, rtol=0)
    assert not torch.allclose(centred, differences, atol=1.0)
