"""Every place that needs a package of an extra says so in the same words."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from helpers import networks, results
from sspd.errors import DependencyError
from sspd.network.clips import load_clip_network
from sspd.network.export import onnx_bytes
from sspd.network.load import load_network
from sspd.research.datasets.faces import FaceEntry, open_store, write_entry
from sspd.research.datasets.hdf5 import read_signals
from sspd.research.evaluate.cost import measure_costs
from sspd.research.evaluate.explain import explain
from sspd.research.evaluate.training import Training, trained_weights
from sspd.research.recipes import get_recipe
from sspd.research.train.launch import join
from sspd.types import FIXED_POINT_MAX, Frames
from sspd.utils.packages import require

SOURCE = Path(__file__).resolve().parents[2] / "src" / "sspd"
FACES = Frames(np.zeros((2, 8, 8, 3), np.uint16), np.arange(2) / 30, FIXED_POINT_MAX)


def _said(package: str, extra: str) -> re.Pattern[str]:
    """The one form; what stands before and after it is each place's own."""
    remedy = (
        rf"install sspd\[{extra}\] with `pip install -c constraints\.txt '\.\[{extra}\]'` in the"
        r" clone"
        if extra
        else f"install it with `pip install {package}`"
    )
    return re.compile(rf"\S.* needs {package}, which is not installed; {remedy}(, or \S.*)?")


def _checkpoint(folder: Path) -> Path:
    path = folder / "a.safetensors"
    path.write_bytes(b"\0" * 64)
    return path


def _train(folder: Path) -> object:
    return trained_weights(Training({"sspd": get_recipe("ablation")}, folder), "sspd", [], "a")


def _hdf5(folder: Path) -> object:
    with h5py.File(folder / "a.hdf5", "w") as file:
        file["pulse"] = np.arange(4.0)
    return lambda: read_signals(folder / "a.hdf5", "pulse")


def _stored(folder: Path) -> object:
    write_entry(folder, "a", FACES, "a.mp4")
    (entry,) = open_store(folder)
    assert isinstance(entry, FaceEntry)
    return entry.times


#: Package, extra, and what needs it. What is given back is called with the package absent.
PLACES: dict[str, tuple[str, str, Callable[[Path], object]]] = {
    "to_frame": ("pandas", "", lambda _: results.measured().to_frame),
    "read stored faces": ("zarr", "train", _stored),
    "store faces": ("zarr", "train", lambda to: lambda: write_entry(to, "a", FACES, "a.mp4")),
    "HDF5": ("h5py", "datasets", _hdf5),
    "ONNX": ("onnx", "train", lambda _: lambda: onnx_bytes(networks.measuring_network())),
    "costs": ("onnx", "train", lambda _: lambda: measure_costs(["physnet"], ["openvino"])),
    "checkpoint": ("torch", "train", lambda to: lambda: load_network(_checkpoint(to))),
    "clips": ("torch", "train", lambda to: lambda: load_clip_network(_checkpoint(to))),
    "fold": ("torch", "train", lambda to: lambda: _train(to)),
    "explain": ("torch", "train", lambda to: lambda: explain(to / "a.mp4")),
    "processes": ("lightning_fabric", "cluster", lambda _: lambda: join(2, 1, "cpu")),
}


@pytest.mark.parametrize("place", PLACES)
def test_each_place_names_package_extra_and_command(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package, extra, prepared = PLACES[place]
    use = prepared(tmp_path)
    for name in [one for one in sys.modules if one.split(".")[0] == package]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(DependencyError) as told:
        use()  # type: ignore[operator]
    assert _said(package, extra).fullmatch(str(told.value))


def test_a_module_inside_a_package_is_found_and_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert require("zarr.codecs", extra="train", purpose="a test").Crc32cCodec
    monkeypatch.setitem(sys.modules, "zarr.codecs", None)
    with pytest.raises(DependencyError, match=r"^a test needs zarr, which is not installed; "):
        require("zarr.codecs", extra="train", purpose="a test")


@pytest.mark.parametrize(
    ("source", "state"),
    [
        ("raise ImportError('libgpu.so.1: cannot open\\nmore')", r"\(libgpu.so.1: cannot open\)"),
        ("import no_such_package_at_all", r"\(No module named 'no_such_package_at_all'\)"),
    ],
)
def test_a_broken_package_is_not_called_absent(
    source: str, state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sspd_test_broken.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(DependencyError, match=f"cannot be imported {state}; install sspd"):
        require("sspd_test_broken", extra="train", purpose="a test")


def test_what_is_not_about_importing_is_not_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sspd_test_faulty.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ZeroDivisionError):
        require("sspd_test_faulty", extra="train", purpose="a test")


def test_the_words_stand_in_one_place() -> None:
    for path in SOURCE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert path.name in ("packages.py", "plugins.py") or "DependencyError(" not in text.replace(
            "class DependencyError(", ""
        ), path
