"""Keys of content: their values are those of the versions before, so that what is kept goes on."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sspd.errors import SourceError, WeightsError
from sspd.methods import get_method
from sspd.network.load import shipped_weights
from sspd.pipeline.batch.identity import identity
from sspd.pipeline.loading import load_method
from sspd.research.datasets import faces_build
from sspd.research.datasets.checksums import checksums
from sspd.research.datasets.table import open_dataset
from sspd.research.evaluate import training
from sspd.research.evaluate.entries import name_weights
from sspd.research.evaluate.manifest import _hashes
from sspd.research.evaluate.predictions import prediction_key
from sspd.research.recipes import get_recipe
from sspd.types import MeasureOptions, Recording, References
from sspd.utils.content import content_key, facts_of_files, file_digest, text_key
from sspd.version import package_version

SOURCE = Path(__file__).resolve().parents[2] / "src" / "sspd"


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def facts(path: Path) -> tuple[str, int, int]:
    return str(path.resolve()), path.stat().st_size, path.stat().st_mtime_ns


@pytest.fixture
def recordings(tmp_path: Path) -> list[Recording]:
    """Two videos, of which nothing is read, one in a name that is no text."""
    for name, data in (("a\udcff.mp4", b"1"), ("b.mp4", b"22")):
        (tmp_path / name).write_bytes(data)
    return open_dataset(f"folder:{tmp_path}")[1]


@pytest.mark.parametrize(
    ("made_of", "key"),
    [
        (["a", 1.5, None], "3a81ed6d4d1b"),
        (["ü\udcff", {"b": 1, "a": [True, 1e-9]}, (2, 3)], "bad7e4a874a2"),
    ],
)
def test_the_key_of_plain_data_is_fixed(made_of: list[object], key: str) -> None:
    assert content_key(made_of)[:12] == key == sha(json.dumps(made_of).encode())[:12]  # type: ignore[arg-type]


def test_a_file_is_digested_in_pieces(tmp_path: Path) -> None:
    data = np.random.default_rng(0).bytes(3_000_001)
    (tmp_path / "a").write_bytes(data)
    assert file_digest(tmp_path / "a") == sha(data)
    with pytest.raises(OSError, match="No such file"):
        file_digest(tmp_path / "b")


def test_files_that_are_gone_have_no_facts(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "link").symlink_to("a")
    here = facts(tmp_path / "a")
    assert facts_of_files([tmp_path / "link", tmp_path / "b", tmp_path / "a"]) == [here, here]
    assert here[0].endswith("/a") and here[1] == 3


def test_kept_waveforms_are_found_again(recordings: list[Recording]) -> None:
    for recording in recordings:
        method = replace(get_method("pos"), weights="w 1")
        files = [facts(path) for path in recording.files if path.exists()]
        made_of = [recording.name, files, "pos", "w 1", package_version()]
        assert prediction_key(recording, method) == sha(json.dumps(made_of).encode())


def test_networks_of_folds_are_found_again(recordings: list[Recording]) -> None:
    recipe = get_recipe("ablation")
    videos = [(one.name, *facts(path)) for one in recordings for path in one.files if path.exists()]
    made_of = [recipe.to_dict(), 3, videos]
    assert training._key(recipe, 3, recordings) == sha(json.dumps(made_of).encode())


def test_stored_faces_are_found_again(recordings: list[Recording]) -> None:
    for video in (one.video for one in recordings):
        made_of = repr([*facts(video), 128, True, faces_build.STORE_VERSION])
        assert faces_build._key(video, 128, True) == sha(made_of.encode()) == text_key(made_of)
    with pytest.raises(SourceError, match=r"no\.mp4: No such file"):
        faces_build._key(Path("no.mp4"), 128, True)


def test_journals_and_evaluations_know_their_weights(tmp_path: Path) -> None:
    weights = shipped_weights(".onnx")
    digest = sha(weights.read_bytes())
    options = MeasureOptions()
    assert identity(options, load_method(options))["weights_sha256"] == digest
    named = name_weights(get_method("pos"), weights, "f32").weights
    assert named == f"{weights.name} {digest[:12]} f32"
    gone = MeasureOptions(weights=str(tmp_path / "no.onnx"))
    with pytest.raises(WeightsError, match=r"no\.onnx: cannot be read \(No such file"):
        identity(gone, replace(get_method("pos"), weights="no.onnx"))
    with pytest.raises(SourceError, match=r"no\.onnx: no such file"):
        name_weights(get_method("pos"), tmp_path / "no.onnx", "f32")


def test_manifests_and_indices_have_the_digests_of_files(tmp_path: Path) -> None:
    (tmp_path / "frames").mkdir()
    for n in range(3):
        (tmp_path / "frames" / f"{n}.png").write_bytes(bytes(n))
    (tmp_path / "a.mp4").write_bytes(b"abc")
    files = (tmp_path / "frames", tmp_path / "a.mp4", tmp_path / "gone.csv")
    recording = Recording("a", "a", "", files[0], dict, References, files)  # type: ignore[arg-type]
    listing = repr([(f"{n}.png", n) for n in range(3)])
    assert _hashes(recording) == {
        "frames": f"names {sha(listing.encode())}",
        "a.mp4": sha(b"abc"),
    }
    assert dict(checksums(tmp_path, [tmp_path / "a.mp4"])) == {"a.mp4": sha(b"abc")}
    with pytest.raises(SourceError, match=r"gone\.csv: no such file"):
        list(checksums(tmp_path, [tmp_path / "gone.csv"]))


def test_hashes_are_made_in_one_place() -> None:
    """But for checksums inside of files, which are a part of their format, and what is no file."""
    formats = {"models/header.py", "network/onnx_header.py", "research/train/state.py"}
    formats |= {"network/nano_state.py"}
    no_files = {"network/nano_load.py", "server/tokens.py", "server/uploads.py"}
    no_files |= {"video/part.py", "server/device_page.py"}
    found = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if "hashlib" in path.read_text(encoding="utf-8")
    }
    assert found == {*formats, *no_files, "utils/content.py"}
