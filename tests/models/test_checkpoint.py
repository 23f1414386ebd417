from __future__ import annotations

import json
import os
import pickle
import struct
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from helpers.networks import measuring_network, random_differences
from sspd.errors import OutputError, WeightsError
from sspd.models.checkpoint import (
    FORMAT,
    LARGEST_FILE_BYTES,
    load_checkpoint,
    refuse_unsafe,
    save_checkpoint,
)
from sspd.models.spec import NetworkSpec, PyramidSpec
from sspd.utils.files import write_whole


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "ours.safetensors"
    network = measuring_network(polarity=-1, summations=1, name="mine", fs=25.0)
    save_checkpoint(network, path, {"recipe": "paper", "seed": 3})
    return path


def _rewrite(saved: Path, path: Path, **changes: Any) -> Path:
    """The same file with other metadata or tensors (None takes one out)."""
    tensors = load_file(saved)
    metadata = {
        "format": FORMAT,
        "network": json.dumps(measuring_network().spec.to_dict()),
        "made_by": "{}",
    }
    for key, value in changes.items():
        place: dict[str, Any] = tensors if "." in key or key == "extra" else metadata
        if value is None:
            del place[key]
        else:
            place[key] = value
    save_file(tensors, path, metadata)
    return path


def test_no_length_of_the_header_is_taken_for_a_pickle(tmp_path: Path) -> None:
    network, first_bytes = measuring_network(), set()
    for n in range(0, 256, 8):
        save_checkpoint(network, tmp_path / "w.safetensors", {"note": "x" * n})
        first_bytes.add((tmp_path / "w.safetensors").read_bytes()[0])
        refuse_unsafe(tmp_path / "w.safetensors")
    assert 0x80 in first_bytes


@torch.no_grad()
def test_weights_and_facts_come_back(saved: Path) -> None:
    before = measuring_network(polarity=-1, summations=1, name="mine", fs=25.0)
    network, made_by = load_checkpoint(saved)
    assert network.spec == before.spec
    assert made_by == {"recipe": "paper", "seed": 3}
    assert not network.training
    x = random_differences(6)
    assert torch.equal(network(x), before(x))


def test_the_pyramid_of_the_facts_comes_back(tmp_path: Path) -> None:
    pyramid = PyramidSpec(widths=(5, 5), halving=True)
    save_checkpoint(measuring_network(pyramid=pyramid), tmp_path / "a.safetensors")
    network, made_by = load_checkpoint(tmp_path / "a.safetensors")
    assert network.spec.pyramid == pyramid
    assert made_by == {}


def test_equal_weights_are_equal_bytes(saved: Path, tmp_path: Path) -> None:
    network, made_by = load_checkpoint(saved)
    for i in range(5):
        save_checkpoint(network, tmp_path / str(i), made_by)
        assert (tmp_path / str(i)).read_bytes() == saved.read_bytes()


def _refused(path: Path, match: str) -> None:
    with pytest.raises(WeightsError, match=match) as caught:
        load_checkpoint(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"format": None}, "not a checkpoint of sspd"),
        ({"format": "sspd-99"}, "not a checkpoint of sspd"),
        ({"network": None}, "do not fit"),
        ({"network": "{"}, "do not fit"),
        ({"network": "[]"}, "do not fit"),
        ({"network": "[" * 5000}, "do not fit"),
        ({"network": '{"fs": 30.0, "colour_space": 1}'}, "unknown network settings"),
        ({"network": '{"fs": -30.0}'}, "fs must be a number"),
        ({"network": '{"fs": 30.0, "polarity": 0}'}, "polarity"),
        ({"network": '{"fs": 30.0, "token_size": 128}'}, "do not fit"),
        ({"network": '{"fs": 30.0, "token_size": 10000000}'}, "do not fit"),
        ({"network": '{"fs": 30.0, "token_size": "256"}'}, "do not fit"),
        ({"network": '{"fs": 30.0, "pyramid": {"widths": [9], "heads": 0}}'}, "do not fit"),
        ({"made_by": "nothing"}, "do not fit"),
        ({"backbone.conv.weight": None}, "do not fit"),
        ({"extra": torch.zeros(3)}, "do not fit"),
        ({"backbone.conv.weight": torch.zeros(256, 64, 3, 3, 1)}, "do not fit"),
        ({"predictor.conv4.bias": torch.full((1,), torch.nan)}, "not finite"),
        ({"predictor.conv4.bias": torch.full((1,), torch.inf)}, "not finite"),
    ],
)
def test_wrong_contents_are_refused(
    saved: Path, tmp_path: Path, changes: dict[str, Any], match: str
) -> None:
    _refused(_rewrite(saved, tmp_path / "bad.safetensors", **changes), match)


def test_missing_damaged_and_foreign_files_are_refused(saved: Path, tmp_path: Path) -> None:
    _refused(tmp_path / "none.safetensors", "no such weights file")
    _refused(tmp_path, "no such weights file")
    data = saved.read_bytes()
    path = tmp_path / "bad.safetensors"
    for bad in (b"", b"weights", data[:1000], data[:-1], data + b"x", os.urandom(500)):
        path.write_bytes(bad)
        with pytest.raises(WeightsError):
            load_checkpoint(path)
    path.write_bytes(struct.pack("<Q", 1 << 60) + data[8:])
    _refused(path, "not a safetensors file")


class _Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path(os.environ["SSPD_TEST_EVIL"]),))


@pytest.mark.parametrize("zipped", [True, False])
def test_pickles_are_named_and_never_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zipped: bool
) -> None:
    ran = tmp_path / "ran"
    monkeypatch.setenv("SSPD_TEST_EVIL", str(ran))
    path = tmp_path / "evil.safetensors"
    if zipped:
        torch.save({"weight": _Evil()}, path)
    else:
        path.write_bytes(pickle.dumps(_Evil()))
    _refused(path, "sspd import")
    assert not ran.exists()


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.safetensors"
    with path.open("wb") as file:
        file.truncate(LARGEST_FILE_BYTES + 1)
    _refused(path, "larger than any weights")


def test_a_place_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept")
    (tmp_path / "folder").mkdir()
    places = ("absent/a.safetensors", "file/a.safetensors", "folder", "x" * 300)
    for place in places:
        with pytest.raises(OutputError, match=r"cannot be written|is a folder"):
            save_checkpoint(measuring_network(), tmp_path / place)
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["file", "folder"]
    assert (tmp_path / "file").read_text() == "kept"


def test_a_failed_write_keeps_the_file_that_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    write_whole(path, b"first")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="No space left"):
        write_whole(path, b"second")
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]


def test_facts_survive_json() -> None:
    spec = NetworkSpec(fs=25.0, size=96, pyramid=PyramidSpec(widths=(9, 7)), polarity=-1)
    assert NetworkSpec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec
