"""Networks of other papers, and how they are trained, as data."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from sspd.errors import UsageError
from sspd.models.baseline_spec import BaselineSpec
from sspd.research.recipes.recipe import Precision
from sspd.research.recipes.settled import Select, checked_select, settled

Kind = Literal["labelled", "prior", "contrast", "triplet"]
#: What ends the names of recipes for two cores.
LAPTOP = "-laptop"
#: So much faster, and as much slower, videos are played to networks that learn from that.
FASTEST = 1.5
#: Losses that want the contact waveform, and those that take its place where a dataset gives
#: nothing but rates (PhysFormer's, CVPR 2022, Eq. 5 and 6).
OF_WAVES, OF_RATES = ("pearson", "squared-error"), ("rate-entropy", "rate-distribution")


@dataclass(frozen=True)
class BaselineRecipe:
    """How a network of another paper is trained.

    Examples
    --------
    >>> spec = BaselineSpec("physnet", fs=30.0, size=128, clip=128)
    >>> BaselineRecipe("mine", "here", spec, "labelled", (("pearson", 1.0),), steps=5).clip_s > 4
    True
    """

    name: str
    source: str
    """Where the settings come from."""
    network: BaselineSpec
    kind: Kind
    """What a step sees: clips with labels, clips alone, pairs of videos, or videos and the same
    played faster or slower."""
    losses: tuple[tuple[str, float], ...]
    """Names of `sspd.research.train.loss_registry` and their weights."""
    batch: int = 2
    """Clips a step."""
    epochs: int | None = None
    """Passes in which each video gives one clip; None: `steps` decides."""
    steps: int | None = None
    """Optimiser steps; None: `epochs` decides."""
    learning_rate: float = 1e-4
    decay: float = 0.0
    """Weight decay, apart from the gradient (AdamW); 0: Adam."""
    warmup_steps: int = 0
    """Steps over which the rate rises from 0."""
    rate_schedule: Literal["constant", "cosine"] = "constant"
    band_hz: tuple[float, float] = (0.66, 3.7)
    """Where the losses look for a pulse."""
    precision: Precision = "f32"
    init: str = "nothing"
    curriculum: float = 1.0
    """By how much more than at first the losses of rates weigh in the end: eta of PhysFormer's
    curriculum, whose weight is that to the power of the share of the epochs gone by."""
    clip_every_s: float | None = None
    """An epoch has a clip of each video for so many seconds of it; None: one clip a video."""
    select: Select = "last"
    """Which state measures afterwards: the last one, or the best of a few looks."""

    def __post_init__(self) -> None:
        checked_select(self.select)
        if not self.curriculum > 0 or not (self.clip_every_s is None or self.clip_every_s > 0):
            raise UsageError(
                f"curriculum and clip_every_s are positive, got {self.curriculum},"
                f" {self.clip_every_s}"
            )
        if (self.epochs is None) == (self.steps is None):
            raise UsageError("a recipe says either epochs or steps")

    @property
    def n_differences(self) -> int:
        """Values of what is drawn of a video: a clip, longer where it is played faster."""
        longest = FASTEST if self.kind in ("prior", "triplet") else 1.0
        return math.ceil(longest * self.network.clip)

    @property
    def clip_s(self) -> float:
        """Length of what is drawn of a video, seconds."""
        return self.n_differences / self.network.fs

    @property
    def method(self) -> str:
        """The method that its weights are for."""
        return self.name.removesuffix(LAPTOP)

    @property
    def upright(self) -> bool:
        """Whether labels say which way up the waveform is; a rate alone does not."""
        return self.kind == "labelled" and any(name in OF_WAVES for name, _ in self.losses)

    @property
    def least_batch(self) -> int:
        """Clips that a step wants at least: what compares videos is given no single one."""
        return 2 if self.kind == "contrast" else 1

    def by_rates(self) -> BaselineRecipe:
        """The same for a dataset that gives rates, but no waveform that fits its videos.

        >>> losses = (("squared-error", 1.0),)
        >>> spec = BaselineSpec("deepphys", fs=30.0, size=36, clip=180)
        >>> recipe = BaselineRecipe("deepphys", "its paper", spec, "labelled", losses, 4, epochs=1)
        >>> [name for name, _ in recipe.by_rates().losses]
        ['rate-entropy', 'rate-distribution']
        """
        kept = tuple(one for one in self.losses if one[0] not in OF_WAVES)
        if self.kind != "labelled" or kept == self.losses:
            return self
        losses = kept or tuple((name, 1.0) for name in OF_RATES)
        source = f"{self.source}; by rates alone, where no waveform fits the videos"
        return replace(self, losses=losses, source=source)

    def at(self, step: int, steps: int) -> BaselineRecipe:
        """Its losses as they weigh at a step of so many."""
        if self.curriculum == 1:
            return self
        gone = step / steps
        if self.epochs is not None:  # by whole epochs, as its paper has it
            gone = (step * self.epochs // steps) / self.epochs
        factor = self.curriculum**gone
        weighted = ((name, w * factor if name in OF_RATES else w) for name, w in self.losses)
        return replace(self, losses=tuple(weighted))

    @property
    def settled(self) -> dict[str, str]:
        """How state, sign and integration are settled, for manifests."""
        return settled(self.select, by_labels=self.upright)

    @property
    def crop_px(self) -> int:
        """Size of the stored faces."""
        return self.network.size

    @property
    def drawn_px(self) -> int:
        """Size at which clips are drawn of larger stored faces: the network's own."""
        return self.network.size

    def to_dict(self) -> dict[str, Any]:
        """Plain types for JSON."""
        return asdict(self)
