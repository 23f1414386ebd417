"""What a training is, as data: one frozen dataclass with the source of each default."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from sspd.errors import UsageError
from sspd.models.spec import NetworkSpec, PyramidSpec
from sspd.research.recipes.settled import Select, checked_select, settled

Precision = Literal["f32", "bf16", "f16"]
PRECISIONS: tuple[Precision, ...] = ("f32", "bf16", "f16")


@dataclass(frozen=True)
class LossSpec:
    """Which reading of Eq. 6-12, how its parts are weighted, and the pulse band."""

    reading: Literal["paper", "released"] = "paper"
    """The paper's equations, or what the released code computes."""
    rpd_weight: float = 1.0
    """Eq. 8."""
    tspd_weight: float = 1.0
    """Eq. 8."""
    sd_weight: float = 0.8
    """alpha of Eq. 12."""
    snr_weight: float = 0.6
    """beta of Eq. 12."""
    band_hz: tuple[float, float] = (0.5, 3.0)
    """The band a of Eq. 10."""
    snr_counts_dc: bool = True
    """Whether b of Eq. 10 begins at 0 Hz with the mean of the wave in it, as the paper says, so
    that a map of ones costs more than any other; False takes the mean off first, as the
    weights of the package were trained."""

    def __post_init__(self) -> None:
        low, high = self.band_hz
        if self.reading == "released" and not self.snr_counts_dc:
            raise UsageError("the released loss counts 0 Hz always: snr_counts_dc must be true")
        if not 0 <= low < high:
            raise UsageError(f"a pulse band rises from its first to its second Hz: {self.band_hz}")


@dataclass(frozen=True)
class ViewSpec:
    """Local-global augmentation and masked difference modelling, Sec. III-B."""

    local_view: Literal["crop", "resize"] = "crop"
    """Random crop and flips (paper); ``resize`` drops LGA: both views whole, no flips."""
    crop_anchor: Literal["random", "corner"] = "random"
    """Where the local crop lies; the released code's is always the top left corner."""
    mask_ratio: float = 0.3
    """Share of the differences that is dropped (Fig. 8b)."""
    mask_shape: Literal["element", "pixel"] = "element"
    """One draw an element (paper), or one for the three channels (released code)."""

    def __post_init__(self) -> None:
        if not 0 <= self.mask_ratio < 1:
            raise UsageError(f"a mask ratio lies in [0, 1), not {self.mask_ratio}")


@dataclass(frozen=True)
class Recipe:
    """A whole training.

    Examples
    --------
    >>> Recipe("mine", "my own videos", clip_s=5.0).n_differences
    150
    """

    name: str
    source: str
    """Where the settings come from."""
    network: NetworkSpec = field(
        default_factory=lambda: NetworkSpec(fs=30.0, pyramid=PyramidSpec())
    )
    loss: LossSpec = field(default_factory=LossSpec)
    views: ViewSpec = field(default_factory=ViewSpec)
    clip_s: float = 10.0
    """Length of a clip, seconds (Sec. IV-B)."""
    batch: int = 12
    """Clips a step (Sec. IV-B)."""
    epochs: int | None = 50
    """Passes in which each video gives one clip (Sec. IV-B); None: `steps` decides."""
    steps: int | None = None
    """Optimiser steps; None: `epochs` decides."""
    learning_rate: float = 1e-3
    """Adam without decay (Sec. IV-B)."""
    warmup_steps: int = 0
    """Steps over which the rate rises from 0."""
    rate_schedule: Literal["constant", "cosine"] = "constant"
    """Whether the rate falls to 0 along a half cosine; the paper says nothing of one."""
    momentum_start: float = 0.9
    """rho of Eq. 13 at the first step ..."""
    momentum_end: float = 1.0
    """... and at the last, along a half cosine (Sec. IV-B)."""
    stop_gradient: bool = True
    """Between backbone and predictor."""
    exported: Literal["online", "target"] = "target"
    """Which of the two networks measures afterwards."""
    precision: Precision = "f32"
    """What the networks run in; losses are float32 always."""
    init: Literal["nothing", "shipped"] = "nothing"
    """Where both networks begin, if nobody says otherwise: at random, or at the weights of
    the package."""
    select: Select = "best"
    """Which state measures afterwards: the last one (paper), or the best of a few looks that
    need no labels."""
    crop_px: int = 151
    """Size of the stored faces, of which `network.size` is cropped (Sec. III-B1)."""

    def __post_init__(self) -> None:
        if (self.epochs is None) == (self.steps is None):
            raise UsageError("a recipe says either epochs or steps")
        checked_select(self.select)
        if self.crop_px < self.network.size:
            raise UsageError(f"faces of {self.crop_px} pixels hold no {self.network.size} crop")
        if self.network.input == "centred" and self.network.centre_s != self.clip_s:
            raise UsageError(
                f"frames are centred over a clip of {self.clip_s:g} s: centre_s must be that, not"
                f" {self.network.centre_s:g}"
            )
        if min(self.network.pyramid_counts(self.n_differences), default=0) < 4:
            raise UsageError(f"clips of {self.clip_s:g} s are too short for the pyramid")

    @property
    def n_differences(self) -> int:
        """T: differences in a clip."""
        return round(self.clip_s * self.network.fs)

    @property
    def clip_every_s(self) -> None:
        """Each video gives one clip an epoch."""
        return None

    @property
    def least_batch(self) -> int:
        """Clips that a step wants at least."""
        return 1

    @property
    def drawn_px(self) -> int:
        """Size at which clips are drawn: as stored, views are cropped of them later."""
        return 1 << 16

    @property
    def settled(self) -> dict[str, str]:
        """How state, sign and integration are settled, for manifests."""
        return settled(self.select)

    def to_dict(self) -> dict[str, Any]:
        """Plain types for JSON."""
        return asdict(self)
