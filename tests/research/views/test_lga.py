from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor

from sspd.research.recipes import ViewSpec, get_recipe
from sspd.research.train.step import make_views
from sspd.research.views.lga import (
    area_weights,
    global_view,
    local_global_views,
    local_view,
    random_flip,
)


def generators(*seeds: int) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(seed) for seed in seeds]


def numbered(size: int, frames: int = 2) -> Tensor:
    """A clip whose pixels say where they are: (1, frames, 3, size, size)."""
    place = torch.arange(float(size * size)).view(1, 1, 1, size, size)
    return place.expand(1, frames, 3, size, size).clone()


def _even(counts: Sequence[int]) -> float:
    return float(stats.chisquare(counts).pvalue)


@pytest.mark.parametrize(("inputs", "outputs"), [(151, 128), (113, 96), (9, 4), (8, 8), (10, 5)])
def test_the_global_view_is_opencvs_area_averaging(inputs: int, outputs: int) -> None:
    picture = np.random.default_rng(0).uniform(0, 255, (inputs, inputs)).astype(np.float32)
    expected = cv2.resize(picture, (outputs, outputs), interpolation=cv2.INTER_AREA)
    got = global_view(torch.from_numpy(picture)[None, None], outputs)[0, 0]
    np.testing.assert_allclose(got, expected, atol=1e-3)


@pytest.mark.parametrize(("inputs", "outputs"), [(151, 128), (7, 3), (5, 5)])
def test_area_weights_are_shares_of_pixels(inputs: int, outputs: int) -> None:
    weights = area_weights(inputs, outputs)
    fine = 840  # steps a pixel: each weight is a count of small steps
    step = fine * inputs // outputs if fine * inputs % outputs == 0 else None
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(outputs))
    torch.testing.assert_close(weights.sum(dim=0), torch.full((inputs,), outputs / inputs))
    if step:
        for i in range(outputs):
            pixels = np.bincount(np.arange(i * step, (i + 1) * step) // fine, minlength=inputs)
            np.testing.assert_allclose(weights[i], pixels / step, atol=1e-6)


def test_crops_lie_at_all_24_by_24_places_alike() -> None:
    clip, generator = numbered(151, 1)[0], generators(0)[0]
    tops, lefts = [], []
    for _ in range(24 * 24 * 10):
        first = int(local_view(clip, 128, generator, corner=False)[0, 0, 0, 0])
        tops.append(first // 151)
        lefts.append(first % 151)
    places = np.bincount(np.array(tops) * 24 + np.array(lefts), minlength=576)
    assert len(places) == 576
    assert _even(places) > 1e-3
    assert _even(np.bincount(tops, minlength=24)) > 1e-3
    assert _even(np.bincount(lefts, minlength=24)) > 1e-3


def test_a_crop_is_a_chunk_of_the_clip_the_same_in_all_frames() -> None:
    clip = numbered(113, 3)[0]
    view = local_view(clip, 96, generators(5)[0], corner=False)
    top, left = divmod(int(view[0, 0, 0, 0]), 113)
    assert torch.equal(view, clip[..., top : top + 96, left : left + 96])
    corner = local_view(clip, 96, generators(5)[0], corner=True)
    assert torch.equal(corner, clip[..., :96, :96])


def test_flips_are_even_and_independent() -> None:
    picture, generator = torch.arange(4.0).view(1, 1, 2, 2), generators(0)[0]
    first = [int(random_flip(picture, generator)[0, 0, 0, 0]) for _ in range(4000)]
    assert _even(np.bincount(first, minlength=4)) > 1e-3  # 0 as is, 1 mirrored, 2 upside down, 3


def _flips_of_views(seed: int) -> tuple[int, int]:
    """The pixel of a 2x2 face that comes first in each view: says how it was flipped."""
    face = torch.arange(4.0).view(1, 1, 1, 2, 2).expand(1, 2, 3, 2, 2)
    local, whole = local_global_views(face, 2, generators(seed))
    return int(local[0, 0, 0, 0, 0]), int(whole[0, 0, 0, 0, 0])


def test_the_two_views_are_flipped_independently() -> None:
    counts = np.zeros((4, 4), int)
    for seed in range(3200):
        counts[_flips_of_views(seed)] += 1
    assert _even(counts.ravel()) > 1e-3


def test_all_frames_are_flipped_alike() -> None:
    local, whole = local_global_views(numbered(151, 4), 128, generators(3))
    for view in (local, whole):
        assert view.shape == (1, 4, 3, 128, 128)
        assert torch.equal(view, view[:, :1].expand_as(view))


def test_a_clip_has_the_same_views_in_any_batch_and_from_the_same_generator() -> None:
    clips = torch.rand(3, 3, 3, 113, 113)
    local, whole = local_global_views(clips, 96, generators(1, 2, 3))
    for i in range(3):
        alone, alone_whole = local_global_views(clips[i : i + 1], 96, generators(i + 1))
        assert torch.equal(alone[0], local[i])
        assert torch.equal(alone_whole[0], whole[i])


def test_a_generator_for_each_clip_is_needed() -> None:
    with pytest.raises(ValueError, match="shorter"):
        local_global_views(torch.rand(2, 2, 3, 113, 113), 96, generators(1))


def test_without_augmentation_both_views_are_the_whole_face() -> None:
    clips = torch.rand(1, 3, 3, 113, 113)
    local, whole = local_global_views(clips, 96, generators(1), augment=False)
    assert torch.equal(local, whole)
    assert torch.equal(whole, global_view(clips, 96))


def test_each_setting_of_the_views_changes_them() -> None:
    clips = 255 * torch.rand(1, 5, 3, 113, 113)
    plain = make_views(clips, 96, ViewSpec(), generators(4))
    settings = [{"local_view": "resize"}, {"crop_anchor": "corner"}, {"mask_ratio": 0.0}]
    settings += [{"mask_shape": "pixel"}]
    for change in settings:
        other = make_views(clips, 96, replace(ViewSpec(), **change), generators(4))
        assert other.masked.shape == other.original.shape == (1, 3, 4, 96, 96)
        assert not torch.equal(other.masked, plain.masked), change
    centred = make_views(clips, 96, ViewSpec(), generators(4), kind="centred")
    assert not torch.equal(centred.masked, plain.masked)
    whole = global_view(clips, 96)
    flipped = centred.original.abs().sum()
    expected = (whole[:, :-1] - whole.mean(dim=1, keepdim=True)).abs().sum()
    torch.testing.assert_close(flipped, expected)


@pytest.mark.parametrize("name", ["paper", "released"])
def test_a_clip_that_is_still_gives_zero_differences(name: str) -> None:
    clips = (255 * torch.rand(1, 1, 3, 151, 151)).expand(1, 6, 3, 151, 151)
    views = make_views(clips, 128, get_recipe(name).views, generators(0))
    assert views.masked.abs().max() == 0
    assert views.original.abs().max() == 0
