from __future__ import annotations

import numpy as np
import pytest

from sspd.simulation.camera.sharpen import SIGMA_PX, sharpen


@pytest.mark.parametrize("cycles_per_px", [1 / 16, 1 / 8, 1 / 4])
@pytest.mark.parametrize("amount", [0.5, 1.0, 2.0])
def test_detail_grows_by_the_formula(amount: float, cycles_per_px: float) -> None:
    wave = 2 * np.sin(2 * np.pi * cycles_per_px * (np.arange(64) + 0.3))
    frame = np.broadcast_to(120 + wave[None, :, None], (32, 64, 3)).astype(np.float32)
    out = sharpen(frame.copy(), amount, 20.0)
    inner = slice(16, 48)
    gain = out[16, inner, 1].std() / frame[16, inner, 1].std()
    blurred = np.exp(-2 * (np.pi * cycles_per_px * SIGMA_PX) ** 2)
    assert gain == pytest.approx(1 + amount * (1 - blurred), rel=0.04)


@pytest.mark.parametrize("halo", [0.0, 5.0, 20.0])
def test_halos_of_an_edge_are_limited(halo: float) -> None:
    edge = np.full((12, 20, 3), 60, np.float32)
    edge[:, 10:] = 180
    out = sharpen(edge.copy(), 2.0, halo)
    assert out.max() == pytest.approx(180 + halo, abs=0.01)
    assert out.min() == pytest.approx(60 - halo, abs=0.01)


def test_even_regions_and_the_colour_stay() -> None:
    rng = np.random.default_rng(0)
    frame = rng.uniform(0, 255, (30, 40, 3)).astype(np.float32)
    frame[:, :20] = (180, 130, 100)
    out = sharpen(frame.copy(), 1.5, 30.0)
    np.testing.assert_allclose(out[:, :17], frame[:, :17], atol=1e-3)
    change = out - frame
    np.testing.assert_allclose(change[..., 0], change[..., 2], atol=1e-3)
    assert np.abs(change).max() > 5
