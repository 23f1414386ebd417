from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from sspd.research.views.mdm import centred_frames, frame_differences, random_mask


def generators(*seeds: int) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(seed) for seed in seeds]


def dropped(ratio: float, per_pixel: bool = False, seed: int = 0) -> Tensor:
    """Where a mask dropped, (3, t, h, w) of 0 and 1."""
    ones = torch.ones(1, 3, 12, 64, 64)
    return 1 - random_mask(ones, ratio, generators(seed), per_pixel=per_pixel)[0]


def test_differences_are_the_next_frame_less_this_one() -> None:
    view = torch.rand(2, 5, 3, 4, 6)
    got = frame_differences(view)
    assert got.shape == (2, 3, 4, 4, 6)
    for n in range(2):
        for t in range(4):
            for channel in range(3):
                expected = view[n, t + 1, channel] - view[n, t, channel]
                assert torch.equal(got[n, channel, t], expected)


def test_centred_frames_are_the_frames_less_their_mean() -> None:
    view = torch.rand(1, 5, 3, 2, 2)
    got = centred_frames(view)
    assert got.shape == (1, 3, 4, 2, 2)
    for t in range(4):
        np.testing.assert_allclose(got[0, :, t], view[0, t] - view[0].mean(dim=0), atol=1e-6)


@pytest.mark.parametrize("ratio", [0.1, 0.3, 0.7])
@pytest.mark.parametrize("per_pixel", [False, True])
def test_the_share_that_is_dropped_is_the_ratio(ratio: float, per_pixel: bool) -> None:
    mask = dropped(ratio, per_pixel)
    draws = mask[0].numel() if per_pixel else mask.numel()
    error = 5 * (ratio * (1 - ratio) / draws) ** 0.5 + 2**-15
    assert mask.mean().item() == pytest.approx(ratio, abs=error)
    # as often in every frame, row and column
    for axes in ((0, 2, 3), (0, 1, 3), (0, 1, 2)):
        shares = mask.mean(dim=axes)
        assert (shares - ratio).abs().max() < 0.12


def test_the_paper_draws_for_each_channel_and_the_released_code_for_all_three() -> None:
    mask = dropped(0.3)
    both = (mask[0] * mask[1]).mean().item()
    assert both == pytest.approx(0.09, abs=0.01)
    shared = dropped(0.3, per_pixel=True)
    assert torch.equal(shared[0], shared[1])
    assert torch.equal(shared[0], shared[2])


def test_neighbours_are_drawn_independently() -> None:
    mask = dropped(0.5) - 0.5
    for axis in (0, 1, 2, 3):
        n = mask.shape[axis]
        pair = mask.narrow(axis, 0, n - 1) * mask.narrow(axis, 1, n - 1)
        assert abs(pair.mean().item() * 4) < 5 / pair.numel() ** 0.5


def test_masks_differ_between_clips_and_follow_their_generators() -> None:
    x = torch.randn(2, 3, 6, 32, 32)
    both = random_mask(x, 0.3, generators(1, 2))
    assert not torch.equal(both[0] == 0, both[1] == 0)
    assert torch.equal(random_mask(x, 0.3, generators(1, 2)), both)
    assert torch.equal(random_mask(x[1:], 0.3, generators(2))[0], both[1])
    kept = both != 0
    assert torch.equal(both[kept], x[kept])


def test_a_ratio_of_zero_drops_nothing() -> None:
    x = torch.randn(1, 3, 6, 8, 8)
    assert torch.equal(random_mask(x, 0.0, generators(0)), x)


def test_a_generator_for_each_clip_is_needed() -> None:
    with pytest.raises(ValueError, match="shorter"):
        random_mask(torch.randn(2, 3, 6, 8, 8), 0.3, generators(0))
