"""Clips as processes read them, and their way to the device that trains."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from sspd.errors import SSPDError
from sspd.network.grid import grid_weights
from sspd.research.recipes import AnyRecipe
from sspd.research.train.sampler import Draw, Video, clip_at, stored_at
from sspd.research.views.device_grid import levels_on_grid


class Stored(NamedTuple):
    """A clip as a process reads it."""

    values: Tensor
    """uint16 seen as int16, as stored; or float32, the clip itself."""
    grid: tuple[Tensor, Tensor] | None
    """Resampling of stored faces to the network's time grid; None: the clip is on it already."""
    max_value: int = 0


@dataclass(frozen=True)
class StoredClips(Dataset[Stored | SSPDError]):
    """Clips by their draws, read in a process of its own; errors are handed over as they are."""

    videos: Sequence[Video]
    recipe: AnyRecipe
    seed: int

    def __getitem__(self, draw: Draw) -> Stored | SSPDError:
        """Read a clip."""
        video, recipe = self.videos[draw.video], self.recipe
        try:
            if max(entry.size for entry in video.entries) > recipe.drawn_px:  # made smaller here
                return Stored(torch.from_numpy(clip_at(video, draw, recipe, self.seed)), None)
            faces, begin_s = stored_at(video, draw, recipe, self.seed)
        except SSPDError as error:
            return error
        which, weights = grid_weights(faces, recipe.network.fs, begin_s, recipe.n_differences + 1)
        grid = torch.from_numpy(which), torch.from_numpy(weights)
        return Stored(torch.from_numpy(faces.rgb.view(np.int16)), grid, faces.max_value)


def moved(clip: Stored, device: torch.device, colour: str) -> Tensor:
    """Return a clip on its device, on the network's clock.

    Parameters
    ----------
    clip : Stored
    device : torch.device
    colour : str
        ``"rgb"`` or ``"bgr"``, as the network takes it.

    Returns
    -------
    Tensor, shape (t + 1, 3, s, s)
    """
    with _beside(device):
        values = clip.values.to(device, non_blocking=True)
        if clip.grid is None:
            return values
        which, weights = (part.to(device) for part in clip.grid)
        levels = levels_on_grid(values, which, weights, clip.max_value)
        return levels.flip(1) if colour == "bgr" else levels


@contextmanager
def _beside(device: torch.device) -> Iterator[None]:
    """Run the work inside on a stream of its own; later work of the device waits for it."""
    if device.type != "cuda":
        yield
        return
    now = torch.cuda.current_stream(device)
    stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
    with torch.cuda.stream(stream):
        yield
    now.wait_stream(stream)
