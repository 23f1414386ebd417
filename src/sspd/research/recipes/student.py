"""Recipes that teach the small network: its teacher's waveforms, on harder views, no labels."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from sspd.errors import UsageError
from sspd.models.nano_spec import NanoSpec
from sspd.research.recipes.disturbance import Disturbance
from sspd.research.recipes.recipe import Precision
from sspd.research.recipes.settled import Select, require_select

#: Texts for manifests: the teacher fixes sign and integration.
BY_TEACHER = "the teacher's equalized waveform, which the network was taught"


@dataclass(frozen=True)
class StudentViews:
    """Largest changes of the views that the small network sees; each view draws its own.

    Examples
    --------
    >>> StudentViews(shift=0.0).zoom
    0.2
    """

    disturbance: Disturbance = field(
        default_factory=lambda: Disturbance(
            light_percent=2.0, noise_levels=2.0, block_levels=0.7, blur_px=1.0
        )
    )
    """Light, noise, coding and sharpness of a view."""
    shift: float = 0.06
    """Movement of the head, fraction of the face's side."""
    zoom: float = 0.2
    """Largest reduction of the region of the face that is shown, fraction of its side."""
    exposure: float = 0.5
    """Change of the exposure, in stops; too bright pixels are cut off."""
    dropped: float = 0.1
    """Fraction of frames that repeat the one before."""
    hidden: float = 0.4
    """Side of a patch that is hidden for a while, fraction of the face's side."""

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name != "disturbance" and not 0 <= value <= 0.9:
                raise UsageError(f"{each.name} of a view must be 0 to 0.9, got {value}")


@dataclass(frozen=True)
class StudentRecipe:
    """All settings of a training of the small network by a large one.

    Examples
    --------
    >>> StudentRecipe("mine", "here", NanoSpec(fs=30.0), clip_s=5.0, steps=9).n_differences
    150
    """

    name: str
    source: str
    """Source of the settings."""
    network: NanoSpec
    views: StudentViews = field(default_factory=StudentViews)
    views_per_clip: int = 2
    """Views of each clip: the teacher's work serves several."""
    rpd_weight: float = 1.0
    """Weight of L_RPD (Eq. 6): waveforms, and their spectra."""
    band_weight: float = 1.0
    """Weight of the overlap of the spectra in the pulse band."""
    tspd_weight: float = 1.0
    """Weight of L_TSPD (Eq. 7): self-similarity maps and waves."""
    widths: tuple[int, ...] = (9, 7, 5)
    """Frames in a token of each level of the similarity pyramid, as in the paper."""
    band_hz: tuple[float, float] = (0.5, 3.7)
    """The pulse band."""
    skip_s: float = 1.0
    """Ends of a clip that are not compared: the teacher is unsure there, and the network begins
    there, seconds."""
    least_weight: float = 0.05
    """Weight of clips of which the teacher is least sure; of sure ones it is 1."""
    clip_s: float = 10.0
    """Length of a clip, seconds."""
    start_every_s: float | None = 5.0
    """Clips of a segment start at multiples of this, seconds, so that a lesson serves again;
    None: anywhere."""
    batch: int = 4
    """Clips in a step."""
    epochs: int | None = None
    """Number of epochs; None: `steps` decides."""
    steps: int | None = None
    """Optimizer steps; None: `epochs` decides."""
    learning_rate: float = 1e-3
    warmup_steps: int = 50
    """Steps over which the rate rises from 0."""
    precision: Precision = "f32"
    """Precision of the teacher; the small network is trained in float32."""
    init: str = "nothing"
    """Default initial weights: random."""
    select: Select = "last"
    """The state that measures afterwards: the last one, or the best one of a few self-checks."""
    crop_px: int = 151
    """Height and width of the stored faces, of which both networks' views are made."""

    def __post_init__(self) -> None:
        require_select(self.select)
        if (self.epochs is None) == (self.steps is None):
            raise UsageError("a recipe has either epochs or steps")
        if self.views_per_clip < 1 or not 0 <= self.least_weight <= 1:
            raise UsageError("a recipe has one view per clip or more, and least_weight 0 to 1")
        if self.start_every_s is not None and not self.start_every_s > 0:
            raise UsageError(f"start_every_s must be positive, got {self.start_every_s}")
        if self.n_compared < max(self.widths) + 4:
            raise UsageError(f"clips of {self.clip_s:g} s are too short for their skipped ends")

    @property
    def n_differences(self) -> int:
        """Number of frame differences in a clip."""
        return round(self.clip_s * self.network.fs)

    @property
    def n_skipped(self) -> int:
        """Number of frames at each end of a clip that are not compared."""
        return round(self.skip_s * self.network.fs)

    @property
    def n_compared(self) -> int:
        """Number of values of a clip that are compared."""
        return self.n_differences + 1 - self.network.latency - 2 * self.n_skipped

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
        """No limit on the size of drawn faces: views are made of them as they are stored."""
        return 1 << 16

    @property
    def stabilized(self) -> bool:
        """True: the stored faces are stabilized for the teacher; views move them again."""
        return True

    @property
    def method(self) -> str:
        """Name of the method that uses its weights."""
        return "sspd"

    @property
    def settled(self) -> dict[str, str]:
        """Texts that say how state, sign and integration order are chosen, for manifests."""
        from sspd.research.recipes.settled import STATES

        return {"state": STATES[self.select], "sign_and_integration": BY_TEACHER}

    def to_dict(self) -> dict[str, Any]:
        """Return plain types for JSON."""
        return asdict(self)


NANO = StudentRecipe(
    name="nano",
    source="ours: the small streaming network, taught by the large one on unlabelled videos; as"
    " long as two cores train in a night",
    network=NanoSpec(fs=30.0),
    steps=3600,
)

#: Recipes of small networks by name.
STUDENTS = {recipe.name: recipe for recipe in (NANO,)}
