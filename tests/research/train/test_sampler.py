from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats

from sspd.errors import TrainingError
from sspd.research.datasets.faces import open_store
from sspd.research.recipes import Recipe, get_baseline, get_recipe
from sspd.research.train.sampler import (
    Draw,
    Video,
    clip_at,
    clips_per_epoch,
    draws_of_step,
    generator_of,
    place_of,
    steps_of,
    usable_videos,
)


@pytest.fixture(scope="module")
def videos(ramps: Path) -> list[Video]:
    return usable_videos(open_store(ramps), 3.0)[0]


def test_videos_too_short_for_a_clip_are_named(ramps: Path) -> None:
    videos, short = usable_videos(open_store(ramps), 3.0)
    assert [f.name for f in videos] == ["a.mp4", "b.mp4", "c.mp4"]
    assert short == ["d.mp4"]
    b = videos[1]
    assert [e.name for e in b.entries] == ["b-0", "b-7"]
    np.testing.assert_allclose(b.spans_s, [(0, 5), (7, 17)])
    assert usable_videos(open_store(ramps), 60.0) == ([], ["a.mp4", "b.mp4", "c.mp4", "d.mp4"])


def test_an_epoch_draws_each_video_once() -> None:
    recipe = get_recipe("released")
    assert steps_of(recipe, 30) == 90
    for epoch in range(3):
        draws = [draws_of_step(3 * epoch + i, recipe, 30, seed=1) for i in range(3)]
        assert [len(batch) for batch in draws] == [12, 12, 6]
        together = [draw for batch in draws for draw in batch]
        assert {d.epoch for d in together} == {epoch}
        assert sorted(d.video for d in together) == list(range(30))


def test_an_epoch_has_as_many_clips_as_the_methods_authors_take(videos: list[Video]) -> None:
    """Of 60 s: Contrast-Phys 6 passes, PhysFormer a clip each 60 frames, PhysNet end to end."""
    minute = [replace(videos[0], entries=videos[0].entries[:1], spans_s=((0.0, 60.0),))]
    half = [replace(minute[0], spans_s=((0.0, 30.0),))]
    wanted = {"contrast-phys": (6, 3), "physformer": (28, 13), "physnet": (14, 7), "hr-cnn": (1, 1)}
    for name, counts in wanted.items():
        recipe = get_baseline(name)
        assert clips_per_epoch(recipe, minute) + clips_per_epoch(recipe, half) == counts, name
    assert clips_per_epoch(get_recipe("paper"), minute) == (1,)
    assert clips_per_epoch(get_baseline("contrast-phys-laptop"), minute) == (1,)


def test_each_clip_of_an_epoch_is_drawn_once_and_never_a_video_with_itself() -> None:
    recipe, counts = get_baseline("contrast-phys"), (3, 1, 2, 2, 3)
    per_epoch = 2 + 2 + 1  # passes of 5, 4 and 2 videos in pairs, what is left over dropped
    assert steps_of(recipe, 5, counts) == 30 * per_epoch
    seen = set()
    for step in range(3 * per_epoch):
        draws = draws_of_step(step, recipe, 5, 7, counts)
        assert len({draw.video for draw in draws}) == 2
        assert not seen & set(draws)
        seen |= set(draws)
    labelled = replace(get_baseline("physnet"), batch=2)
    assert steps_of(labelled, 5, counts) == 15 * (3 + 2 + 1)
    epoch = [d for step in range(6) for d in draws_of_step(step, labelled, 5, 7, counts)]
    assert sorted(d.video for d in epoch) == [0, 0, 0, 1, 2, 2, 3, 3, 4, 4, 4]
    assert len(set(epoch)) == 11
    # a video alone is given to the step, which says that it compares videos
    assert len(draws_of_step(0, recipe, 1, 7, (4,))) == 1


def test_a_recipe_of_steps_has_full_batches_and_draws_each_video_as_often(tiny: Recipe) -> None:
    recipe = replace(tiny, batch=4, steps=12)
    assert steps_of(recipe, 3) == 12
    draws = [draws_of_step(step, recipe, 3, seed=1) for step in range(12)]
    assert all(len(batch) == 4 for batch in draws)
    flat = [draw for batch in draws for draw in batch]
    for epoch in range(16):
        part = flat[3 * epoch : 3 * epoch + 3]
        assert {d.epoch for d in part} == {epoch}
        assert sorted(d.video for d in part) == [0, 1, 2]


