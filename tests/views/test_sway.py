from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sspd.errors import UsageError
from sspd.recipes import ViewSpec, get_recipe
from sspd.train.step import make_views
from sspd.views.lga import local_global_views
from sspd.views.sway import area_weights, sway_path, swaying_view


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@given(
    inputs=st.integers(4, 20),
    outputs=st.integers(1, 12),
    cut=st.floats(0.0, 0.9),
    place=st.floats(0.0, 1.0),
)
def test_weights_are_the_shares_that_a_fine_ruler_finds(
    inputs: int, outputs: int, cut: float, place: float
) -> None:
    span = inputs * (1 - cut)
    start = place * (inputs - span)
    weights = area_weights(inputs, outputs, start, span).numpy()
    fine = 4000
    for i in range(outputs):
        ruler = start + (i + (np.arange(fine) + 0.5) / fine) * span / outputs
        shares = np.bincount(np.minimum(ruler.astype(int), inputs - 1), minlength=inputs) / fine
        np.testing.assert_allclose(weights[i], shares, atol=2e-3)
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-6)


def test_a_way_stays_within_its_reach_and_is_smooth() -> None:
    reached = []
    for seed in range(200):
        path = sway_path(150, 30.0, 8.0, generator(seed)).numpy()
        reached.append(np.abs(path).max())
        assert reached[-1] <= 8
        assert np.abs(np.diff(path, axis=0)).max() < 8 * 2 * np.pi * 2.5 / 30
    assert np.median(reached) < 4
    assert max(reached) > 7


def test_the_same_way_at_any_frame_rate() -> None:
    slow = sway_path(50, 10.0, 8.0, generator(3))
    fast = sway_path(148, 30.0, 8.0, generator(3))
    scale = fast.abs().amax(dim=0) / slow.abs().amax(dim=0)
    np.testing.assert_allclose(
        fast[::3] / fast.abs().amax(dim=0) * scale, slow / slow.abs().amax(dim=0), atol=0.05
    )


def test_the_window_stands_where_the_way_says() -> None:
    # a picture whose levels are the places themselves: the view tells where it was
    rows = torch.arange(40.0).view(1, 1, 40, 1).expand(6, 3, 40, 40)
    inside = 0
    for seed in range(8):
        view = swaying_view(rows, 30, 10, 3.0, 30.0, generator(seed))
        twin = generator(seed)
        place = 10 * torch.rand(2, generator=twin, dtype=torch.float64)
        starts = place + sway_path(6, 30.0, 3.0, twin)
        for k in range(6):
            begin = float(starts[k, 0])
            if 0 <= begin <= 10:  # elsewhere it sees the picture mirrored
                inside += 1
                expected = begin + (torch.arange(10.0) + 0.5) * 3.0 - 0.5
                np.testing.assert_allclose(view[k, 1, :, 4], expected, atol=1e-3)
    assert inside > 24


def test_a_way_of_no_length_is_a_crop_between_pixels() -> None:
    clip = torch.rand(1, 3, 12, 12, generator=generator(0)).expand(4, 3, 12, 12)
    view = swaying_view(clip, 8.0, 8, 0.0, 30.0, generator(1))
    assert torch.equal(view[0], view[3])


def test_the_two_views_of_a_clip_go_different_ways() -> None:
    rows = torch.arange(151.0).view(1, 1, 1, 151, 1).expand(1, 150, 3, 151, 151)
    ways = []
    for seed in range(20):
        pair = local_global_views(rows, 128, [generator(seed)], sway_px=8.0)
        ways.append([view[0, :, 0, 64, 64] for view in pair])
    likeness = [abs(np.corrcoef(a, b)[0, 1]) for a, b in ways]
    assert np.median(likeness) < 0.5


def test_what_beats_in_place_beats_in_both_views() -> None:
    beat = torch.sin(torch.arange(151.0) / 4).view(1, 151, 1, 1, 1).expand(1, 151, 3, 151, 151)
    views = make_views(beat, 128, ViewSpec(sway_px=8.0, mask_ratio=0.0), [generator(0)], 30.0)
    torch.testing.assert_close(views.masked, views.original, atol=1e-4, rtol=0)


def test_sway_without_room_is_refused() -> None:
    with pytest.raises(UsageError, match="0 pixels or more, not -1"):
        ViewSpec(sway_px=-1.0)

    with pytest.raises(UsageError, match="no room for the sway"):
        replace(get_recipe("laptop"), views=ViewSpec(sway_px=151.0))
