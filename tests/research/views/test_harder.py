"""Harder views: each change alone, against what it should do."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from sspd.errors import UsageError
from sspd.research.recipes import Disturbance, StudentViews
from sspd.research.views.harder import exposed, harder_view, hidden, moved, repeated

QUIET = StudentViews(
    disturbance=Disturbance(), shift=0.0, zoom=0.0, exposure=0.0, dropped=0.0, hidden=0.0
)


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def slope(t: int, side: int = 64) -> torch.Tensor:
    """A picture whose pixel values rise from left to right."""
    return torch.linspace(20, 220, side).expand(t, 3, side, side).clone()


def test_a_pulse_survives_every_change_of_a_view() -> None:
    pulse = torch.sin(2 * torch.pi * 1.2 * torch.arange(300) / 30)
    clip = 100 + torch.zeros(300, 3, 64, 64)
    clip[:, 1] += pulse[:, None, None]
    likeness = []
    for seed in range(10):
        view = harder_view(clip, 48, 30.0, StudentViews(), generator(seed))
        assert view.shape == (300, 3, 48, 48)
        rgb = view.mean(dim=(2, 3)).numpy()
        light = rgb[:, [0, 2]].mean(axis=1) / rgb[:, [0, 2]].mean()
        likeness.append(np.corrcoef(rgb[:, 1] / light, pulse)[0, 1])
    assert np.median(likeness) > 0.8
    assert max(likeness) < 0.9999  # and is changed


def test_without_changes_a_view_is_the_resized_face() -> None:
    clip = slope(5, 48)
    view = moved(clip, 48, 30.0, QUIET, generator(0))
    torch.testing.assert_close(view, clip, atol=1e-3, rtol=0)


@pytest.mark.parametrize("seed", range(6))
def test_a_head_moves_no_further_than_asked(seed: int) -> None:
    spec = StudentViews(shift=0.1, zoom=0.0)
    columns = moved(slope(90), 48, 30.0, spec, generator(seed))[:, 0, 24, 24]
    travel = (columns - columns[0]).abs().max() / 200  # of the side
    assert float(travel) <= 0.1 * (1 + 0.3 * 8)


def test_heads_rest_in_some_views_and_move_in_others() -> None:
    spec = StudentViews(shift=0.1)
    moves = [
        float(moved(slope(60), 48, 30.0, spec, generator(seed)).std(dim=0).max())
        for seed in range(12)
    ]
    assert min(moves) < 1e-3 and sum(move > 0.5 for move in moves) >= 3


def test_exposure_scales_colours_alike_in_time_and_is_cut_at_white() -> None:
    view = exposed(slope(4), 0.5, generator(1))
    ratio = view / slope(4)
    dark = ratio[..., :20]
    torch.testing.assert_close(dark, dark[:1, :, :1, :1].expand_as(dark), rtol=1e-4, atol=0)
    gains = dark[0, :, 0, 0]
    assert float(gains.std()) > 0 and float(gains.max()) < 2**0.5 * 1.1 + 1e-3
    assert float(exposed(slope(4) * 2, 0.9, generator(3)).max()) <= 255


def test_a_patch_is_hidden_for_a_while_in_half_of_the_views() -> None:
    clip, n_hidden = slope(60), 0
    for seed in range(20):
        changed = (hidden(clip, 0.5, generator(seed)) != clip).any(dim=1)
        times = changed.flatten(1).any(dim=1)
        if bool(times.any()):
            n_hidden += 1
            where = changed[times][0]
            rows, columns = where.any(dim=1).sum(), where.any(dim=0).sum()
            assert max(int(rows), int(columns)) <= 32
            first, last = times.nonzero()[[0, -1], 0].tolist()
            assert int(times.sum()) == last - first + 1  # without a break
    assert 4 <= n_hidden <= 16
    assert torch.equal(hidden(clip, 0.0, generator(0)), clip)


def test_lost_frames_repeat_the_one_before() -> None:
    clip = torch.arange(200.0)[:, None, None, None].expand(200, 3, 2, 2)
    shown = repeated(clip, 0.9, generator(2))[:, 0, 0, 0]
    lost = shown != torch.arange(200.0)
    assert 0 < int(lost.sum()) < 180 and not bool(lost[0])
    for k in lost.nonzero()[:, 0].tolist():
        assert shown[k] == shown[k - 1]
    assert torch.equal(repeated(clip, 0.0, generator(2)), clip)


def test_settings_that_cannot_be_are_refused() -> None:
    for name in ("shift", "zoom", "exposure", "dropped", "hidden"):
        with pytest.raises(UsageError, match=name):
            StudentViews(**{name: 1.5})
