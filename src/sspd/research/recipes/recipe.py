"""The settings of a training, as one frozen dataclass with the source of each default."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from sspd.errors import UsageError
from sspd.models.spec import NetworkSpec, PyramidSpec
from sspd.research.recipes.disturbance import Disturbance
from sspd.research.recipes.settled import Select, require_select, settled

Precision = Literal["f32", "bf16", "f16"]
PRECISIONS: tuple[Precision, ...] = ("f32", "bf16", "f16")


@dataclass(frozen=True)
class LossSpec:
    """Settings of the loss (Eq. 6-12): its variant, the weights of its parts, the pulse band."""

    reading: Literal["paper", "released"] = "paper"
    """The paper's equations, or those of the released code."""
    rpd_weight: float = 1.0
    """Eq. 8."""
    tspd_weight: float = 1.0
    """Eq. 8."""
    sd_weight: float = 0.8
    """alpha of Eq. 12."""
    snr_weight: float = 0.6
    """beta of Eq. 12."""
    band_hz: tuple[float, float] = (0.5, 3.0)
    """The band a of Eq. 10, Hz."""
    snr_counts_dc: bool = True
    """True if b of Eq. 10 begins at 0 Hz and includes the mean of the wave, as in the paper, so
    that a map of ones has the highest loss. False removes the mean first, as in the training of
    the package's weights."""

    def __post_init__(self) -> None:
        low, high = self.band_hz
        if self.reading == "released" and not self.snr_counts_dc:
            raise UsageError("the released loss always counts 0 Hz: snr_counts_dc must be true")
        if not 0 <= low < high:
            raise UsageError(
                f"the pulse band must rise from its first to its second edge, got {self.band_hz}"
            )


@dataclass(frozen=True)
class ViewSpec:
    """Settings of local-global augmentation and masked difference modelling (Sec. III-B)."""

    local_view: Literal["crop", "resize"] = "crop"
    """Random crop and flips (paper); ``resize``: no LGA, both views are whole and not flipped."""
    crop_anchor: Literal["random", "corner"] = "random"
    """Position of the local crop; that of the released code is always the top left corner."""
    mask_ratio: float = 0.3
    """Fraction of the differences that is set to 0 (Fig. 8b)."""
    mask_shape: Literal["element", "pixel"] = "element"
    """One draw for each element (paper), or one for the three channels (released code)."""
    disturbance: Disturbance | None = None
    """Light, noise and coding that each view draws for itself; None (paper): nothing."""

    def __post_init__(self) -> None:
        if not 0 <= self.mask_ratio < 1:
            raise UsageError(f"the mask ratio must be in [0, 1), got {self.mask_ratio}")


@dataclass(frozen=True)
class Recipe:
    """All settings of a training.

    Examples
    --------
    >>> Recipe("mine", "my own videos", clip_s=5.0).n_differences
    150
    """

    name: str
    source: str
    """Source of the settings."""
    network: NetworkSpec = field(
        default_factory=lambda: NetworkSpec(fs=30.0, pyramid=PyramidSpec())
    )
    loss: LossSpec = field(default_factory=LossSpec)
    views: ViewSpec = field(default_factory=ViewSpec)
    clip_s: float = 10.0
    """Length of a clip, seconds (Sec. IV-B)."""
    batch: int = 12
    """Clips in a step (Sec. IV-B)."""
    epochs: int | None = 50
    """Number of epochs, with one clip for each video (Sec. IV-B); None: `steps` decides."""
    steps: int | None = None
    """Optimiser steps; None: `epochs` decides."""
    learning_rate: float = 1e-3
    """Learning rate of Adam without decay (Sec. IV-B)."""
    warmup_steps: int = 0
    """Steps over which the rate rises from 0."""
    rate_schedule: Literal["constant", "cosine"] = "constant"
    """True if the learning rate falls to 0 along a half cosine; the paper mentions none."""
    momentum_start: float = 0.9
    """rho of Eq. 13 at the first step."""
    momentum_end: float = 1.0
    """rho at the last step; it rises along a half cosine (Sec. IV-B)."""
    stop_gradient: bool = True
    """True if gradients stop between backbone and predictor."""
    exported: Literal["online", "target"] = "target"
    """The network that measures afterwards."""
    precision: Precision = "f32"
    """Precision of the networks; losses always use float32."""
    init: Literal["nothing", "shipped"] = "nothing"
    """Default initial weights of both networks: random (``nothing``), or those of the package."""
    select: Select = "best"
    """The state that measures afterwards: the last one (paper), or the best one of a few
    self-checks without labels."""
    crop_px: int = 151
    """Height and width of the stored faces, of which `network.size` is cropped (Sec. III-B1)."""

    def __post_init__(self) -> None:
        if (self.epochs is None) == (self.steps is None):
            raise UsageError("a recipe has either epochs or steps")
        require_select(self.select)
        if self.crop_px < self.network.size:
            raise UsageError(
                f"faces of {self.crop_px} pixels are too small for crops of {self.network.size}"
            )
        if self.network.input == "centred" and self.network.centre_s != self.clip_s:
            raise UsageError(
                f"frames are centred over a clip of {self.clip_s:g} s: centre_s must be that, not"
                f" {self.network.centre_s:g}"
            )
        if min(self.network.pyramid_counts(self.n_differences), default=0) < 4:
            raise UsageError(f"clips of {self.clip_s:g} s are too short for the pyramid")

    @property
    def n_differences(self) -> int:
        """T: number of frame differences in a clip."""
        return round(self.clip_s * self.network.fs)

    @property
    def start_every_s(self) -> float | None:
        """None: clips start anywhere."""
        return None

    @property
    def clip_every_s(self) -> None:
        """None: each video gives one clip in an epoch."""
        return None

    @property
    def least_batch(self) -> int:
        """Smallest number of clips in a step."""
        return 1

    @property
    def drawn_px(self) -> int:
        """No limit on the size of drawn faces: they are as stored, and views are cropped later."""
        return 1 << 16

    @property
    def settled(self) -> dict[str, str]:
        """Texts that say how state, sign and integration order are chosen, for manifests."""
        return settled(self.select)

    def to_dict(self) -> dict[str, Any]:
        """Return plain types for JSON."""
        return asdict(self)
