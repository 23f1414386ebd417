from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sspd.simulation.camera.beauty import BRIGHTEN, BeautyFilter, brightened, skin_likeness
from sspd.simulation.person.skin import TONES

SHAPE = (64, 80)
SKIN = np.array([196, 147, 116], np.float32)


def _scene(texture: float = 2.0) -> NDArray[np.float32]:
    """Textured skin on the left, grey on the right."""
    frame = np.full((*SHAPE, 3), 120, np.float32)
    frame[:, :40] = SKIN
    spots = cv2.GaussianBlur(np.random.default_rng(1).normal(0, 1, SHAPE), (0, 0), 1.5)
    return np.asarray(frame + (texture * spots / spots.std())[..., None], np.float32)


def _filter(strength: float, unrest: float = 0.0, seed: int = 0) -> BeautyFilter:
    return BeautyFilter(strength, unrest, np.random.default_rng(seed))


def test_skin_is_smoothed_and_brightened_by_the_strength_and_grey_is_not() -> None:
    before = _scene()
    skin, grey = (slice(8, 56), slice(8, 30)), (slice(8, 56), slice(48, 72))
    roughness, light = [], []
    for strength in (0.3, 0.6, 1.0):
        out = _filter(strength)(0, before.copy())
        roughness.append(out[skin][..., 1].std() / before[skin][..., 1].std())
        light.append(float((out[skin] - before[skin])[..., 1].mean()))
        np.testing.assert_allclose(out[grey], before[grey], atol=1e-3)
    assert 0.9 > roughness[0] > 1.15 * roughness[1] > 1.15**2 * roughness[2]
    whole = float(brightened(np.float32([SKIN[1]]), BRIGHTEN)[0] - SKIN[1])
    assert light == pytest.approx([0.3 * whole, 0.6 * whole, whole], rel=0.1)


@pytest.mark.parametrize("strength", [0.4, 1.0])
def test_a_pulse_keeps_the_slope_of_the_curve(strength: float) -> None:
    x, step = float(SKIN[1]), 1.0
    curve = brightened(np.float32([x - step, x + step]), BRIGHTEN).astype(float)
    slope = 1 + strength * (np.diff(curve)[0] / (2 * step) - 1)
    low, high = (
        _filter(strength)(0, _scene() + np.float32(change))[8:56, 8:30, 1].mean()
        for change in (-step, step)
    )
    assert (high - low) / (2 * step) == pytest.approx(slope, rel=0.02)
    value = np.float32([128, 200])
    relative = (brightened(value * 1.001, BRIGHTEN) / brightened(value, BRIGHTEN) - 1) / 0.001
    assert relative == pytest.approx([0.95, 0.93], abs=0.01)


def test_the_rule_of_colour_finds_light_skin_and_misses_dark_skin_in_dim_light() -> None:
    assert (skin_likeness(TONES[None, :5]) == 1).all()
    assert (skin_likeness(0.4 * TONES[None, 4:]) == 0).all()
    assert skin_likeness(np.float32([[[120, 130, 140], [30, 30, 30], [90, 200, 90]]])).max() == 0


def _unrest(unrest: float) -> NDArray[np.float64]:
    """Standard deviation over time of green, of each pixel, for colours around the threshold."""
    frame = np.full((*SHAPE, 3), 120, np.float32)
    # red above green by 0 to 80 pixel values, from right to left; the threshold is 15
    frame[..., 0] += np.linspace(80, 0, SHAPE[1], dtype=np.float32)
    one = _filter(0.8, unrest)
    return np.stack([one(k, frame.copy())[..., 1] for k in range(60)]).std(axis=0)


def test_the_edge_of_the_mask_is_unstable_by_its_option_and_skin_inside_is_not() -> None:
    edge = slice(60, 70)
    still, some, much = (_unrest(unrest) for unrest in (0.0, 1.5, 4.0))
    assert still.max() < 1e-3
    assert much[:, edge].mean() > 1.5 * some[:, edge].mean() > 0.1
    assert some[:, :40].max() < 1e-3


def test_equal_seeds_give_equal_frames_and_others_do_not() -> None:
    def run(seed: int) -> NDArray[np.float32]:
        frame = np.full((*SHAPE, 3), 120, np.float32)
        frame[..., 0] = 134
        one = _filter(0.8, 3.0, seed)
        return np.stack([one(k, frame.copy()) for k in range(3)])

    np.testing.assert_array_equal(run(1), run(1))
    assert not np.array_equal(run(1), run(2))
