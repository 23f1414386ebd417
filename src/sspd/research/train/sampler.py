"""Draw clips: a pure function of seed, epoch and video, the same for any number of workers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from sspd.errors import TrainingError
from sspd.face.crop import resize_area
from sspd.network.grid import to_grid
from sspd.research.datasets.faces import FaceEntry
from sspd.research.train.clip_recipe import ClipRecipe
from sspd.types import Frames, Series


@dataclass(frozen=True)
class Video:
    """The stored segments of one video that are long enough for a clip."""

    name: str
    entries: tuple[FaceEntry, ...]
    spans_s: tuple[tuple[float, float], ...]
    """First and last time of each entry between which clips are drawn, seconds."""
    label: Series | None = None
    """The contact waveform, for networks that learn from it."""
    rates: Series | None = None
    """The device's heart rates, bpm, if there is no such waveform."""


@dataclass(frozen=True)
class Draw:
    """One clip in the order of clips: the epoch and the index of its video."""

    epoch: int
    video: int


def usable_videos(
    entries: Sequence[FaceEntry],
    clip_s: float,
    labels: Mapping[str, Series] | None = None,
    *,
    of_rates: bool = False,
) -> tuple[list[Video], list[str]]:
    """Group stored faces by video, and name the videos that are too short for a clip.

    Parameters
    ----------
    entries : sequence of FaceEntry
    clip_s : float
        Length of a clip, seconds.
    labels : mapping or None
        Path of a video -> its label. Videos without a label, and times outside it, are not used.
    of_rates : bool
        Whether the labels are heart rates and not waveforms.

    Returns
    -------
    videos : list of Video
    short : list of str
        Paths of the videos that have no segment of `clip_s`.
    """
    by_video: dict[str, list[FaceEntry]] = {}
    for entry in entries:
        if labels is None or entry.video in labels:
            by_video.setdefault(entry.video, []).append(entry)
    videos, short = [], []
    for name, rows in by_video.items():
        label = None if labels is None else labels[name]
        spans = [(row, _span(row.times(), label)) for row in rows]
        long = [(row, (a, b)) for row, (a, b) in spans if b > a and b - a >= clip_s - 1e-6]
        if long:
            kept, ends = zip(*long, strict=True)
            known = (None, label) if of_rates else (label, None)
            videos.append(Video(name, kept, ends, *known))
        else:
            short.append(name)
    return videos, short


def _span(t: NDArray[np.float64], label: Series | None) -> tuple[float, float]:
    if not t.size:
        return 0.0, 0.0
    first, last = float(t[0]), float(t[-1])
    if label is not None:
        first, last = max(first, float(label.t[0])), min(last, float(label.t[-1]))
    return first, last


def clips_per_epoch(recipe: ClipRecipe, videos: Sequence[Video]) -> tuple[int, ...]:
    """Return the number of clips of each video in an epoch.

    Parameters
    ----------
    recipe : ClipRecipe
    videos : sequence of Video

    Returns
    -------
    tuple of int
    """
    every = recipe.clip_every_s
    if every is None or recipe.epochs is None:
        return (1,) * len(videos)
    lengths = [sum(end - start for start, end in video.spans_s) for video in videos]
    return tuple(1 + int(max(0.0, s - recipe.clip_s) / every + 1e-6) for s in lengths)


def _passes(recipe: ClipRecipe, n_videos: int, counts: Sequence[int] | None) -> list[list[int]]:
    """List the videos of each pass of an epoch: first all, later those with clips left."""
    most = max(counts or (1,), default=1)
    of_all = [[f for f in range(n_videos) if not counts or counts[f] > k] for k in range(most)]
    # losses that compare videos need passes of two or more
    return [of_all[0], *(one for one in of_all[1:] if len(one) >= recipe.least_batch)]


def _steps_of_pass(recipe: ClipRecipe, n: int) -> int:
    whole, rest = divmod(n, recipe.batch)
    return max(1, whole + (rest >= recipe.least_batch and rest > 0))


def steps_of(recipe: ClipRecipe, n_videos: int, counts: Sequence[int] | None = None) -> int:
    """Return the number of optimizer steps of a whole training.

    Parameters
    ----------
    recipe : ClipRecipe
    n_videos : int
    counts : sequence of int, optional
        Clips of each video in an epoch, see `clips_per_epoch`; one by default.

    Returns
    -------
    int

    >>> from sspd.research.recipes import get_recipe
    >>> steps_of(get_recipe("released"), 30), steps_of(get_recipe("laptop"), 30)
    (90, 150)
    """
    if recipe.steps is not None:
        return recipe.steps
    passes = _passes(recipe, n_videos, counts)
    return (recipe.epochs or 0) * sum(_steps_of_pass(recipe, len(one)) for one in passes)


