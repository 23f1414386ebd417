from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from sspd.errors import UsageError
from sspd.models.spec import NetworkSpec
from sspd.network.grid import differences, network_input, to_grid
from sspd.network.inputs import input_chunks
from sspd.types import FIXED_POINT_MAX, Frames

#: Steps between timestamps, seconds: nothing closer than a millisecond, gaps of half a second.
uneven = st.lists(st.floats(1e-3, 0.5), min_size=1, max_size=25)


def video(levels: NDArray[np.float64], t: NDArray[np.float64]) -> Frames:
    """A video of 1x1 pictures, its levels (time,) or (time, 3) stored as fixed point."""
    levels = np.atleast_2d(levels.T).T * np.ones(3)
    fixed = np.round(levels * 256).astype(np.uint16)
    return Frames(fixed[:, None, None, :], np.asarray(t, float), FIXED_POINT_MAX)


def noise(seed: int, n: int) -> NDArray[np.float64]:
    return np.random.default_rng(seed).uniform(0, 255, (n, 3))


def slow_grid(faces: Frames, fs: float, start_s: float, n: int) -> NDArray[np.float64]:
    """Each grid time and channel on its own: a weighted line, or two neighbours' line."""
    levels = faces.rgb[:, 0, 0].astype(float) * 255 / faces.max_value
    out = np.empty((n, 3))
    for k in range(n):
        at = min(max(start_s + k / fs, faces.t[0]), faces.t[-1])
        weights = np.array([max(0.0, 1 - abs(ti - at) * fs) for ti in faces.t])
        weights[weights < 1e-4] = 0
        here = np.abs(faces.t - at) <= 1e-6
        before = np.flatnonzero((faces.t < at) | here)[-1]
        after = np.flatnonzero((faces.t > at) | here)[0]
        enough = weights[before] > 0 and weights[after] > 0
        for c in range(3):
            if not enough:
                out[k, c] = np.interp(at, faces.t, levels[:, c])
            elif np.count_nonzero(weights) == 1:
                out[k, c] = levels[weights > 0, c][0]
            else:
                some = weights > 0
                x = faces.t[some] - at
                out[k, c] = np.polyfit(x, levels[some, c], 1, w=np.sqrt(weights[some]))[1]
    return out


@given(uneven, st.sampled_from([10.0, 25.0, 30.0]), st.floats(-0.2, 0.2), st.integers(0, 99))
def test_against_the_slow_version(steps: list[float], fs: float, late: float, seed: int) -> None:
    t = np.cumsum([3.0, *steps])
    faces = video(noise(seed, len(t)), t)
    n = int((t[-1] - t[0]) * fs) + 8
    fast = to_grid(faces, fs, t[0] + late, n)[:, 0, 0]
    np.testing.assert_allclose(fast, slow_grid(faces, fs, t[0] + late, n), atol=2e-2)


@given(st.integers(1, 40), st.sampled_from([15.0, 29.97, 30.0]), st.floats(0, 1000))
def test_equal_clocks_give_the_pictures_bit_for_bit(n: int, fs: float, start_s: float) -> None:
    rng = np.random.default_rng(n)
    t = start_s + np.arange(n) / fs + rng.uniform(-4e-7, 4e-7, n)
    rgb = rng.integers(0, FIXED_POINT_MAX + 1, (n, 2, 2, 3)).astype(np.uint16)
    grid = to_grid(Frames(rgb, t, FIXED_POINT_MAX), fs, start_s, n)
    np.testing.assert_array_equal(grid, rgb.astype(np.float32) / 256)


@pytest.mark.parametrize("fps", [12, 15, 24, 25, 29.97, 30, 50, 60, 120])
def test_an_even_change_comes_out_exactly(fps: float) -> None:
    t = np.arange(int(4 * fps)) / fps
    grid = to_grid(video(10 + 50 * t, t), 30.0)[:, 0, 0, 1]
    np.testing.assert_allclose(grid, 10 + 50 * np.arange(len(grid)) / 30, atol=0.01)
    assert abs(len(grid) - 30 * t[-1]) <= 1


@given(uneven)
def test_an_even_change_comes_out_exactly_from_uneven_timestamps(steps: list[float]) -> None:
    t = np.cumsum([0.0, *steps])
    levels = 20 + 200 * t / t[-1]
    grid = to_grid(video(levels, t), 30.0)[:, 0, 0, 0]
    times = np.minimum(np.arange(len(grid)) / 30, t[-1])
    np.testing.assert_allclose(grid, 20 + 200 * times / t[-1], atol=0.05)


def test_a_video_of_twice_the_rate_is_averaged_not_thinned() -> None:
    n = 6001
    faces = video(128 + 20 * np.random.default_rng(2).standard_normal((n, 3)), np.arange(n) / 60)
    grid = to_grid(faces, 30.0)[1:-1, 0, 0]
    assert grid.var() / (20.0**2) == pytest.approx(0.375, rel=0.03)
    slow = faces.rgb[:, 0, 0] / 256
    quarters = slow[1:-3:2] / 4 + slow[2:-2:2] / 2 + slow[3:-1:2] / 4
    np.testing.assert_allclose(grid, quarters, atol=1e-3)


