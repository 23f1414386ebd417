"""What one step of any training leaves behind, for the log and for whoever looks on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from torch import Tensor

from sspd.research.train.health import Health
from sspd.research.train.sampler import Draw


class Batch(NamedTuple):
    """What a step is given."""

    clips: Tensor
    """Faces, levels 0-255, shape (n, t + 1, 3, s, s)."""
    draws: Sequence[Draw]
    n_step: int
    """Clips of the whole step, of which other processes may have some."""
    waves: Tensor | None = None
    """What the network should give, shape (n, t), where it learns from labels."""
    rate_hz: Tensor | None = None
    """The heart's rates, Hz, shape (n,), where they are all that is known."""


class Outcome(NamedTuple):
    """Scalars, signs and curves of a step."""

    parts: Mapping[str, Tensor]
    """The loss ``total`` and its weighted parts, all scalars."""
    health: Health
    waves: Mapping[str, Tensor]
    """Waveforms (n, t) by name, of which the first is drawn now and then."""
    tokens: Mapping[str, Sequence[Tensor]]
    """Tokens (n, tokens, C) of each level by name, whose similarity is drawn."""
