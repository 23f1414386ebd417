"""Specification of the small streaming network as data, from which it is rebuilt."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from sspd.errors import UsageError
from sspd.models.spec import FS_HZ
from sspd.types import ConfidenceSpec, EqualizerSpec
from sspd.utils import schema

#: Name of the architecture, in the facts of its files.
NANO = "nano"
#: Side of the faces, pixels; they are halved twice.
SIZES_PX = (36, 72)
#: Longest delay of a value after its frame, seconds.
MOST_LATENCY_S = 0.5
#: Largest state, bytes, and multiply-adds of a frame; a network beyond these is none of ours.
MOST_STATE_BYTES = 256 * 1024
#: Kernel of a convolution in time: a frame and two earlier ones.
TIME_KERNEL = 3
#: Value channels whose energies are averaged.
ENERGY_GROUP = 3
#: Channels of the look of a region (skin, hair, background).
LOOK_CHANNELS = 16


@dataclass(frozen=True)
class NanoSpec:
    """Settings of the small streaming network, with the conventions of its input and output.

    It takes RGB faces on the time grid, one at a time, and gives one value for each: a pulse
    that rises with the blood volume. There is no sign and no integration to settle.

    Examples
    --------
    >>> spec = NanoSpec(fs=30.0)
    >>> NanoSpec.from_dict(spec.to_dict()) == spec
    True
    >>> spec.latency_s, spec.state_bytes < MOST_STATE_BYTES
    (0.4, True)
    """

    fs: float
    """Frame rate of the network's input, Hz."""
    size: int = 48
    """Height and width of the faces, pixels; a multiple of 4."""
    latency: int = 12
    """Delay of a value after its frame, in steps of the time grid."""
    regions: int = 32
    """Channels of the maps of regions."""
    values: int = 24
    """Channels that are averaged over the regions, by their reliability."""
    heads: int = 4
    """Ways of weighing the regions."""
    width: int = 48
    """Channels of the temporal convolutions after that."""
    dilations: tuple[int, ...] = (1, 2, 4, 8, 16, 32)
    """Distance of the frames that each temporal convolution joins: the time scales."""
    follow: bool = False
    """True if the head is stabilized in its fixed box first (`sspd.face.stabilize`)."""
    name: str = NANO
    """Name of the weights, for reports."""
    confidence: ConfidenceSpec | None = None
    """Weights of the quality features in the confidence; None if not calibrated."""
    equalizer: EqualizerSpec | None = None
    """Filter and delay by which the output becomes the pulse that is shown and scored."""

    def __post_init__(self) -> None:
        schema.number("fs", self.fs, *FS_HZ)
        schema.whole("size", self.size, *SIZES_PX)
        schema.whole("latency", self.latency, 0, math.floor(MOST_LATENCY_S * self.fs + 1e-6))
        for name, most in (("regions", 64), ("values", 48), ("heads", 8), ("width", 96)):
            schema.whole(name, getattr(self, name), 1, most)
        schema.flag("follow", self.follow)
        schema.name_text("name", self.name)
        if not isinstance(self.dilations, tuple) or not 1 <= len(self.dilations) <= 8:
            raise UsageError(
                f"dilations must be 1 to 8 numbers, got {schema.shown(self.dilations)}"
            )
        for dilation in self.dilations:
            schema.whole("a dilation", dilation, 1, 64)
        if self.size % 4 or self.values % ENERGY_GROUP:
            raise UsageError(
                f"size must be a multiple of 4 and values of {ENERGY_GROUP}, got {self.size} and"
                f" {self.values}"
            )
        if self.state_bytes > MOST_STATE_BYTES:
            raise UsageError(
                f"a state of {self.state_bytes} bytes is too large, {MOST_STATE_BYTES} are the most"
            )
        if self.equalizer is not None:
            self.equalizer.check_gain(self.fs)

    @property
    def colour(self) -> Literal["rgb"]:
        """Channel order of the input."""
        return "rgb"

    @property
    def polarity(self) -> int:
        """Sign of the output: it is taught to rise with the blood volume."""
        return 1

    @property
    def summations(self) -> int:
        """Integration order of the output: it is taught the pulse itself."""
        return 0

    @property
    def lag_steps(self) -> float:
        """Time of the blood volume that a value shows, in steps after its frame.

        Without the latency, which the stream takes out.
        """
        return -(self.equalizer.delay_s * self.fs if self.equalizer else 0.0)

    @property
    def latency_s(self) -> float:
        """Delay of a value after its frame, seconds."""
        return self.latency / self.fs

    @property
    def map_size(self) -> int:
        """Height and width of the maps of regions."""
        return self.size // 4

    @property
    def state_floats(self) -> int:
        """Number of values of the state."""
        return sum(math.prod(shape) for shape in state_layout(self).values())

    @property
    def state_bytes(self) -> int:
        """Size of the state in float32."""
        return 4 * self.state_floats

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain types for JSON.

        Returns
        -------
        dict
            With the name of the architecture.
        """
        found = {"network": NANO, "latency_s": self.latency_s, **asdict(self)}
        if self.equalizer is not None:
            found["equalizer"] = self.equalizer.to_dict()
        return found

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> NanoSpec:
        """Build the settings from a dictionary of `to_dict`.

        Parameters
        ----------
        data : dict

        Returns
        -------
        NanoSpec

        Raises
        ------
        UsageError
            A key is unknown, a value is out of range, or it is another network.
        """
        names = {f.name for f in fields(cls)}
        values = dict(schema.table("network settings", data, names | {"network", "latency_s"}))
        if values.pop("network", None) != NANO:
            raise UsageError("network settings of another network than nano")
        values.pop("latency_s", None)  # follows from latency and fs
        if isinstance(values.get("dilations"), list):
            values["dilations"] = tuple(values["dilations"])
        if values.get("confidence") is not None:
            values["confidence"] = ConfidenceSpec.from_dict(values["confidence"])
        if values.get("equalizer") is not None:
            values["equalizer"] = EqualizerSpec.from_dict(values["equalizer"])
        if "fs" not in values:
            raise UsageError("network settings without fs")
        return cls(**values)


def state_layout(spec: NanoSpec) -> dict[str, tuple[int, ...]]:
    """Return the parts of the state in their order, each with its shape.

    Parameters
    ----------
    spec : NanoSpec

    Returns
    -------
    dict of str to tuple of int
        ``count``: frames so far. ``before``, ``mean``: the last face and the running mean of
        faces. ``near``, ``far``: maps of the last frames. ``fast``, ``slow``: running means of
        the regions' energies. ``power``: that of the channels. ``time0`` and so on: the last
        frames of each temporal convolution.

    >>> state_layout(NanoSpec(fs=30.0))["before"]
    (3, 48, 48)
    """
    side, face = spec.map_size, (3, spec.size, spec.size)
    reach = TIME_KERNEL - 1
    energies = (spec.values // ENERGY_GROUP, side, side)
    layout: dict[str, tuple[int, ...]] = {
        "count": (1,),
        "before": face,
        "mean": face,
        "near": (reach, spec.regions, side, side),
        "far": (2 * reach, spec.regions, side, side),
        "fast": energies,
        "slow": energies,
        "power": (spec.width,),
    }
    for k, dilation in enumerate(spec.dilations):
        layout[f"time{k}"] = (reach * dilation, spec.width)
    return layout
