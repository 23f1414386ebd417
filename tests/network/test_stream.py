"""A video piece by piece through a network with a memory, against the whole at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from helpers.networks import measuring_network, random_input
from sspd.network import Network, load_network
from sspd.network.chunks import RunNetwork
from sspd.network.export import export_onnx
from sspd.network.stream import BLOCK_FRAMES, CONTEXT, EDGE, LATENCY, Step, run_in_stream

pytestmark = pytest.mark.usefixtures("tricks_on")

#: Weights of a kernel in place of the network's ten, as wide as they are together, less one.
KERNEL = np.random.default_rng(5).normal(size=2 * LATENCY - 1)


def blind(differences: NDArray[np.float32]) -> NDArray[np.float64]:
    """A network of one kernel, with zeros past the video's ends."""
    assert differences.shape[1] % 2 == 0
    values = np.pad(differences[0, :, 0, 0].astype(float), LATENCY - 1)
    return np.convolve(values, KERNEL, "valid")


def remembering(seen: list[int]) -> Step:
    """The same with a memory, and wrong where a video begins."""
    before = np.full(KERNEL.size + 1, 1e9)

    def step(piece: NDArray[np.float32]) -> NDArray[np.float64]:
        nonlocal before
        values = piece[0, :, 0, 0].astype(float)
        seen.append(values.size)
        if len(seen) > 1:
            np.testing.assert_array_equal(values[:CONTEXT], before[-CONTEXT:])
        whole = np.concatenate([before, values[CONTEXT:]])
        before = whole[-before.size :]
        return np.convolve(whole, KERNEL, "valid")[2 - 1 : -1]

    return step


@settings(deadline=None, max_examples=200)
@given(st.integers(0, 5 * BLOCK_FRAMES))
@example(BLOCK_FRAMES - 1)
@example(BLOCK_FRAMES)
@example(BLOCK_FRAMES + 1)
@example(2 * BLOCK_FRAMES)
def test_pieces_equal_the_whole(n: int) -> None:
    rng, seen = np.random.default_rng(n), list[int]()
    video = rng.integers(-99, 99, n).astype(np.float32)[:, None, None, None].repeat(3, axis=1)
    even = video if n % 2 == 0 else np.append(video, video[-1:], axis=0)
    whole = blind(even.transpose(1, 0, 2, 3))[:n] if n else np.zeros(0)
    got = run_in_stream(lambda: remembering(seen), blind, iter(video))
    np.testing.assert_allclose(got, whole, atol=1e-9)
    assert seen == ([CONTEXT + BLOCK_FRAMES] * -(-n // BLOCK_FRAMES) if n >= BLOCK_FRAMES else [])


@pytest.fixture(scope="module", params=[96, 128])
def network(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Network:
    path = tmp_path_factory.mktemp("stream") / "net.onnx"
    export_onnx(measuring_network(size=request.param), path)
    return load_network(path)


def whole_of(run: RunNetwork, video: NDArray[np.float32]) -> NDArray[np.float64]:
    even = video if len(video) % 2 == 0 else np.append(video, video[-1:], axis=0)
    return run(np.ascontiguousarray(even.transpose(1, 0, 2, 3)))[: len(video)]


@pytest.mark.slow
@pytest.mark.parametrize(
    "n", [BLOCK_FRAMES - 1, BLOCK_FRAMES, BLOCK_FRAMES + 1, 2 * BLOCK_FRAMES + 7]
)
def test_the_networks_waveform_does_not_depend_on_the_pieces(network: Network, n: int) -> None:
    video = random_input(n, network.spec.size)
    assert network.begin is not None
    got = run_in_stream(network.begin, network.run, iter(video))
    np.testing.assert_allclose(got, whole_of(network.run, video), atol=1e-5)


@pytest.mark.slow
def test_half_precision_is_as_rough_as_in_one_piece(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No part of it may fall back to another precision than the whole's."""
    export_onnx(measuring_network(), tmp_path / "net.onnx")
    video = random_input(3 * BLOCK_FRAMES)
    exact = load_network(tmp_path / "net.onnx")(video)
    rough = load_network(tmp_path / "net.onnx", precision="bf16")
    off, whole_off = (np.std(y - exact) for y in (rough(video), whole_of(rough.run, video)))
    # fours of pictures are other ones in pieces, and so are their roundings
    assert off == pytest.approx(whole_off, rel=0.1)
    monkeypatch.setattr("sspd.accel.rewrite.apply_temporal_winograd", lambda *_, **__: 0)
    rough = load_network(tmp_path / "net.onnx", precision="bf16")
    # the same bits, but on AMX, which adds up blocks of other sizes: a last digit here and there
    between = np.std(rough(video) - whole_of(rough.run, video))
    assert between < 0.7 * whole_off


@pytest.mark.slow
def test_a_memory_that_reached_less_far_would_be_seen(network: Network) -> None:
    video = random_input(2 * BLOCK_FRAMES, network.spec.size)
    assert network.begin is not None
    step, run = network.begin(), network.run
    whole = whole_of(run, video)
    first = np.zeros((3, CONTEXT + BLOCK_FRAMES, *video.shape[2:]), np.float32)
    first[:, CONTEXT:] = video[:BLOCK_FRAMES].transpose(1, 0, 2, 3)
    late = step(first)[LATENCY:] - whole[: BLOCK_FRAMES - LATENCY]
    assert np.abs(late[EDGE:]).max() < 1e-6  # right from there on, and not before
    assert np.abs(late[EDGE - 2 : EDGE]).max() > 1e-6


@pytest.mark.slow
def test_two_videos_do_not_see_each_other(network: Network) -> None:
    videos = [random_input(2 * BLOCK_FRAMES, network.spec.size, seed) for seed in (1, 2)]
    alone = [network(video) for video in videos]
    assert network.begin is not None
    steps = [network.begin(), network.begin()]
    got: list[list[NDArray[np.float64]]] = [[], []]
    for k in range(2):
        for which, video in enumerate(videos):
            piece = np.zeros((3, CONTEXT + BLOCK_FRAMES, *video.shape[2:]), np.float32)
            piece[:, CONTEXT:] = video[k * BLOCK_FRAMES : (k + 1) * BLOCK_FRAMES].transpose(
                1, 0, 2, 3
            )
            if k:
                piece[:, :CONTEXT] = video[BLOCK_FRAMES - CONTEXT : BLOCK_FRAMES].transpose(
                    1, 0, 2, 3
                )
            got[which].append(steps[which](piece))
    for one, wave in zip(alone, got, strict=True):
        middle = np.concatenate(wave)[LATENCY + EDGE :]
        np.testing.assert_allclose(middle, one[EDGE:-LATENCY], atol=1e-4)