def draws_of_step(
    step: int, recipe: ClipRecipe, n_videos: int, seed: int, counts: Sequence[int] | None = None
) -> list[Draw]:
    """Return the draws of a step.

    A recipe with epochs ends each pass through its videos with a smaller batch, and an epoch has as
    many passes as the videos have clips. A recipe with steps continues across epochs, so its
    batches are always full. A `Draw` counts passes as epochs, so no two draws give the same clip.

    Parameters
    ----------
    step : int
    recipe : ClipRecipe
    n_videos, seed : int
    counts : sequence of int, optional
        Clips of each video in an epoch, see `clips_per_epoch`; one by default.

    Returns
    -------
    list of Draw
    """
    if recipe.epochs is not None:
        passes = _passes(recipe, n_videos, counts)
        lengths = [_steps_of_pass(recipe, len(one)) for one in passes]
        epoch, batch = divmod(step, sum(lengths))
        k = 0
        while batch >= lengths[k]:
            batch, k = batch - lengths[k], k + 1
        number = epoch * len(passes) + k
        order = _order(seed, number, len(passes[k]))
        chosen = order[batch * recipe.batch : (batch + 1) * recipe.batch]
        return [Draw(number, passes[k][place]) for place in chosen]
    places = range(step * recipe.batch, (step + 1) * recipe.batch)
    return [
        Draw(p // n_videos, int(_order(seed, p // n_videos, n_videos)[p % n_videos]))
        for p in places
    ]


def _order(seed: int, epoch: int, n_videos: int) -> NDArray[np.int64]:
    return np.random.default_rng([seed, epoch, 0]).permutation(n_videos)


def place_of(
    video: Video, draw: Draw, clip_s: float, seed: int, every_s: float | None = None
) -> tuple[int, float]:
    """Draw the segment of a video that a clip comes from, and the clip's start.

    Parameters
    ----------
    video : Video
    draw : Draw
    clip_s : float
        Length of the clip, seconds.
    seed : int
    every_s : float or None
        The clip starts at a multiple of this after the segment's start, seconds; None: anywhere.

    Returns
    -------
    index : int
        Index of the entry in ``video.entries``.
    begin_s : float
        Seconds.
    """
    rng = np.random.default_rng([seed, draw.epoch, 1, draw.video])
    lengths = np.array([end - start for start, end in video.spans_s])
    which = int(rng.choice(len(video.entries), p=lengths / lengths.sum()))
    start, end = video.spans_s[which]
    room_s, place = max(0.0, end - start - clip_s), rng.random()
    if every_s is None:
        return which, start + place * room_s
    return which, start + every_s * int(place * (1 + int(room_s / every_s + 1e-6)))


def stored_at(video: Video, draw: Draw, recipe: ClipRecipe, seed: int) -> tuple[Frames, float]:
    """Read the stored faces of a random clip, with one more on each side.

    Parameters
    ----------
    video : Video
    draw : Draw
    recipe : ClipRecipe
    seed : int

    Returns
    -------
    faces : Frames
    begin_s : float
        Start of the clip, seconds.

    Raises
    ------
    TrainingError
        The faces are smaller than the network's input.
    """
    which, begin_s = place_of(video, draw, recipe.clip_s, seed, recipe.start_every_s)
    entry = video.entries[which]
    if entry.size < recipe.network.size:
        raise TrainingError(
            f"{video.name}: stored faces are {entry.size} pixels wide, the recipe"
            f" {recipe.name!r} needs {recipe.network.size} or more"
        )
    t = entry.times()
    # one more face on each side, because the grid falls between them
    first = max(0, int(np.searchsorted(t, begin_s, "right")) - 2)
    last = min(len(t), int(np.searchsorted(t, begin_s + recipe.clip_s, "left")) + 2)
    return entry.read(first, last), begin_s


def clip_at(video: Video, draw: Draw, recipe: ClipRecipe, seed: int) -> NDArray[np.float32]:
    """Return a random clip of a video, resampled to the network's frame rate.

    Parameters
    ----------
    video : Video
    draw : Draw
    recipe : ClipRecipe
    seed : int

    Returns
    -------
    float32 array, shape (t + 1, 3, s, s)
        Pixel values 0-255; t + 1 faces give t differences. The size is that of the stored faces,
        but at most that of the recipe's draws.
    """
    faces, begin_s = stored_at(video, draw, recipe, seed)
    if faces.rgb.shape[1] > recipe.drawn_px:
        small = [resize_area(face, recipe.drawn_px) for face in faces.rgb]
        faces = Frames(np.rint(small).astype(np.uint16), faces.t, faces.max_value)
    grid = to_grid(faces, recipe.network.fs, start_s=begin_s, n=recipe.n_differences + 1)
    if recipe.network.colour == "bgr":
        grid = grid[..., ::-1]
    return np.ascontiguousarray(grid.transpose(0, 3, 1, 2))


def generator_of(draw: Draw, seed: int) -> torch.Generator:
    """Make the random generator for a clip's views and mask.

    Parameters
    ----------
    draw : Draw
    seed : int

    Returns
    -------
    torch.Generator
    """
    state = np.random.SeedSequence([seed, draw.epoch, 2, draw.video]).generate_state(1, np.uint64)
    return torch.Generator().manual_seed(int(state[0] >> np.uint64(1)))
