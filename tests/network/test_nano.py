"""The small network as a stream: the same in pieces, resumed, and from its file."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray

from helpers.networks import measuring_network, nano_network, random_faces
from sspd.errors import UsageError, WeightsError
from sspd.models.checkpoint import save_checkpoint
from sspd.models.nano import whole_waveform
from sspd.models.nano_spec import MOST_STATE_BYTES
from sspd.network import load_network
from sspd.network.export import export_onnx, onnx_bytes
from sspd.network.load import find_weights
from sspd.network.nano import StreamNetwork
from sspd.network.nano_load import holds_nano, load_stream_network, stream_of_onnx
from sspd.network.nano_state import NanoState
from sspd.network.onnx_header import with_checksum
from sspd.research.recipes import STUDENTS

LARGEST_FILE_BYTES = 600_000
#: Operators of opset 17 that ONNX Runtime Web has in its wasm backend, of those that it needs.
_OPERATORS = """
Abs Add Clip Concat Constant Conv Div DequantizeLinear Gather Gemm Identity LeakyRelu Log MatMul
Mul Reciprocal ReduceMean Reshape Shape Sigmoid Slice Softmax Sqrt Sub Tanh Transpose Unsqueeze
"""
OPERATORS = frozenset(_OPERATORS.split())


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("nano") / "nano.onnx"
    export_onnx(nano_network(latency=5), path)
    return path


@pytest.fixture(scope="module")
def network(file: Path) -> StreamNetwork:
    return load_stream_network(file)


def whole(faces: NDArray[np.float32]) -> NDArray[np.float64]:
    """The training form's waveform of all faces at once."""
    given = torch.from_numpy(np.ascontiguousarray(faces.transpose(0, 3, 1, 2)))[None]
    with torch.no_grad():
        return whole_waveform(nano_network(latency=5), given)[0].double().numpy()


@pytest.mark.parametrize("n", [1, 7, 1000])
def test_a_stream_gives_what_the_training_form_gives(network: StreamNetwork, n: int) -> None:
    faces = random_faces(100)
    stream = network.stream()
    parts = [stream.push(faces[k : k + n]) for k in range(0, 100, n)]
    assert sum(part.size for part in parts) == 100 - network.spec.latency
    found = np.concatenate([*parts, stream.finish()])
    wanted = whole(faces)
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    np.testing.assert_allclose(network(iter(faces)), wanted, atol=1e-5)
    assert wanted.std() > 0.01


def test_a_value_comes_when_its_latency_is_over_and_no_earlier(network: StreamNetwork) -> None:
    stream, faces = network.stream(), random_faces(20)
    sizes = [stream.push(face[None]).size for face in faces]
    assert sizes == [0] * 5 + [1] * 15
    assert network.spec.latency_s == pytest.approx(5 / 30)


@pytest.mark.parametrize("cut", [0, 3, 5, 40])
def test_a_saved_state_continues_the_same_bits(network: StreamNetwork, cut: int) -> None:
    faces = random_faces(60)
    first = network.stream()
    before = first.push(faces[:cut])
    saved = first.state.to_bytes()
    assert len(saved) <= MOST_STATE_BYTES + 1000
    second = network.stream(NanoState.from_bytes(saved))
    found = np.concatenate([before, second.push(faces[cut:]), second.finish()])
    straight = network.stream()
    np.testing.assert_array_equal(found, np.append(straight.push(faces), straight.finish()))


def test_fewer_faces_than_the_latency_have_values_too(network: StreamNetwork) -> None:
    assert network(iter(random_faces(2))).size == 2
    assert network(iter(random_faces(0))).size == 0


def test_two_streams_run_side_by_side(network: StreamNetwork) -> None:
    one, two = random_faces(30, seed=1), random_faces(30, seed=2)
    streams = network.stream(), network.stream()
    found: list[list[NDArray[np.float64]]] = [[], []]
    for k in range(30):
        for which, faces in enumerate((one, two)):
            found[which].append(streams[which].push(faces[k][None]))
    for wave, faces in zip(found, (one, two), strict=True):
        np.testing.assert_allclose(np.concatenate(wave), whole(faces)[:-5], atol=1e-5)


def test_a_gap_is_an_error_and_a_reset_begins_anew(network: StreamNetwork) -> None:
    faces, stream = random_faces(30), network.stream()
    stream.push(faces[:10], np.arange(10) / 30)
    with pytest.raises(UsageError, match=r"step of 10 s.*reset\(\) begins anew"):
        stream.push(faces[10:11], [9 / 30 + 10])
    stream.push(faces[10:11], [10 / 30])  # nothing of the error stays
    stream.reset()
    found = np.append(stream.push(faces, 20 + np.arange(30) / 30), stream.finish())
    np.testing.assert_allclose(found, whole(faces), atol=1e-5)
    with pytest.raises(UsageError, match="has ended"):
        stream.push(faces)


@pytest.mark.parametrize("step_s", [0.0, -1 / 30, 1 / 15, 1 / 60, 10.0, np.nan, np.inf])
def test_a_wrong_time_step_is_an_error(network: StreamNetwork, step_s: float) -> None:
    stream = network.stream()
    with pytest.raises(UsageError, match="1/30 s apart"):
        stream.push(random_faces(3), np.array([0.0, 1 / 30, 1 / 30 + step_s]))
    assert stream.state.frames == 0


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_pixels_that_are_not_finite_are_an_error(network: StreamNetwork, value: float) -> None:
    faces, stream = random_faces(9), network.stream()
    faces[4, 3, 3, 1] = value
    with pytest.raises(UsageError, match="face 4 has pixel values that are not finite"):
        stream.push(faces)
    assert stream.state.frames == 0


