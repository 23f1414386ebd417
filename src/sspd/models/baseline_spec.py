"""Specification of a network of another paper as data, from which it is rebuilt."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from sspd.errors import UsageError
from sspd.models.spec import FS_HZ, MOST_SUMMATIONS
from sspd.types import ConfidenceSpec
from sspd.utils import schema

Input = Literal["pictures", "differences", "both"]
#: Largest side of the faces, pixels, and longest clip, frames.
LARGEST_SIZE, LONGEST_CLIP = 512, 4096


@dataclass(frozen=True)
class BaselineSpec:
    """Settings of a network of another paper, with the conventions of its input and output.

    Examples
    --------
    >>> spec = BaselineSpec("physnet", fs=30.0, size=128, clip=128)
    >>> BaselineSpec.from_dict(spec.to_dict()) == spec
    True
    """

    network: str
    """Name of the architecture, see `sspd.models.baselines.NETWORKS`."""
    fs: float
    """Frame rate of the network's input, Hz."""
    size: int
    """Height and width of the faces, pixels."""
    clip: int
    """Length of the clips in which a video is measured, output values."""
    input: Input = "pictures"
    """Frames (``pictures``), normalised differences (DeepPhys, Eq. 6), or both."""
    polarity: int = 1
    """Sign of the output: 1 if it rises with the blood volume, else -1."""
    summations: int = 0
    """Integration order: how often the output is integrated to give the pulse (1 if the output
    is its derivative)."""
    name: str = ""
    """Name of the weights, for reports."""
    confidence: ConfidenceSpec | None = None
    """Weights of the quality features in the confidence; None if not calibrated."""

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
        """Channel order of the input."""
        return "rgb"

    @property
    def lag_steps(self) -> float:
        """Delay of an output value after its first input frame, in steps of the time grid.

        `sspd.signal.integrate` adds nothing to it.

        >>> slope = BaselineSpec("can", fs=30.0, size=36, clip=180, input="both", summations=1)
        >>> slope.lag_steps
        0.5
        """
        return 0.0 if self.input == "pictures" else 0.5

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain types for JSON.

        Returns
        -------
        dict
        """
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> BaselineSpec:
        """Build the settings from a dictionary of `to_dict`.

        Parameters
        ----------
        data : dict

        Returns
        -------
        BaselineSpec

        Raises
        ------
        UsageError
            A key is unknown, or a value is out of range.
        """
        values = dict(schema.table("network settings", data, {f.name for f in fields(cls)}))
        if values.get("confidence") is not None:
            values["confidence"] = ConfidenceSpec.from_dict(values["confidence"])
        return cls(**values)
