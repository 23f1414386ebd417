from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from helpers.networks import measuring_network, random_input
from sspd.network.chunks import CLIP_FRAMES, MARGIN, run_in_chunks

Run = Callable[[NDArray[np.float32]], NDArray[np.float64]]


def neighbours(reach: int, seen: list[int]) -> Run:
    """Sums `reach` pairs to either side, pairs counted from the start of its piece.

    As the network does: it halves the rate, so a piece that begins at an odd place
    would pair up other differences.
    """

    def run(differences: NDArray[np.float32]) -> NDArray[np.float64]:
        seen.append(differences.shape[1])
        assert differences.shape[1] % 2 == 0
        pairs = differences[0, :, 0, 0].astype(float).reshape(-1, 2).sum(axis=1)
        padded = np.pad(pairs, reach)
        weights = np.arange(1, 2 * reach + 2)
        return np.correlate(padded, weights, "valid").repeat(2)

    return run


def numbers(n: int) -> NDArray[np.float32]:
    values = np.random.default_rng(n).integers(-1000, 1000, n)
    return values.astype(np.float32)[:, None, None, None].repeat(3, axis=1)


@pytest.mark.slow
@settings(deadline=None, max_examples=300)
@given(st.integers(4, 700), st.integers(1, 60), st.integers(0, 12))
def test_pieces_equal_the_whole(n: int, half_chunk: int, reach: int) -> None:
    margin = 2 * reach + 2
    differences, seen = numbers(n), []
    even = differences if n % 2 == 0 else np.append(differences, differences[-1:], axis=0)
    whole = neighbours(reach, [])(even.transpose(1, 0, 2, 3))[:n]
    got = run_in_chunks(neighbours(reach, seen), iter(differences), 2 * half_chunk, margin)
    np.testing.assert_array_equal(got, whole)
    piece = 2 * half_chunk + 2 * margin
    assert set(seen) == {piece} if n + n % 2 > piece else seen == [n + n % 2]


def test_long_videos_are_run_in_pieces_of_one_length_and_little_is_run_twice() -> None:
    seen: list[int] = []
    run_in_chunks(neighbours(3, seen), numbers(10_000))
    assert set(seen) == {CLIP_FRAMES + 2 * MARGIN}
    assert sum(seen) < 1.25 * 10_000


def test_a_video_as_long_as_a_piece_is_run_once() -> None:
    for n in (CLIP_FRAMES + 2 * MARGIN - 1, CLIP_FRAMES + 2 * MARGIN):
        seen: list[int] = []
        run_in_chunks(neighbours(3, seen), numbers(n))
        assert len(seen) == 1


def _torch_run(seed: int = 0) -> Run:
    network = measuring_network(seed)

    @torch.no_grad()
    def run(differences: NDArray[np.float32]) -> NDArray[np.float64]:
        x = torch.from_numpy(differences)[None]
        waveform: NDArray[np.float64] = network(x)[0].double().numpy()
        return waveform

    return run


@pytest.mark.slow
@pytest.mark.parametrize(("n", "chunk"), [(97, 32), (62, 2), (121, 64)])
def test_the_networks_waveform_does_not_depend_on_the_pieces(n: int, chunk: int) -> None:
    run, differences = _torch_run(), random_input(n)
    whole = run_in_chunks(run, differences, chunk=1000)
    got = run_in_chunks(run, differences, chunk=chunk)
    assert got.shape == (n,)
    np.testing.assert_allclose(got, whole, atol=1e-5)


@pytest.mark.slow
def test_a_margin_under_the_networks_memory_would_be_seen() -> None:
    run, differences = _torch_run(), random_input(97)
    whole = run_in_chunks(run, differences, chunk=1000)
    torn = run_in_chunks(run, differences, chunk=32, margin=2)
    assert np.abs(torn - whole).max() > 1e-4
