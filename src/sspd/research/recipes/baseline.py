"""Training recipes for networks of other papers, as data."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from sspd.errors import UsageError
from sspd.models.baseline_spec import BaselineSpec
from sspd.research.recipes.recipe import Precision
from sspd.research.recipes.settled import Select, require_select, settled

Kind = Literal["labelled", "prior", "contrast", "triplet"]
#: End of the names of recipes for two CPU cores.
LAPTOP_SUFFIX = "-laptop"
#: Largest factor by which videos are played faster or slower, for networks that learn from it.
FASTEST = 1.5
#: Losses that need the contact waveform, and those that replace them if a dataset has only heart
#: rates (those of PhysFormer, CVPR 2022, Eq. 5 and 6).
OF_WAVES, OF_RATES = ("pearson", "squared-error"), ("rate-entropy", "rate-distribution")


@dataclass(frozen=True)
class BaselineRecipe:
    """Training recipe for a network of another paper.

    Examples
    --------
    >>> spec = BaselineSpec("physnet", fs=30.0, size=128, clip=128)
    >>> BaselineRecipe("mine", "here", spec, "labelled", (("pearson", 1.0),), steps=5).clip_s > 4
    True
    """

    name: str
    source: str
    """Source of the settings."""
    network: BaselineSpec
    kind: Kind
    """Input of a step: clips with labels, clips alone, pairs of videos, or videos with copies
    that are played faster or slower."""
    losses: tuple[tuple[str, float], ...]
    """Names of losses in `sspd.research.train.loss_registry`, with their weights."""
    batch: int = 2
    """Clips in a step."""
    epochs: int | None = None
    """Number of epochs; None: `steps` decides."""
    steps: int | None = None
    """Optimiser steps; None: `epochs` decides."""
    learning_rate: float = 1e-4
    decay: float = 0.0
    """Weight decay of AdamW; 0: Adam."""
    warmup_steps: int = 0
    """Steps over which the rate rises from 0."""
    rate_schedule: Literal["constant", "cosine"] = "constant"
    band_hz: tuple[float, float] = (0.66, 3.7)
    """Pulse band of the losses."""
    precision: Precision = "f32"
    init: str = "nothing"
    curriculum: float = 1.0
    """Factor on the weights of the rate losses at the end: eta of PhysFormer's curriculum, whose
    weight is eta to the power of the fraction of epochs done."""
    clip_every_s: float | None = None
    """Seconds of video for each clip of an epoch; None: one clip for each video."""
    select: Select = "last"
    """The state that measures afterwards: the last one, or the best one of a few self-checks."""

    def __post_init__(self) -> None:
        require_select(self.select)
        if not self.curriculum > 0 or not (self.clip_every_s is None or self.clip_every_s > 0):
            raise UsageError(
                f"curriculum and clip_every_s must be positive, got {self.curriculum},"
                f" {self.clip_every_s}"
            )
        if (self.epochs is None) == (self.steps is None):
            raise UsageError("a recipe has either epochs or steps")

    @property
    def start_every_s(self) -> float | None:
        """None: clips start anywhere."""
        return None

    @property
    def n_differences(self) -> int:
        """Number of frame differences drawn from a video: a clip, longer if it is played faster."""
        longest = FASTEST if self.kind in ("prior", "triplet") else 1.0
        return math.ceil(longest * self.network.clip)

    @property
    def clip_s(self) -> float:
        """Length of the video that is drawn for a clip, seconds."""
        return self.n_differences / self.network.fs

    @property
    def method(self) -> str:
        """Name of the method that uses its weights."""
        return self.name.removesuffix(LAPTOP_SUFFIX)

    @property
    def upright(self) -> bool:
        """True if labels fix the sign of the waveform; heart rates alone do not."""
        return self.kind == "labelled" and any(name in OF_WAVES for name, _ in self.losses)

    @property
    def least_batch(self) -> int:
        """Smallest number of clips in a step: two for losses that compare videos."""
        return 2 if self.kind == "contrast" else 1

    def by_rates(self) -> BaselineRecipe:
        """Return the recipe for a dataset with heart rates but no waveforms that fit its videos.

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
        """Return the recipe with the loss weights of one step.

        Parameters
        ----------
        step, steps : int
            The step, and the number of steps of the whole training.

        Returns
        -------
        BaselineRecipe
        """
        if self.curriculum == 1:
            return self
        done = step / steps
        if self.epochs is not None:  # by whole epochs, as in its paper
            done = (step * self.epochs // steps) / self.epochs
        factor = self.curriculum**done
        weighted = ((name, w * factor if name in OF_RATES else w) for name, w in self.losses)
        return replace(self, losses=tuple(weighted))

    @property
    def settled(self) -> dict[str, str]:
        """Texts that say how state, sign and integration order are chosen, for manifests."""
        return settled(self.select, by_labels=self.upright)

    @property
    def crop_px(self) -> int:
        """Height and width of the stored faces, pixels."""
        return self.network.size

    @property
    def drawn_px(self) -> int:
        """Largest height and width of drawn faces, pixels: that of the network."""
        return self.network.size

    def to_dict(self) -> dict[str, Any]:
        """Return plain types for JSON."""
        return asdict(self)