def test_the_order_depends_on_seed_and_epoch_alone() -> None:
    recipe = replace(get_recipe("released"), batch=30)

    def order(epoch: int, seed: int) -> list[int]:
        return [d.video for d in draws_of_step(epoch, recipe, 30, seed)]

    assert order(0, 1) == order(0, 1)
    assert order(0, 1) != order(1, 1)
    assert order(0, 1) != order(0, 2)


def test_a_clip_is_the_video_at_the_times_of_the_grid(
    videos: list[Video], ramp_recipe: Recipe
) -> None:
    for video, seconds in zip(videos, ((0, 12), (0, 17), (0, 3)), strict=True):
        clip = clip_at(video, Draw(5, 0), ramp_recipe, seed=3)
        assert clip.shape == (76, 3, 96, 96)
        assert clip.dtype == np.float32
        t = clip[:, 0, 48, 48] / 10
        np.testing.assert_allclose(np.diff(t), 1 / 25, atol=1e-3)
        assert seconds[0] - 1e-3 <= t[0]
        assert t[-1] <= seconds[1] + 1e-3
        np.testing.assert_allclose(clip[:, 1], 100, atol=1e-3)
        np.testing.assert_allclose(clip[:, 2] - clip[:, 0], 20, atol=0.02)


def _starts(video: Video, recipe: Recipe) -> np.ndarray:
    """Where the clips of many epochs begin, seconds."""
    coarse = replace(recipe, network=replace(recipe.network, fs=6.0))
    return np.array([clip_at(video, Draw(i, 0), coarse, 7)[0, 0, 0, 0] for i in range(150)]) / 10


@pytest.mark.slow
def test_clips_begin_anywhere_in_the_video_alike(videos: list[Video], ramp_recipe: Recipe) -> None:
    begins = _starts(videos[0], ramp_recipe)
    assert stats.kstest(begins / 9, "uniform").pvalue > 1e-3


@pytest.mark.slow
def test_clips_start_at_multiples_where_a_recipe_says_so(videos: list[Video]) -> None:
    video = replace(videos[0], spans_s=((0.2, 2.75),) * len(videos[0].entries))
    begins = {round(place_of(video, Draw(k, 0), 1.0, 0, 0.5)[1], 6) for k in range(200)}
    assert begins == {0.2, 0.7, 1.2, 1.7}
    short = replace(videos[0], spans_s=((0.2, 1.2),) * len(videos[0].entries))
    assert place_of(short, Draw(0, 0), 1.0, 0, 0.5)[1] == 0.2


def test_longer_segments_give_more_clips_and_none_crosses_a_gap(
    videos: list[Video], ramp_recipe: Recipe
) -> None:
    begins = _starts(videos[1], ramp_recipe)
    first = begins < 6
    assert begins[first].max() <= 2.01
    assert begins[~first].min() >= 6.99
    assert stats.binomtest(int(first.sum()), len(begins), 5 / 15).pvalue > 1e-3


def test_a_clip_is_the_same_whenever_it_is_drawn(videos: list[Video], ramp_recipe: Recipe) -> None:
    def clip(epoch: int, video: int, seed: int) -> np.ndarray:
        return clip_at(videos[0], Draw(epoch, video), ramp_recipe, seed)

    first = clip(2, 0, 9)
    assert np.array_equal(first, clip(2, 0, 9))
    assert not np.array_equal(first, clip(3, 0, 9))
    assert not np.array_equal(first, clip(2, 1, 9))
    assert not np.array_equal(first, clip(2, 0, 8))


def test_the_released_network_is_given_bgr(videos: list[Video], ramp_recipe: Recipe) -> None:
    bgr = replace(ramp_recipe, network=replace(ramp_recipe.network, colour="bgr"))
    clip, turned = (clip_at(videos[0], Draw(0, 0), r, 0) for r in (ramp_recipe, bgr))
    assert np.array_equal(turned, clip[:, ::-1])


def test_faces_stored_too_small_are_named(videos: list[Video], ramp_recipe: Recipe) -> None:
    network = replace(ramp_recipe.network, size=128)
    recipe = replace(ramp_recipe, network=network, crop_px=151)
    with pytest.raises(TrainingError, match=r"a\.mp4: stored faces are 96 pixels wide"):
        clip_at(videos[0], Draw(0, 0), recipe, 0)


def test_each_clip_has_its_own_generator() -> None:
    def numbers(epoch: int, video: int, seed: int) -> list[float]:
        draws: list[float] = torch.rand(
            3, generator=generator_of(Draw(epoch, video), seed)
        ).tolist()
        return draws

    first = numbers(0, 0, 0)
    assert first == numbers(0, 0, 0)
    others = [numbers(1, 0, 0), numbers(0, 1, 0), numbers(0, 0, 1)]
    assert first not in others
