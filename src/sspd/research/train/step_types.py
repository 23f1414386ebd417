"""Input and output types of a training step, for any kind of training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from torch import Tensor

from sspd.research.train.health import Health
from sspd.research.train.sampler import Draw


class Batch(NamedTuple):
    """The input of a step."""

    clips: Tensor
    """Faces, pixel values 0-255, shape (n, t + 1, 3, s, s)."""
    draws: Sequence[Draw]
    n_step: int
    """Number of clips of the whole step, including those of other processes."""
    waves: Tensor | None = None
    """Waveforms that the network should give, shape (n, t), if it learns from labels."""
    rate_hz: Tensor | None = None
    """Heart rates, Hz, shape (n,), if they are the only labels."""
    places: Sequence[tuple[int, int, float]] = ()
    """Video, segment and start, seconds, of each clip."""


class Outcome(NamedTuple):
    """The output of a step: loss, health, waveforms and tokens."""

    parts: Mapping[str, Tensor]
    """The loss ``total`` and its weighted parts, all scalars."""
    health: Health
    waves: Mapping[str, Tensor]
    """Waveforms (n, t) by name; the first of each is plotted now and then."""
    tokens: Mapping[str, Sequence[Tensor]]
    """Tokens (n, tokens, C) of each level by name; their self-similarity maps are plotted."""
    extra: Mapping[str, float] = MappingProxyType({})
    """More numbers for the log."""
