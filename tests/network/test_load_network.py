from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import openvino
import pytest
import torch
from numpy.typing import NDArray

from helpers.networks import measuring_network, random_input
from sspd.errors import OutputError, UsageError, WeightsError
from sspd.models.checkpoint import save_checkpoint
from sspd.models.released import import_released
from sspd.network import Network, load_network
from sspd.network.export import export_onnx, onnx_bytes
from sspd.network.load import PRECISIONS
from sspd.network.stream import BLOCK_FRAMES
from sspd.signal import integrate

X = random_input(30)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One network as a checkpoint and as ONNX."""
    folder = tmp_path_factory.mktemp("weights")
    network = measuring_network(polarity=-1, name="mine")
    save_checkpoint(network, folder / "net.safetensors")
    export_onnx(network, folder / "net.onnx")
    return folder


@pytest.fixture(scope="module")
def network(folder: Path) -> Network:
    return load_network(folder / "net.onnx")


@torch.no_grad()
def _exact(differences: NDArray[np.float32]) -> NDArray[np.float64]:
    x = torch.from_numpy(np.ascontiguousarray(differences.transpose(1, 0, 2, 3)))[None]
    waveform: NDArray[np.float64] = measuring_network()(x)[0].double().numpy()
    return waveform


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["openvino", "torch"])
@pytest.mark.parametrize("file", ["net.onnx", "net.safetensors"])
def test_every_file_and_backend_gives_the_same(folder: Path, backend: str, file: str) -> None:
    loaded = load_network(folder / file, backend=backend, threads=1)
    assert loaded.spec == measuring_network(polarity=-1, name="mine").spec
    np.testing.assert_allclose(loaded(X), -_exact(X), atol=1e-4)


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="Linux alone")
@pytest.mark.parametrize("threads", [1, None])
def test_a_run_leaves_its_thread_all_cores(folder: Path, threads: int | None) -> None:
    ready, before = load_network(folder / "net.onnx", threads=threads), os.sched_getaffinity(0)
    ready(X)  # the first run of a length compiles for it, which pins for a moment
    running = threading.Thread(target=ready, args=(X,))
    running.start()
    during = set[frozenset[int]]()
    while running.is_alive():
        with suppress(ProcessLookupError):
            during.add(frozenset(os.sched_getaffinity(running.native_id or 0)))
    assert during == {frozenset(before)}  # pinned, workers would share one core


@pytest.mark.slow
@pytest.mark.usefixtures("tricks_on")
def test_what_has_begun_compiles_nothing_more_and_leaves_a_core_where_it_is_fast(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[int | None] = []
    compile_ = openvino.Core.compile_model

    def noted(core: openvino.Core, model: Any, device: str, settings: dict[str, Any]) -> Any:
        compiled.append(settings.get("INFERENCE_NUM_THREADS"))
        return compile_(core, model, device, settings)

    monkeypatch.setattr(openvino.Core, "compile_model", noted)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(5), raising=False)
    able = openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    for precision, threads in (("f32", None), ("auto", 4 if "BF16" in able else None)):
        network = load_network(folder / "net.onnx", precision=precision)
        assert network.begin is not None
        network.begin()
        # clips of the video's ends, and its pieces
        assert sorted(compiled, key=str) == sorted([None, threads], key=str)
        network(random_input(2 * BLOCK_FRAMES + 7))
        assert len(compiled) == 2
        compiled.clear()


@pytest.mark.slow
def test_lengths_may_change_from_call_to_call_and_may_be_odd(network: Network) -> None:
    for t in (4, 5, 9, 30, 5):
        np.testing.assert_allclose(network(X[:t]), -_exact(X[:t]), atol=1e-4)


@pytest.mark.slow
def test_a_video_longer_than_a_piece_equals_the_whole(network: Network) -> None:
    long = random_input(331)
    np.testing.assert_allclose(network(long), -_exact(long), atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["openvino", "torch"])
def test_bf16_is_near(folder: Path, backend: str) -> None:
    rough = load_network(folder / "net.safetensors", backend=backend, precision="bf16")(X)
    assert np.isfinite(rough).all()
    assert np.corrcoef(rough, -_exact(X))[0, 1] > 0.99
    auto = load_network(folder / "net.safetensors", backend=backend, precision="auto")(X)
    assert np.corrcoef(auto, -_exact(X))[0, 1] > 0.99


@pytest.mark.slow
@pytest.mark.parametrize("kind", [np.float64, np.float16])
def test_other_kinds_of_numbers_are_taken(folder: Path, kind: type) -> None:
    for backend in ("openvino", "torch"):
        waveform = load_network(folder / "net.safetensors", backend=backend)(X.astype(kind))
        np.testing.assert_allclose(waveform, -_exact(X), atol=5e-3)


@pytest.mark.slow
def test_channels_sign_and_sum_follow_the_spec(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    save_checkpoint(measuring_network(colour="bgr", summations=1, polarity=-1), path)
    slope = -_exact(np.ascontiguousarray(X[:, ::-1]))
    for backend in ("openvino", "torch"):
        got = load_network(path, backend=backend)(X)
        np.testing.assert_allclose(got, integrate(slope, 30.0, 1), atol=1e-3)


@pytest.mark.parametrize(
    "shape", [(30, 3, 96, 95), (30, 3, 128, 128), (30, 96, 96, 3), (30, 1, 96, 96), (3, 96, 96)]
)
def test_wrong_shapes_are_refused(network: Network, shape: tuple[int, ...]) -> None:
    with pytest.raises(UsageError, match=r"'mine' needs \(t, 3, 96, 96\), got"):
        network(np.zeros(shape, np.float32))
    for t in (0, 3):
        with pytest.raises(UsageError, match=f"needs 4 differences, got {t}"):
            network(X[:t])


def test_torch_runs_with_the_threads_asked_for_and_gives_them_back(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    real = torch.set_num_threads
    monkeypatch.setattr(torch, "set_num_threads", lambda n: (asked.append(n), real(n)))
    before = torch.get_num_threads()
    load_network(folder / "net.safetensors", backend="torch", threads=3)(X)
    assert set(asked) == {3, before}
    assert torch.get_num_threads() == before


def test_unknown_choices_are_refused(folder: Path) -> None:
    with pytest.raises(UsageError, match=", ".join(PRECISIONS)):
        load_network(folder / "net.onnx", precision="f8")
    with pytest.raises(UsageError, match="backend is one of"):
        load_network(folder / "net.onnx", backend="tensorrt")


@pytest.mark.parametrize("precision", ["f32", "auto"])
def test_the_weights_of_the_package_have_a_name(precision: str) -> None:
    """By their name too they may run in int8, which ``auto`` allows them alone."""
    size = load_network(precision=precision).spec.size
    x = random_input(40, size)
    named, plain = (load_network(name, precision=precision)(x) for name in ("large", None))
    np.testing.assert_array_equal(named, plain)


def _refused(path: Path, match: str = "not a network exported by sspd") -> None:
    with pytest.raises(WeightsError, match=match) as caught:
        load_network(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def _edited(folder: Path, edit: Callable[[Any], None]) -> bytes:
    model = onnx.load(folder / "net.onnx")
    del model.metadata_props[1:]  # the checksum, which would tell of any edit
    edit(model)
    data: bytes = model.SerializeToString()
    return data


def _facts(**changes: Any) -> Callable[[Any], None]:
    def edit(model: Any) -> None:
        facts = json.loads(model.metadata_props[0].value) | changes
        model.metadata_props[0].value = json.dumps(facts)

    return edit


@pytest.mark.parametrize(
    "edit",
    [
        lambda model: model.metadata_props.pop(),
        lambda model: setattr(model.metadata_props[0], "value", "[]"),
        lambda model: setattr(model.metadata_props[0], "value", "{"),
        lambda model: model.graph.node.pop(),
        lambda model: model.graph.initializer.pop(),
        _facts(size=128),
        _facts(polarity=0),
        _facts(secret=1),
        _facts(fs="fast"),
        _facts(pyramid={"widths": [9], "heads": 0}),
    ],
)
def test_foreign_onnx_is_refused(folder: Path, tmp_path: Path, edit: Callable[[Any], None]) -> None:
    (tmp_path / "bad.onnx").write_bytes(_edited(folder, edit))
    _refused(tmp_path / "bad.onnx")


@pytest.mark.slow
def test_a_network_that_looks_further_is_run_in_overlapping_pieces(
    folder: Path, tmp_path: Path
) -> None:
    def blind(model: Any) -> None:  # one convolution looks at its own picture alone
        nodes = {node.name: node for node in model.graph.node}
        kernel = nodes["/backbone/conv/Conv"].input[1]
        (weights,) = (w for w in model.graph.initializer if w.name == kernel)
        values = onnx.numpy_helper.to_array(weights)[:, :, 1:2]
        weights.CopyFrom(onnx.numpy_helper.from_array(np.ascontiguousarray(values), kernel))
        for fact in nodes["/backbone/conv/Conv"].attribute:
            if fact.name == "pads":
                fact.ints[:] = [0] * 6
            if fact.name == "kernel_shape":
                fact.ints[0] = 1

    (tmp_path / "other.onnx").write_bytes(_edited(folder, blind))
    other, video = load_network(tmp_path / "other.onnx"), random_input(150)
    assert other.begin is None
    whole = other.run(np.ascontiguousarray(video.transpose(1, 0, 2, 3)))
    np.testing.assert_allclose(other(video), -whole, atol=1e-5)


def test_damaged_onnx_is_refused(folder: Path, tmp_path: Path) -> None:
    path, data = tmp_path / "bad.onnx", (folder / "net.onnx").read_bytes()
    rng = np.random.default_rng(0)
    torn = [data[: int(n)] for n in rng.integers(1, len(data), 5)]
    for bad in (b"", b"text", rng.bytes(200), *torn, (folder / "net.safetensors").read_bytes()):
        path.write_bytes(bad)
        _refused(path)


def test_missing_and_huge_files_are_refused_unread(tmp_path: Path) -> None:
    for name in ("a.onnx", "a.safetensors", "a.pth"):
        _refused(tmp_path / name, "no such weights file")
        with (tmp_path / name).open("wb") as file:
            os.truncate(file.fileno(), 1 << 36)
        _refused(tmp_path / name, "larger than any")


def test_a_pickled_checkpoint_names_the_way_in(tmp_path: Path) -> None:
    for name in ("a.pth", "a.pt", "a.safetensors"):
        torch.save(measuring_network().state_dict(), tmp_path / name)
        _refused(tmp_path / name, "sspd import")


def test_an_export_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        export_onnx(measuring_network(), tmp_path / "absent" / "net.onnx")
    assert list(tmp_path.iterdir()) == []


def test_the_export_is_standard_onnx_with_its_facts() -> None:
    model = onnx.load_from_string(onnx_bytes(measuring_network(name="exported")))
    onnx.checker.check_model(model)
    assert json.loads(model.metadata_props[0].value)["name"] == "exported"
    dims = model.graph.input[0].type.tensor_type.shape.dim
    assert [d.dim_param or d.dim_value for d in dims] == [1, 3, "t", 96, 96]
    assert [o.name for o in model.graph.output] == ["rppg"]


@pytest.mark.slow
def test_the_released_waveform_is_met_through_openvino(shared: Path, tmp_path: Path) -> None:
    reference = np.load(shared / "reference" / "released_forward.npz")
    save_checkpoint(
        import_released(shared / "reference" / "released_ubfc.pth"), tmp_path / "a.safetensors"
    )
    bgr = np.diff(reference["frames_bgr"].astype(np.float32), axis=0).transpose(0, 3, 1, 2)
    for backend in ("openvino", "torch"):
        network = load_network(tmp_path / "a.safetensors", backend=backend)
        waveform = network(np.ascontiguousarray(bgr[:, ::-1]))
        np.testing.assert_allclose(waveform, reference["waveform"], atol=1e-4)
