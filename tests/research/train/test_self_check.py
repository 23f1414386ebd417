from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from sspd.research.recipes import Recipe
from sspd.research.train.sampler import Video
from sspd.research.train.self_check import (
    LEAST_JUDGED,
    POS_TOLERANCE_BPM,
    ForwardClip,
    SelfCheck,
    check_network,
    diagnose,
    pos_of_clip,
    probe_clips,
)

FS, SECONDS = 30.0, 6.0
#: What blood does to red, green and blue (Wang et al. 2017, Sec. III).
PULSE = np.array([0.33, 0.77, 0.53])


def pulse(hr_bpm: float, seconds: float = SECONDS) -> np.ndarray:
    return np.sin(2 * np.pi * hr_bpm / 60 * np.arange(round(seconds * FS) + 1) / FS)


def face(hr_bpm: float, seed: int, strength: float = 0.01) -> Tensor:
    """A clip of skin whose blood beats, under a sensor's noise."""
    rng = np.random.default_rng(seed)
    beat = 1 - strength * pulse(hr_bpm)[:, None] * PULSE
    levels = np.array([160.0, 110.0, 90.0]) * beat
    noise = rng.normal(0, 2.0, (len(beat), 3, 16, 16))
    return torch.from_numpy((levels[:, :, None, None] + noise).astype(np.float32))


RATES = np.linspace(50, 150, 12)


@pytest.fixture(scope="module")
def clips() -> list[Tensor]:
    return [face(hr, k) for k, hr in enumerate(RATES)]


def green(clip: Tensor) -> np.ndarray:
    return -clip[1:, 1].mean(dim=(1, 2)).double().numpy()


def slope_of_green(clip: Tensor) -> np.ndarray:
    return -np.diff(clip[:, 1].mean(dim=(1, 2)).double().numpy())


def noise(clip: Tensor) -> np.ndarray:
    return np.random.default_rng(int(clip[0, 0, 0, 0] * 1e4)).normal(size=len(clip) - 1)


def always_70(clip: Tensor) -> np.ndarray:
    return pulse(70)[1:]


def nothing(clip: Tensor) -> np.ndarray:
    return np.zeros(len(clip) - 1)


def not_a_number(clip: Tensor) -> np.ndarray:
    return np.full(len(clip) - 1, np.nan)


@pytest.mark.parametrize("forward_clip", [green, slope_of_green])
@pytest.mark.parametrize("sign", [1, -1])
def test_what_follows_the_blood_has_learned_a_pulse(
    forward_clip: ForwardClip, sign: int, clips: list[Tensor]
) -> None:
    signs = check_network(lambda clip: sign * forward_clip(clip), clips, FS)
    assert signs.with_pos == 1
    assert signs.halves > 0.8
    assert signs.spread_bpm == pytest.approx(RATES.std(), abs=3)
    assert diagnose(signs)[0] == "learned a pulse"


def test_a_sum_that_is_settled_is_the_one_that_counts(clips: list[Tensor]) -> None:
    """A slow sway under the pulse's slope: summed, it is all that is left."""

    def slope_and_sway(clip: Tensor) -> np.ndarray:
        slope = slope_of_green(clip)
        return slope / slope.std() + 1.5 * pulse(45)[: len(slope)]

    as_it_is, once, twice = (
        check_network(slope_and_sway, clips, FS, integration_order=k).with_pos for k in range(3)
    )
    assert as_it_is > once >= twice
    assert check_network(slope_and_sway, clips, FS).with_pos == as_it_is


@pytest.mark.parametrize("forward_clip", [noise, always_70, nothing, not_a_number])
def test_what_follows_something_else_has_collapsed(
    forward_clip: Callable[[Tensor], np.ndarray], clips: list[Tensor]
) -> None:
    verdict, why = diagnose(check_network(forward_clip, clips, FS))
    assert verdict == "collapsed"
    assert "\n" not in why
    assert why


def test_one_rate_for_all_is_seen_as_no_spread(clips: list[Tensor]) -> None:
    signs = check_network(always_70, clips, FS)
    assert signs.spread_bpm == pytest.approx(0, abs=1e-6)
    near = np.abs(RATES - 70) <= POS_TOLERANCE_BPM
    assert signs.with_pos == pytest.approx(near.mean())


def test_faces_without_a_pulse_teach_none() -> None:
    still = [face(70, k, strength=0.0) for k in range(12)]
    signs = check_network(green, still, FS)
    assert signs.judged < LEAST_JUDGED
    assert diagnose(signs)[0] == "undecided"


def test_frames_without_colour_are_held_against_their_brightness() -> None:
    grey = [
        face(hr, k).mean(dim=1, keepdim=True).expand(-1, 3, -1, -1) for k, hr in enumerate(RATES)
    ]
    assert diagnose(check_network(green, grey, FS))[0] == "learned a pulse"
    assert np.array_equal(
        pos_of_clip(grey[0], FS), -grey[0][:, 0, 4:12, 4:12].double().mean((1, 2))
    )


def test_the_order_of_channels_is_known(clips: list[Tensor]) -> None:
    assert np.array_equal(pos_of_clip(clips[0], FS), pos_of_clip(clips[0].flip(1), FS, bgr=True))


def test_too_little_says_nothing(clips: list[Tensor]) -> None:
    short = check_network(green, [clip[:60] for clip in clips], FS)
    assert short.clips == 0
    assert short.score == 0
    for signs in (
        short,
        check_network(green, clips[: LEAST_JUDGED - 1], FS),
        check_network(green, [], FS),
    ):
        assert diagnose(signs)[0] == "undecided"


def test_between_both_it_is_undecided() -> None:
    assert diagnose(SelfCheck(16, 12, 0.35, 0.7, 0.5, 20.0, 0.5))[0] == "undecided"


def test_probes_are_the_same_ones_again_and_no_trainings(videos: list[Video], tiny: Recipe) -> None:
    first, again = (list(probe_clips(videos, tiny, 3, 5)) for _ in range(2))
    assert len(first) == 5
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    other = list(probe_clips(videos, tiny, 4, 5))
    assert not all(torch.equal(a, b) for a, b in zip(first, other, strict=True))
