"""What a network of another paper is, as data: enough to rebuild it from a file."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from sspd.errors import UsageError
from sspd.models.spec import FS_HZ, MOST_SUMMATIONS
from sspd.types import ConfidenceSpec
from sspd.utils import schema

Input = Literal["pictures", "differences", "both"]
#: What may be asked of a network's shape; more is none of ours.
LARGEST_SIZE, LONGEST_CLIP = 512, 4096


@dataclass(frozen=True)
class BaselineSpec:
    """A network of another paper, with the facts that its input and output need.

    Examples
    --------
    >>> spec = BaselineSpec("physnet", fs=30.0, size=128, clip=128)
    >>> BaselineSpec.from_dict(spec.to_dict()) == spec
    True
    """

    network: str
    """Which one; a name of `sspd.models.baselines.NETWORKS`."""
    fs: float
    """Frames a second of the grid it was trained on, Hz."""
    size: int
    """Height and width of its faces, pixels."""
    clip: int
    """Values that it gives at a time; a video is measured in clips of this length."""
    input: Input = "pictures"
    """Pictures, normalised differences (DeepPhys, Eq. 6), or both."""
    polarity: int = 1
    """Sign that turns the output upright."""
    summations: int = 0
    """How often the output has to be summed to give the pulse: 1 if it is its slope."""
    name: str = ""
    """Which weights these are, for reports."""
    confidence: ConfidenceSpec | None = None
    """How the evidence for a reading is weighed; None: not calibrated with these weights."""

    def __post_init__(self) -> None:
        schema.number("fs", self.fs, *FS_HZ)
        schema.whole("size", self.size, 16, LARGEST_SIZE)
        schema.whole("clip", self.clip, 4, LONGEST_CLIP)
        schema.one_of("input", self.input, get_args(Input))
        schema.name_text("network", self.network)
        schema.name_text("name", self.name)
        schema.whole("summations", self.summations, 0, MOST_SUMMATIONS)
        if type(self.polarity) is not int or self.polarity not in (-1, 1):
            raise UsageError(f"polarity is 1 or -1, got {schema.shown(self.polarity)}")

    @property
    def colour(self) -> Literal["rgb"]:
        """Channel order of its input."""
        return "rgb"

    @property
    def lag_steps(self) -> float:
        """How far behind a value's first picture its time is, in steps of the grid."""
        return (0.0 if self.input == "pictures" else 0.5) + 0.5 * self.summations

    def to_dict(self) -> dict[str, Any]:
        """Plain types for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> BaselineSpec:
        """Rebuild from `to_dict`; unknown keys are refused."""
        values = dict(schema.table("network settings", data, {f.name for f in fields(cls)}))
        if values.get("confidence") is not None:
            values["confidence"] = ConfidenceSpec.from_dict(values["confidence"])
        return cls(**values)
