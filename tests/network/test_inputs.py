"""What networks are given of a segment that comes frame by frame, against all of it at once."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from sspd.models.spec import NetworkSpec
from sspd.network.inputs import input_chunks, input_rows
from sspd.research.views.mdm import INPUTS
from sspd.types import Frames


def drawn(n: int, seed: int = 0) -> NDArray[np.float32]:
    levels = np.random.default_rng(seed).uniform(0, 255, (n, 2, 3, 3))
    return levels.astype(np.float32)


def slow_centred(frames: NDArray[np.float32], window: int) -> NDArray[np.float64]:
    """Each frame but the last less the mean of the window that lies most evenly about it."""
    n = len(frames)
    out = []
    for k in range(n - 1):
        first = min(max(k - window // 2, 0), max(n - window, 0))
        mean = frames[first : first + window].astype(np.float64).mean(axis=0)
        out.append((frames[k] - mean).transpose(2, 0, 1))
    return np.array(out).reshape(-1, 3, 2, 3)


@given(st.integers(0, 40), st.integers(2, 15), st.integers(0, 99))
def test_centred_frames_are_less_the_mean_about_them(n: int, window: int, seed: int) -> None:
    frames = drawn(n, seed)
    spec = NetworkSpec(fs=10.0, input="centred", centre_s=(window - 1) / 10)
    got = np.array(list(input_rows(iter(frames), spec))).reshape(-1, 3, 2, 3)
    np.testing.assert_allclose(got, slow_centred(frames, window), atol=1e-3)


@pytest.mark.parametrize("kind", ["differences", "centred"])
def test_a_segment_as_long_as_a_clip_is_what_training_sees(kind: str) -> None:
    frames = drawn(31)
    spec = NetworkSpec(fs=30.0, input=kind, centre_s=1.0)  # type: ignore[arg-type]
    got = np.array(list(input_rows(frames, spec)))
    clip = torch.from_numpy(frames.transpose(0, 3, 1, 2).copy())[None]
    expected = INPUTS[spec.input](clip)[0].transpose(0, 1)
    np.testing.assert_allclose(got, expected, atol=1e-3)


@pytest.mark.parametrize("kind", ["differences", "centred"])
@pytest.mark.parametrize("cut", [1, 17, 90])
def test_pieces_give_what_the_whole_gives(kind: str, cut: int) -> None:
    rgb, t = drawn(100).astype(np.uint8), np.arange(100) / 30
    spec = NetworkSpec(fs=30.0, input=kind, centre_s=1.0)  # type: ignore[arg-type]
    whole = list(input_chunks([Frames(rgb, t)], spec))
    pieces = [Frames(rgb[:cut], t[:cut]), Frames(rgb[cut:], t[cut:])]
    assert len(whole) == 99
    np.testing.assert_array_equal(whole, list(input_chunks(pieces, spec)))
    assert list(input_chunks([], spec)) == []


def test_no_more_than_a_clip_is_held() -> None:
    import weakref

    alive: list[weakref.ref[NDArray[np.float32]]] = []
    spec = NetworkSpec(fs=10.0, input="centred", centre_s=1.0)

    def coming() -> object:
        for k in range(200):
            frame = drawn(1, k)[0]
            alive.append(weakref.ref(frame))
            yield frame
            del frame

    for _ in input_rows(coming(), spec):  # type: ignore[arg-type]
        assert sum(ref() is not None for ref in alive) <= 13