def test_faces_of_another_shape_and_too_few_times_are_errors(network: StreamNetwork) -> None:
    with pytest.raises(UsageError, match="takes faces"):
        network.stream().push(random_faces(3, size=40))
    with pytest.raises(UsageError, match="times of shape"):
        network.stream().push(random_faces(3), [0.0])


def test_the_state_of_another_network_is_refused(network: StreamNetwork) -> None:
    other = stream_of_onnx(onnx_bytes(nano_network(seed=1, latency=5)), "other").stream()
    other.push(random_faces(3))
    with pytest.raises(UsageError, match="another network"):
        network.stream(other.state)


def test_a_damaged_state_is_refused(network: StreamNetwork) -> None:
    data = network.stream().state.to_bytes()
    tampered = bytearray(data)
    tampered[-2] ^= 1
    head, _, numbers = data.partition(b"}\n")
    longer = head[:-1] + b'x"}\n' + numbers
    for wrong in (b"", data[:50], bytes(tampered), data + bytes(4), longer, data * 3):
        with pytest.raises(UsageError, match="not a state"):
            NanoState.from_bytes(wrong)


def test_the_file_is_small_and_its_operators_plain(tmp_path: Path) -> None:
    network = nano_network(size=48)
    assert network.spec == STUDENTS["nano"].network
    for int8, most in ((False, LARGEST_FILE_BYTES), (True, 200_000)):
        data = onnx_bytes(network, int8=int8)
        assert len(data) <= most
        model = onnx.load_from_string(data)
        assert {node.op_type for node in model.graph.node} <= OPERATORS
        assert {node.domain for node in model.graph.node} == {""}
        assert [entry.version for entry in model.opset_import] == [17]
        assert [one.name for one in model.graph.input] == ["face", "state"]
        assert [one.name for one in model.graph.output] == ["rppg", "next_state"]
        onnx.checker.check_model(model)


def test_int8_weights_are_near_those_of_float32() -> None:
    model = onnx.load_from_string(onnx_bytes(nano_network(), int8=True))
    numbers = {t.name: onnx.numpy_helper.to_array(t) for t in model.graph.initializer}
    known = sorted(
        (p.detach().numpy() for p in nano_network().parameters() if p.ndim > 1 and p.numel() > 255),
        key=lambda p: (p.size, float(np.abs(p).sum())),
    )
    found = []
    for node in model.graph.node:
        if node.op_type == "DequantizeLinear":
            whole_numbers, scale = (numbers[name] for name in node.input)
            shape = [1] * whole_numbers.ndim
            shape[node.attribute[0].i] = -1
            assert whole_numbers.dtype == np.int8
            found.append(whole_numbers * scale.reshape(shape))
    found.sort(key=lambda p: (p.size, float(np.abs(p).sum())))
    assert len(found) == len(known) > 10
    for one, other in zip(found, known, strict=True):
        assert np.abs(one).sum() == pytest.approx(np.abs(other).sum(), rel=0.02)


def test_int8_is_refused_for_other_networks_and_other_arithmetic(file: Path) -> None:
    with pytest.raises(UsageError, match="for the small network nano"):
        onnx_bytes(measuring_network(), int8=True)
    for precision in ("int8", "bf16"):
        with pytest.raises(UsageError, match="f32 or auto would work"):
            load_stream_network(file, precision=precision)
    with pytest.raises(UsageError, match="precision is one of"):
        load_stream_network(file, precision="f8")
    assert load_stream_network(file, precision="auto").spec.latency == 5


def test_a_checkpoint_is_loaded_as_its_export(file: Path, tmp_path: Path) -> None:
    save_checkpoint(nano_network(latency=5), tmp_path / "nano.safetensors")
    assert holds_nano(tmp_path / "nano.safetensors") and holds_nano(file)
    os.mkfifo(tmp_path / "pipe.safetensors")
    assert not holds_nano(tmp_path / "pipe.safetensors")
    found = load_stream_network(tmp_path / "nano.safetensors")(iter(random_faces(12)))
    np.testing.assert_allclose(found, whole(random_faces(12)), atol=1e-5)


def test_files_of_other_networks_are_refused_with_one_line(file: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="holds the small network nano"):
        load_network(file)
    export_onnx(measuring_network(), tmp_path / "sspd.onnx")
    assert not holds_nano(tmp_path / "sspd.onnx")
    with pytest.raises(WeightsError, match="not a network nano"):
        load_stream_network(tmp_path / "sspd.onnx")
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    with pytest.raises(WeightsError, match="checksum"):
        stream_of_onnx(bytes(data), "damaged.onnx")


def test_a_graph_that_is_not_what_its_facts_say_is_refused(file: Path) -> None:
    model = onnx.load(str(file))
    model.metadata_props.pop()  # the checksum
    for dimension, value in ((1, 4), (3, 40)):
        changed = onnx.ModelProto()
        changed.CopyFrom(model)
        changed.graph.input[0].type.tensor_type.shape.dim[dimension].dim_value = value
        with pytest.raises(WeightsError, match="not a network nano"):
            stream_of_onnx(with_checksum(changed.SerializeToString()), "changed.onnx")


def test_the_name_nano_waits_for_its_weights() -> None:
    if find_weights(None).with_name("nano.onnx").is_file():
        assert find_weights("nano").name == "nano.onnx"
    else:
        with pytest.raises(WeightsError, match="--recipe nano --teacher shipped"):
            find_weights("nano")
