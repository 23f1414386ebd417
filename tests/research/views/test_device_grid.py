from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sspd.network.grid import grid_weights, to_grid
from sspd.research.views.device_grid import levels_on_grid
from sspd.types import FIXED_POINT_MAX, Frames

#: Steps between timestamps, seconds.
uneven = st.lists(st.floats(1e-3, 0.5), min_size=1, max_size=25)


def faces_of(steps: list[float], seed: int) -> Frames:
    t = np.cumsum([3.0, *steps])
    rgb = np.random.default_rng(seed).integers(0, FIXED_POINT_MAX + 1, (len(t), 4, 4, 3))
    return Frames(rgb.astype(np.uint16), t, FIXED_POINT_MAX)


def on_grid(faces: Frames, device: str, *grid: float | int) -> torch.Tensor:
    which, weights = grid_weights(faces, *grid)  # type: ignore[arg-type]
    parts = (torch.from_numpy(part).to(device) for part in (faces.rgb, which, weights))
    return levels_on_grid(*parts, faces.max_value)


@given(uneven, st.sampled_from([10.0, 25.0, 30.0]), st.floats(-0.2, 0.2), st.integers(0, 99))
def test_it_is_the_grid_of_numpy(steps: list[float], fs: float, late: float, seed: int) -> None:
    faces = faces_of(steps, seed)
    grid = fs, float(faces.t[0]) + late, int(np.ptp(faces.t) * fs) + 8
    ours = on_grid(faces, "cpu", *grid).numpy()
    np.testing.assert_allclose(ours, to_grid(faces, *grid).transpose(0, 3, 1, 2), atol=1e-3)


@given(uneven, st.floats(-0.2, 0.2))
def test_weights_sum_to_one_and_name_frames_that_are_there(steps: list[float], late: float) -> None:
    faces = faces_of(steps, 0)
    which, weights = grid_weights(faces, 30.0, float(faces.t[0]) + late, 9)
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-5)
    assert which.min() >= 0
    assert which.max() < len(faces)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_cuda_as_on_the_processor() -> None:
    faces = faces_of([1 / 30] * 20, 1)
    grid = 30.0, float(faces.t[0]) + 0.01, 18
    there, here = (on_grid(faces, device, *grid).cpu() for device in ("cuda", "cpu"))
    torch.testing.assert_close(there, here, atol=1e-3, rtol=0)
