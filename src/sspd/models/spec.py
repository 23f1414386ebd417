"""What a network is, as data: enough to rebuild it from a file."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from sspd.errors import UsageError
from sspd.types import ConfidenceSpec
from sspd.utils import schema

AttentionDivisor = Literal["embedding", "tokens"]
Residual = Literal["adaptive_pool", "nearest", "none"]
Attention = Literal["dot", "softmax", "none"]
#: What a network is given of faces: next frame less this one, or frames less their mean.
InputKind = Literal["differences", "centred"]
INPUT_KINDS: tuple[InputKind, ...] = ("differences", "centred")
#: A longer mean would hold a video in memory, seconds.
LONGEST_CENTRE_S = 60.0
#: An output steeper than the slope of the slope would be noise.
MOST_SUMMATIONS = 2
#: Rates of a grid that a pulse can be read on; a video is put on it, whatever its own.
FS_HZ = (5.0, 250.0)


@dataclass(frozen=True)
class PyramidSpec:
    """The Separable Self-Similarity Model, Sec. III-C2 (Eq. 2 to 5).

    Examples
    --------
    >>> PyramidSpec().token_counts(300)
    (292, 286, 282)
    >>> PyramidSpec(widths=(5, 5, 5), halving=True).token_counts(300)
    (296, 144, 68)
    """

    widths: tuple[int, ...] = (9, 7, 5)
    """Width of each tokenizer; as many as there are levels (1 to 4)."""
    heads: int = 2
    """Heads of the dot-product attention."""
    divisor: AttentionDivisor = "embedding"
    """What Q K^T is divided by: C (Eq. 2) or the number of tokens (released code)."""
    projection_tanh: bool = False
    """Whether tanh follows the projection (released code)."""
    residual: Residual = "adaptive_pool"
    """How S is brought to the token rate: Eq. 5, or as the released code does; ``none`` leaves
    the path out (Table VII)."""
    attention: Attention = "dot"
    """Eq. 2, with softmax and the root of a head's size in place of the divisor, or none
    (Table VII)."""
    projection: bool = True
    """Whether the heads are mixed by a linear map (Table VII)."""
    halving: bool = False
    """Halve the rate before each tokenizer from the second on (Table VIII, row 6)."""

    def __post_init__(self) -> None:
        if not isinstance(self.widths, tuple):
            raise UsageError(f"widths must be whole numbers, got {schema.shown(self.widths)}")
        if not 1 <= len(self.widths) <= 4:
            raise UsageError(f"a pyramid has 1 to 4 levels, not {len(self.widths)}")
        for width in self.widths:
            schema.whole("a width of the pyramid", width, 1, 99)
        schema.whole("the pyramid's heads", self.heads, 1, 64)
        schema.one_of("divisor", self.divisor, get_args(AttentionDivisor))
        schema.one_of("residual", self.residual, get_args(Residual))
        schema.one_of("attention", self.attention, get_args(Attention))
        for name in ("projection_tanh", "projection", "halving"):
            schema.flag(name, getattr(self, name))

    def token_counts(self, n_frames: int) -> tuple[int, ...]:
        """Tokens of each level for a clip of `n_frames` differences."""
        counts = []
        for level, width in enumerate(self.widths):
            n_frames = (n_frames // 2 if self.halving and level else n_frames) - width + 1
            counts.append(n_frames)
        return tuple(counts)

    def level_fs(self, fs: float) -> tuple[float, ...]:
        """Tokens a second of each level: halved per level where `halving` is set."""
        return tuple(fs / 2**i if self.halving else fs for i in range(len(self.widths)))


@dataclass(frozen=True)
class NetworkSpec:
    """A network with the facts that its input and output need.

    Examples
    --------
    >>> NetworkSpec.from_dict(NetworkSpec(fs=30.0).to_dict()) == NetworkSpec(fs=30.0)
    True
    """

    fs: float
    """Frames a second of the grid the network was trained on, Hz."""
    size: int = 128
    """Height and width of its input, pixels (128 or 96)."""
    colour: Literal["rgb", "bgr"] = "rgb"
    """Channel order of its input; the released weights want BGR."""
    input: InputKind = "differences"
    """What it is given: frame differences (Eq. 1), or frames less the mean of their clip
    (Table VI, "w/o frame difference"). Files that do not say are of differences."""
    centre_s: float = 10.0
    """Of ``centred`` frames: how long the clip is whose mean is taken off, seconds."""
    token_size: int = 256
    """C: channels of the last block and size of a token (128, 256, 512 in Table VIII)."""
    follow: bool = False
    """Whether the head is held still in its fixed box before anything else (`sspd.face.stabilize`);
    the paper's is not."""
    pyramid: PyramidSpec | None = None
    """The training auxiliary; None in a network made for measuring."""
    polarity: int = 1
    """Sign that turns the output upright; fixed after training."""
    summations: int = 0
    """How often the output has to be summed to give the pulse: 1 if it is its slope."""
    name: str = "sspd"
    """Which weights these are, for reports."""
    confidence: ConfidenceSpec | None = None
    """How the evidence for a reading is weighed; None: not calibrated with these weights."""

    def __post_init__(self) -> None:
        schema.number("fs", self.fs, *FS_HZ)
        schema.whole("size", self.size, 92, 512)
        schema.whole("token_size", self.token_size, 1, 4096)
        schema.one_of("colour", self.colour, ("rgb", "bgr"))
        schema.flag("follow", self.follow)
        schema.name_text("name", self.name)
        schema.whole("summations", self.summations, 0, MOST_SUMMATIONS)
        if self.pyramid and self.token_size % self.pyramid.heads:
            raise UsageError(
                f"token size {self.token_size} cannot be shared by {self.pyramid.heads} heads"
            )
        if type(self.polarity) is not int or self.polarity not in (-1, 1):
            raise UsageError(f"polarity is 1 or -1, got {schema.shown(self.polarity)}")
        if self.input not in INPUT_KINDS:
            raise UsageError(f"input is one of {', '.join(INPUT_KINDS)}, got {self.input!r}")
        if not 0 < self.centre_s <= LONGEST_CENTRE_S:
            raise UsageError(f"centre_s is 0 to {LONGEST_CENTRE_S:g} s, got {self.centre_s}")

    @property
    def lag_steps(self) -> float:
        """How far behind a value's first frame its time is, in steps of the grid.

        A difference's lies half way between its two frames, a frame's at itself; each sum
        up to a value belongs half a step later.

        >>> NetworkSpec(fs=30.0).lag_steps, NetworkSpec(fs=30.0, input="centred").lag_steps
        (0.5, 0.0)
        """
        return (0.0 if self.input == "centred" else 0.5) + 0.5 * self.summations

    def pyramid_counts(self, n_frames: int) -> tuple[int, ...]:
        """Tokens of each level for a clip of `n_frames` differences; () without S3M."""
        return self.pyramid.token_counts(n_frames) if self.pyramid else ()

    def to_dict(self) -> dict[str, Any]:
        """Plain types for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> NetworkSpec:
        """Rebuild from `to_dict`; unknown keys are refused."""
        # "calibrated" stood in files before the confidence itself did, and was never true
        known = {f.name for f in fields(cls)} | {"calibrated"}
        found = schema.table("network settings", data, known)
        values = {name: value for name, value in found.items() if name != "calibrated"}
        if values.get("pyramid") is not None:
            names = {f.name for f in fields(PyramidSpec)}
            pyramid = dict(schema.table("pyramid settings", values["pyramid"], names))
            widths = pyramid.get("widths")
            if isinstance(widths, list):
                pyramid["widths"] = tuple(widths)
            values["pyramid"] = PyramidSpec(**pyramid)
        if values.get("confidence") is not None:
            values["confidence"] = ConfidenceSpec.from_dict(values["confidence"])
        if "fs" not in values:
            raise UsageError("network settings without fs")
        return cls(**values)
