from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sspd.simulation.camera.denoise import (
    Denoiser,
    guided_smooth,
    past_weight,
    recursive_response,
)

FS = 30.0
SHAPE = (48, 64)
SKIN = np.array([180, 130, 100], np.float32)
GREY = np.ones(3, np.float32)
#: A change of colour alone: its luma is 0.
COLOUR = np.array([1, -0.299 / 0.587, 0], np.float32)


def _video(
    wave: NDArray[np.float64], colour: NDArray[np.float32], noise: float, seed: int = 0
) -> list[NDArray[np.float32]]:
    """Skin whose colour follows a wave, with noise that is new in each frame."""
    rng = np.random.default_rng(seed)
    texture = cv2.GaussianBlur(rng.normal(0, 20, SHAPE).astype(np.float32), (0, 0), 2)[..., None]
    still = SKIN + texture
    return [
        (still + np.float32(v) * colour + noise * rng.standard_normal((*SHAPE, 3))).astype(
            np.float32
        )
        for v in wave
    ]


def _filtered(denoiser: Denoiser, video: list[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
    return [denoiser(k, frame.copy()) for k, frame in enumerate(video)]


def _line(values: NDArray[np.float64], f_hz: float) -> complex:
    t = np.arange(values.size) / FS
    return complex(2 * np.mean((values - values.mean()) * np.exp(-2j * np.pi * f_hz * t)))


def _response(denoiser: Denoiser, f_hz: float, colour: NDArray[np.float32]) -> tuple[float, float]:
    """Gain and delay of the mean of a region, from 10 s after the first second."""
    wave = np.sin(2 * np.pi * f_hz * np.arange(330) / FS)
    video = _video(wave, colour, noise=2.0)
    red, before = (
        np.array([f[8:40, 8:56, 0].mean() for f in frames], np.float64)[30:]
        for frames in (_filtered(denoiser, video), video)
    )
    ratio = _line(red, f_hz) / _line(before, f_hz)
    return abs(ratio), -float(np.angle(ratio)) / (2 * np.pi * f_hz)


@pytest.mark.parametrize("f_hz", [1.0, 2.0, 3.0])
@pytest.mark.parametrize("strength", [0.3, 0.6, 0.9])
def test_a_pulse_is_weakened_and_delayed_by_the_closed_formula(
    strength: float, f_hz: float
) -> None:
    denoiser = Denoiser(strength, 0.0)
    gain, delay_s = _response(denoiser, f_hz, GREY)
    expected = recursive_response(past_weight(strength, denoiser.noise)[0], f_hz, FS)
    assert gain == pytest.approx(expected[0], abs=0.03)
    assert delay_s == pytest.approx(expected[1], abs=0.004)


@pytest.mark.parametrize("f_hz", [1.0, 2.0])
def test_the_colour_of_a_pulse_is_weakened_more(f_hz: float) -> None:
    denoiser = Denoiser(0.8, 0.0)
    gain, delay_s = _response(denoiser, f_hz, COLOUR)
    luma, chroma = past_weight(0.8, denoiser.noise)
    expected = recursive_response(chroma, f_hz, FS)
    assert gain == pytest.approx(expected[0], abs=0.03)
    assert delay_s == pytest.approx(expected[1], abs=0.005)
    assert gain < 0.95 * recursive_response(luma, f_hz, FS)[0]


def test_the_table_of_the_docstring_is_the_formula() -> None:
    import sspd.simulation.camera.denoise as module

    assert module.__doc__ is not None
    rows = [line.split() for line in module.__doc__.splitlines() if line.startswith("0.")]
    assert len(rows) == 4
    for weight, *cells in rows:
        for f_hz, gain, delay_ms in zip((1, 2, 3), cells[::2], cells[1::2], strict=True):
            expected = recursive_response(float(weight), f_hz, FS)
            assert float(gain) == pytest.approx(expected[0], abs=0.006)
            assert float(delay_ms) == pytest.approx(1000 * expected[1], abs=0.6)


@pytest.mark.parametrize("noise", [0.7, 2.0, 5.0])
def test_more_noise_is_filtered_more_and_is_estimated(noise: float) -> None:
    denoiser = Denoiser(0.9, 0.0)
    video = _video(np.zeros(120), GREY, noise)
    out = _filtered(denoiser, video)
    luma = np.array([0.299, 0.587, 0.114])
    # the noise of three channels that are independent
    of_luma = noise * float(np.sqrt((luma**2).sum()))
    assert denoiser.noise == pytest.approx(max(of_luma, 0.29), rel=0.1)
    weight = past_weight(0.9, denoiser.noise)[0]
    left = (np.stack(out[60:]) @ luma).std(axis=0).mean() / of_luma
    assert left == pytest.approx(np.sqrt((1 - weight) / (1 + weight)), rel=0.12)


def test_what_moves_is_not_smeared() -> None:
    rng = np.random.default_rng(0)
    frames = []
    for k in range(40):
        frame = np.full((*SHAPE, 3), 60, np.float32)
        frame[:, 2 + k : 18 + k] = 160
        frames.append(frame + rng.standard_normal(frame.shape).astype(np.float32))
    out = _filtered(Denoiser(0.9, 0.0), frames)[-1]
    trail = out[8:40, 30:38, 1]  # the bar has just left it
    assert abs(trail.mean() - 60) < 8
    blind = frames[0].copy()
    for frame in frames:
        cv2.accumulateWeighted(frame, blind, 1 - past_weight(0.9, 1.0)[0])
    assert abs(blind[8:40, 38:41, 1].mean() - 60) > abs(out[8:40, 38:41, 1].mean() - 60)


def test_spatial_denoising_takes_noise_by_its_strength_and_keeps_edges_and_pulse() -> None:
    left = []
    for strength in (0.25, 0.5, 1.0):
        video = _video(np.zeros(40), GREY, 2.0)
        out = _filtered(Denoiser(0.0, strength), video)
        left.append(float(np.stack(out[20:])[..., 1].std(axis=0).mean()))
    assert 1.9 > left[0] > 1.1 * left[1] > 1.1**2 * left[2]
    gain, delay_s = _response(Denoiser(0.0, 1.0), 2.0, GREY)
    assert gain == pytest.approx(1, abs=0.02) and abs(delay_s) < 0.002
    gain, delay_s = _response(Denoiser(0.0, 1.0), 2.0, COLOUR)
    assert gain == pytest.approx(1, abs=0.02) and abs(delay_s) < 0.002
    edge = np.full(SHAPE, 50, np.float32)
    edge[:, 32:] = 110
    smooth = guided_smooth(edge + np.random.default_rng(0).normal(0, 2, SHAPE).astype("f"), 2, 4.0)
    assert smooth[:, 32].mean() - smooth[:, 31].mean() > 55


def test_frames_may_be_overwritten_after_they_were_filtered() -> None:
    video = _video(np.zeros(6), GREY, 2.0)
    one = [frame.copy() for frame in _filtered(Denoiser(0.8, 0.5), video)]
    denoiser, two = Denoiser(0.8, 0.5), []
    for k, frame in enumerate(video):
        out = denoiser(k, frame.copy())
        two.append(out.copy())
        out.fill(0)
    np.testing.assert_array_equal(one, two)
