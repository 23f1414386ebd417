from __future__ import annotations

import os
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from helpers.networks import measuring_network, random_differences
from sspd.cli.import_ import import_weights
from sspd.errors import WeightsError
from sspd.models.checkpoint import load_checkpoint, save_checkpoint
from sspd.models.header import made_by
from sspd.models.network import MeasuringNetwork
from sspd.models.pyramid import SelfSimilarityModel
from sspd.models.released import _BACKBONE, import_released, load_released_pyramid
from sspd.research.recipes import get_recipe
from sspd.research.recipes.settled import IMPORTED, settled_of


@pytest.fixture(scope="module")
def released(shared: Path) -> MeasuringNetwork:
    return import_released(shared / "reference" / "released_ubfc.pth")


@pytest.fixture(scope="module")
def differences(shared: Path) -> Tensor:
    """The 90 BGR differences of the reference, (1, 3, 90, 128, 128)."""
    frames = np.load(shared / "reference" / "released_forward.npz")["frames_bgr"]
    return torch.from_numpy(np.diff(frames.astype(np.float32), axis=0)).permute(3, 0, 1, 2)[None]


@pytest.mark.slow
@torch.no_grad()
def test_the_released_waveform_is_met(
    released: MeasuringNetwork, differences: Tensor, shared: Path, tmp_path: Path
) -> None:
    expected = np.load(shared / "reference" / "released_forward.npz")["waveform"]
    got = released(differences)[0].numpy()
    np.testing.assert_allclose(got, expected, atol=1e-4)
    save_checkpoint(released, tmp_path / "released.safetensors")
    again, _ = load_checkpoint(tmp_path / "released.safetensors")
    assert again.spec.colour == "bgr"
    np.testing.assert_array_equal(again(differences)[0].numpy(), got)


@pytest.mark.slow
@torch.no_grad()
def test_the_released_tokens_are_met(
    released: MeasuringNetwork, differences: Tensor, shared: Path
) -> None:
    reference = np.load(shared / "reference" / "ts_blocks.npz")
    spec = get_recipe("released").network.pyramid
    assert spec is not None
    pyramid = SelfSimilarityModel(spec, 256)
    parameters = {
        key.removeprefix("param/"): torch.from_numpy(reference[key])
        for key in reference.files
        if key.startswith("param/")
    }
    load_released_pyramid(pyramid, parameters)
    tokens = pyramid(released.features(differences).sequence)
    for level, u in enumerate(tokens, start=1):
        np.testing.assert_allclose(u[0].numpy(), reference[f"tokens{level}"], atol=1e-4)
    with pytest.raises(WeightsError, match="not one of the released pyramid"):
        load_released_pyramid(pyramid, {"ts_block1.gate.weight": torch.zeros(1)})


def _released_names(network: MeasuringNetwork) -> OrderedDict[str, Any]:
    """A state dict under the names of the released code."""
    state: OrderedDict[str, Any] = OrderedDict()
    for ours, value in network.state_dict().items():
        theirs = next(t + ours[len(o) :] for t, o in _BACKBONE.items() if ours.startswith(o))
        state[theirs] = value
    return state


@torch.no_grad()
def test_prefixes_and_pyramids_are_passed_over(tmp_path: Path) -> None:
    network = measuring_network(size=128)
    state = {f"module.{k}": v for k, v in _released_names(network).items()}
    state["module.ts_block1.proj.weight"] = torch.zeros(2, 2)
    torch.save(state, tmp_path / "a.pth")
    got = import_released(tmp_path / "a.pth", name="theirs")
    assert got.spec.name == "theirs"
    x = random_differences(4, 128)
    assert torch.equal(got(x), network(x))


def test_imported_weights_say_that_nothing_settled_their_sign(tmp_path: Path) -> None:
    torch.save(_released_names(measuring_network(size=128)), tmp_path / "a.pth")
    import_weights(tmp_path / "a.pth", out=None)
    for weights in (tmp_path / "a.safetensors", tmp_path / "a.onnx"):
        told = settled_of(made_by(weights))
        assert told == IMPORTED and "not settled" in told["sign_and_integration"]


def _refused(path: Path, match: str = ".") -> None:
    with pytest.raises(WeightsError, match=match) as caught:
        import_released(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"BN.weight": None}, "do not fit"),
        ({"BN.weight": torch.zeros(7)}, "do not fit"),
        ({"head.weight": torch.zeros(7)}, "not one of the released network"),
        ({"BN.weight": torch.full((3,), torch.nan)}, "not finite"),
        ({"BN.weight": [1.0, 2.0, 3.0]}, "not a bare state dict"),
        ({3: torch.zeros(1)}, "not a bare state dict"),
    ],
)
def test_layers_that_do_not_fit_are_named(
    tmp_path: Path, change: dict[Any, Any], match: str
) -> None:
    state: dict[Any, Any] = _released_names(measuring_network(size=128))
    for key, value in change.items():
        if value is None:
            del state[key]
        else:
            state[key] = value
    torch.save(state, tmp_path / "a.pth")
    _refused(tmp_path / "a.pth", match)


def test_damaged_and_foreign_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    _refused(path, "no such weights file")
    torch.save(_released_names(measuring_network(size=128)), path)
    data = path.read_bytes()
    torch.save(torch.zeros(3), path)
    tensor = path.read_bytes()
    old = tmp_path / "old.pth"
    torch.save({"a": torch.zeros(9)}, old, _use_new_zipfile_serialization=False)
    legacy = old.read_bytes()
    rng = np.random.default_rng(0)
    torn = [legacy[: int(n)] for n in rng.integers(1, len(legacy), 30)]
    noise = [rng.bytes(int(n)) for n in rng.integers(1, 400, 60)]
    noise += [b"\x80\x02" + n for n in noise]
    for bad in (b"", b"text", b"PK\x03\x04", tensor, data[: len(data) // 2], *torn, *noise):
        path.write_bytes(bad)
        _refused(path)


class _Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path(os.environ["SSPD_TEST_EVIL"]),))


def test_code_in_a_pickle_does_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = tmp_path / "ran"
    monkeypatch.setenv("SSPD_TEST_EVIL", str(ran))
    torch.save({"BN.weight": _Evil()}, tmp_path / "zip.pth")
    (tmp_path / "bare.pth").write_bytes(pickle.dumps(_Evil()))
    for name in ("zip.pth", "bare.pth"):
        _refused(tmp_path / name, "read safely")
    assert not ran.exists()


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.pth"
    with path.open("wb") as file:
        file.truncate((1 << 30) + 1)
    _refused(path, "larger than any weights")