@pytest.mark.parametrize("fps", [45, 60, 90, 120])
def test_no_picture_of_a_faster_video_is_lost(fps: int) -> None:
    n = fps
    for k in range(fps // 2, fps // 2 + 6):
        levels = np.zeros(n)
        levels[k] = 200
        grid = to_grid(video(levels, np.arange(n) / fps), 30.0)[:, 0, 0, 0]
        assert grid.sum() / 200 == pytest.approx(30 / fps, rel=0.35)


@pytest.mark.parametrize("fps", [15, 24, 25, 29.97, 60])
def test_a_pulse_keeps_its_shape_at_any_rate(fps: float) -> None:
    t = np.arange(int(10 * fps)) / fps
    grid = to_grid(video(100 + 5 * np.sin(2 * np.pi * 1.2 * t), t), 30.0)[:, 0, 0, 1]
    truth = 5 * np.sin(2 * np.pi * 1.2 * np.arange(len(grid)) / 30)
    assert np.corrcoef(grid - 100, truth)[0, 1] > 0.998
    assert grid.std() / truth.std() == pytest.approx(1, abs=0.05)


def test_outside_of_the_video_its_ends_stand_in() -> None:
    grid = to_grid(video(np.array([10.0, 20.0]), np.array([1.0, 1.1])), 10.0, 0.5, 12)
    np.testing.assert_allclose(grid[:6, 0, 0, 0], 10, atol=1e-5)
    np.testing.assert_allclose(grid[6:, 0, 0, 0], 20, atol=1e-5)


def test_rounded_timestamps_lose_no_grid_time() -> None:
    t = np.floor(np.arange(300) / 30 * 1000) / 1000
    assert len(to_grid(video(np.zeros(300), t), 30.0)) == 300


def test_bytes_have_their_own_scale() -> None:
    faces = Frames(np.full((3, 1, 1, 3), 77, np.uint8), np.arange(3) / 30)
    np.testing.assert_array_equal(to_grid(faces, 30.0), 77)


def test_differences_are_next_minus_this_channels_first() -> None:
    grid = np.random.default_rng(0).normal(size=(5, 2, 4, 3)).astype(np.float32)
    got = differences(grid)
    assert got.shape == (4, 3, 2, 4)
    assert got.dtype == np.float32
    for k in range(4):
        for c in range(3):
            np.testing.assert_array_equal(got[k, c], grid[k + 1, :, :, c] - grid[k, :, :, c])


@pytest.mark.parametrize("fps", [25, 30, 60])
def test_network_input_is_the_differences_of_the_grid(fps: int) -> None:
    rng = np.random.default_rng(fps)
    rgb = rng.integers(0, FIXED_POINT_MAX, (fps, 3, 5, 3)).astype(np.uint16)
    faces = Frames(rgb, 2 + np.arange(fps) / fps, FIXED_POINT_MAX)
    for where in ({}, {"start_s": 2.11, "n": 20}, {"start_s": 1.0, "n": 1}):
        np.testing.assert_array_equal(
            network_input(faces, 30.0, **where), differences(to_grid(faces, 30.0, **where))
        )


@given(uneven, st.sampled_from([10.0, 30.0, 75.0]), st.integers(1, 9), st.integers(0, 99))
def test_pieces_give_what_the_whole_gives(
    steps: list[float], fs: float, length: int, seed: int
) -> None:
    t = np.cumsum([3.0, *steps])
    faces = video(noise(seed, len(t)), t)
    cuts = [slice(k, k + length) for k in range(0, len(t) + length, length)]
    pieces = [Frames(faces.rgb[cut], t[cut], faces.max_value) for cut in cuts]
    got = list(input_chunks(pieces, NetworkSpec(fs=fs)))
    whole = network_input(faces, fs)
    assert len(got) == len(whole)
    if len(whole):
        np.testing.assert_array_equal(np.stack(got), whole)


def test_pieces_hold_little(fps: float = 30.0) -> None:
    taken = 0

    def pieces() -> Iterator[Frames]:
        nonlocal taken
        for k in range(100):
            taken += 1
            rgb = np.zeros((10, 2, 2, 3), np.uint8)
            yield Frames(rgb, (10 * k + np.arange(10)) / fps)

    rows = input_chunks(pieces(), NetworkSpec(fs=fps))
    for k in range(500):
        next(rows)
        assert 10 * taken <= k + 22


@pytest.mark.parametrize(
    ("n_faces", "fs", "start_s", "n"),
    [(0, 30.0, None, None), (5, 0.0, None, None), (5, 30.0, 9.0, None), (5, 30.0, None, 0)],
)
def test_what_cannot_be_is_refused(
    n_faces: int, fs: float, start_s: float | None, n: int | None
) -> None:
    faces = video(np.zeros(n_faces), np.arange(n_faces) / 30)
    for function in (to_grid, network_input):
        with pytest.raises(UsageError):
            function(faces, fs, start_s, n)
