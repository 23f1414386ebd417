"""Views that differ in light, noise and coding: sizes as asked for, and the pulse stays."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from scipy.ndimage import gaussian_filter

torch = pytest.importorskip("torch")

from sspd.errors import UsageError  # noqa: E402
from sspd.research.recipes import Disturbance, ViewSpec  # noqa: E402
from sspd.research.train.step import make_views  # noqa: E402
from sspd.research.views.disturb import (  # noqa: E402
    BLOCK_PX,
    block_offsets,
    blurred,
    disturb,
    light_gains,
)

ALL = Disturbance(light_percent=1.0, noise_levels=3.0, block_levels=1.0, blur_px=1.5)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_without_sizes_nothing_changes_and_nothing_is_drawn() -> None:
    view, g = torch.rand(5, 3, 16, 16), generator()
    before = g.get_state()
    assert disturb(view, None, g) is view
    assert torch.equal(g.get_state(), before)
    assert torch.equal(disturb(view, Disturbance(), generator()), view)


@pytest.mark.parametrize("seed", range(5))
def test_light_drifts_by_its_deviation_and_more_slowly_than_noise(seed: int) -> None:
    gains = light_gains(torch.ones(600, 3, 16, 16), 0.02, generator(seed))
    frame = gains.mean(dim=(1, 2, 3))
    assert float(frame.std()) == pytest.approx(0.02, rel=0.05)
    assert float(frame.mean()) == pytest.approx(1.0, abs=1e-4)
    red, green = gains.mean(dim=(2, 3))[:, :2].T
    assert 0.5 < float(torch.corrcoef(torch.stack([red, green]))[0, 1]) < 0.999
    sides = gains[..., :8].mean(dim=(1, 2, 3)) - gains[..., 8:].mean(dim=(1, 2, 3))
    assert float(sides.std()) > 1e-3


def test_noise_and_blocks_have_their_sizes() -> None:
    grey = torch.full((60, 3, 32, 32), 100.0)
    deviations = [
        float((disturb(grey, Disturbance(noise_levels=4.0), generator(k)) - grey).std())
        for k in range(40)
    ]
    assert max(deviations) <= 4.05 and 1.2 < sum(deviations) / 40 < 2.8
    offsets = block_offsets(grey, 2.0, generator())
    assert torch.equal(offsets[..., :BLOCK_PX, :BLOCK_PX].std(dim=(2, 3)), torch.zeros(60, 1))
    assert 0.5 < float(offsets.std()) < 2.0
    steps = (offsets[1:] - offsets[:-1]).abs().mean(dim=(1, 2, 3))
    assert float(steps.max()) > 5 * float(steps.median())  # at key frames


def test_a_blur_keeps_means_and_takes_detail() -> None:
    noise = torch.randn(2, 3, 64, 64, generator=generator())
    soft = blurred(noise, 1.5)
    assert float(soft.std()) == pytest.approx(1 / (2 * 1.5 * torch.pi**0.5), rel=0.1)
    assert float(soft.mean()) == pytest.approx(float(noise.mean()), abs=0.02)
    assert blurred(noise, 0.1) is noise
    for deviation, high, wide in ((0.3, 20, 31), (1.7, 9, 40)):
        view = 255 * torch.rand(3, 3, high, wide, generator=generator())
        by_scipy = gaussian_filter(
            view.double().numpy(), (0, 0, deviation, deviation), mode="nearest",
            radius=(0, 0, math.ceil(3 * deviation), math.ceil(3 * deviation)),
        )  # fmt: skip
        assert torch.allclose(blurred(view, deviation).double(), torch.tensor(by_scipy), atol=1e-3)


def test_the_pulse_stays_and_is_all_that_two_views_share() -> None:
    t = torch.arange(300) / 30
    pulse = torch.sin(2 * torch.pi * 1.2 * t)
    clip = (120 + pulse[:, None, None, None]).expand(300, 3, 48, 48).clone()
    one, other = (disturb(clip, ALL, generator(k)).mean(dim=(1, 2, 3)) for k in (1, 2))
    for view in (one, other):
        amplitude = 2 * float((view * pulse).mean())
        assert amplitude == pytest.approx(1.0, abs=0.25)
    rests = torch.stack([view - view.mean() - pulse for view in (one, other)])
    assert abs(float(torch.corrcoef(rests)[0, 1])) < 0.5


def test_views_of_a_step_are_disturbed_each_by_itself_and_the_same_by_seed() -> None:
    clips = torch.rand(1, 9, 3, 40, 40, generator=generator()) * 200
    plain = make_views(clips, 32, ViewSpec(mask_ratio=0.0), [generator(3)])
    spec = replace(ViewSpec(mask_ratio=0.0), disturbance=ALL)
    first, again = (make_views(clips, 32, spec, [generator(3)]) for _ in range(2))
    for view, same, without in zip(first, again, plain, strict=True):
        assert torch.equal(view, same)
        assert not torch.allclose(view, without, atol=0.1)
    assert all(torch.isfinite(view).all() for view in first)


@pytest.mark.parametrize("change", [{"light_percent": -1.0}, {"noise_levels": float("nan")}])
def test_sizes_that_cannot_be_are_rejected(change: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="of a disturbance must be 0 to 20"):
        Disturbance(**change)
