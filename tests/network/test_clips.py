"""Networks of other papers over videos: clips that overlap, joined without a seam."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from sspd.errors import UsageError, WeightsError
from sspd.models.baseline_spec import BaselineSpec
from sspd.models.baselines import Baseline
from sspd.models.checkpoint import load_any, load_baseline, load_checkpoint, save_checkpoint
from sspd.models.network import MeasuringNetwork
from sspd.models.spec import NetworkSpec
from sspd.network import ClipNetwork, load_clip_network, load_network
from sspd.network.export import export_onnx

SPEC = BaselineSpec("physnet", fs=30.0, size=32, clip=40)


def brightness(faces: NDArray[np.float32]) -> NDArray[np.float64]:
    """A network that sees how bright each picture is, and nothing else."""
    levels: NDArray[np.float64] = faces[:, :-1].mean(axis=(0, 2, 3), dtype=np.float64)
    return levels


def faces_of(levels: NDArray[np.float64]) -> NDArray[np.float32]:
    shape = (levels.size, SPEC.size, SPEC.size, 3)
    return np.broadcast_to(levels[:, None, None, None], shape).astype(np.float32)


@pytest.mark.parametrize("n", [41, 42, 70, 71, 72, 130, 301])
def test_a_steady_wave_passes_through_whatever_the_length(n: int) -> None:
    """Whole periods in a clip: each has the same mean and spread."""
    place = np.arange(n)
    wave = ClipNetwork(SPEC, brightness)(faces_of(100 + np.sin(2 * np.pi * place / 20)))
    assert wave is not None and wave.shape == (n - 1,)
    np.testing.assert_allclose(wave, np.sqrt(2) * np.sin(2 * np.pi * place[:-1] / 20), atol=1e-4)


def test_less_than_a_clip_is_none_and_other_faces_are_refused() -> None:
    network = ClipNetwork(SPEC, brightness)
    assert network(faces_of(np.ones(40))) is None and network([]) is None
    with pytest.raises(UsageError, match="needs faces"):
        network(np.zeros((50, 16, 16, 3), np.float32))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("weights")
    network = Baseline(SPEC).eval()
    save_checkpoint(network, folder / "one.safetensors", {"seed": 0})
    export_onnx(network, folder / "one.onnx")
    return folder / "one.safetensors", folder / "one.onnx"


@pytest.mark.slow
def test_a_checkpoint_and_its_export_give_one_waveform(files: tuple[Path, Path]) -> None:
    network, made_by = load_baseline(files[0])
    assert network.spec == SPEC and made_by == {"seed": 0}
    assert isinstance(load_any(files[0]), Baseline)
    faces = np.random.default_rng(0).uniform(0, 255, (90, 32, 32, 3)).astype(np.float32)
    ours, theirs = (load_clip_network(file)(faces) for file in files)
    assert ours is not None and theirs is not None
    np.testing.assert_allclose(ours, theirs, atol=1e-4)
    with torch.no_grad():
        clip = torch.from_numpy(faces[:41].transpose(3, 0, 1, 2).copy())[None]
        first = network(clip)[0].double().numpy()
    np.testing.assert_allclose(ours[:20], ((first - first.mean()) / first.std())[:20], atol=1e-3)


def test_weights_of_one_kind_are_not_taken_for_the_other(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    with pytest.raises(WeightsError, match="it is one of a method that is compared"):
        load_checkpoint(files[0])
    with pytest.raises(WeightsError, match="not a network exported by sspd"):
        load_network(files[1])
    own = tmp_path / "own.safetensors"
    save_checkpoint(MeasuringNetwork(NetworkSpec(fs=30.0, token_size=64)).eval(), own)
    with pytest.raises(WeightsError, match="it is one of sspd"):
        load_clip_network(own)
    (tmp_path / "torn.onnx").write_bytes(files[1].read_bytes()[:5000])
    with pytest.raises(WeightsError, match=r"torn\.onnx"):
        load_clip_network(tmp_path / "torn.onnx")
    with pytest.raises(UsageError, match="precision is one of"):
        load_clip_network(files[0], precision="f8")


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": 4},
        {"clip": 1 << 20},
        {"fs": 0.0},
        {"input": "smells"},
        {"polarity": 0},
        {"summations": 9},
    ],
)
def test_settings_out_of_range_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        BaselineSpec.from_dict(SPEC.to_dict() | wrong)
    with pytest.raises(UsageError, match="unknown"):
        BaselineSpec.from_dict(SPEC.to_dict() | {"colour": "green"})
