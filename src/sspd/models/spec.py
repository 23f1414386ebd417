"""Specification of a network as data, from which it is rebuilt after loading."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, get_args

from sspd.errors import UsageError
from sspd.types import ConfidenceSpec, EqualizerSpec
from sspd.utils import schema

AttentionDivisor = Literal["embedding", "tokens"]
Residual = Literal["adaptive_pool", "nearest", "none"]
Attention = Literal["dot", "softmax", "none"]
#: Input of a network: differences of consecutive frames, or frames minus their mean.
InputKind = Literal["differences", "centred"]
INPUT_KINDS: tuple[InputKind, ...] = ("differences", "centred")
#: Longest clip of which the mean is subtracted, seconds, as it is held in memory.
LONGEST_CENTRE_S = 60.0
#: Highest order of integration of the output (2: the output is the second derivative).
MOST_SUMMATIONS = 2
#: Range of a network's frame rate, Hz; videos of any rate are resampled to it.
FS_HZ = (5.0, 250.0)


@dataclass(frozen=True)
class PyramidSpec:
    """Settings of the Separable Self-Similarity Model, Sec. III-C2 (Eq. 2 to 5).

    Examples
    --------
    >>> PyramidSpec().token_counts(300)
    (292, 286, 282)
    >>> PyramidSpec(widths=(5, 5, 5), halving=True).token_counts(300)
    (296, 144, 68)
    """

    widths: tuple[int, ...] = (9, 7, 5)
    """Kernel width of each tokenizer, one per level (1 to 4 levels)."""
    heads: int = 2
    """Number of heads of the dot-product attention."""
    divisor: AttentionDivisor = "embedding"
    """Divisor of Q K^T: C (Eq. 2) or the number of tokens (released code)."""
    projection_tanh: bool = False
    """True to apply tanh after the projection (released code)."""
    residual: Residual = "adaptive_pool"
    """Resampling of S to the token rate: Eq. 5, or as in the released code; ``none`` omits the
    residual path (Table VII)."""
    attention: Attention = "dot"
    """Attention of Eq. 2; with softmax, divided by the root of the head size; or none (Table
    VII)."""
    projection: bool = True
    """True to mix the heads by a linear layer (Table VII)."""
    halving: bool = False
    """True to halve the rate before each tokenizer from the second on (Table VIII, row 6)."""

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
        """Return the number of tokens of each level.

        Parameters
        ----------
        n_frames : int
            Number of differences in a clip.

        Returns
        -------
        tuple of int
        """
        counts = []
        for level, width in enumerate(self.widths):
            n_frames = (n_frames // 2 if self.halving and level else n_frames) - width + 1
            counts.append(n_frames)
        return tuple(counts)

    def level_fs(self, fs: float) -> tuple[float, ...]:
        """Return the token rate of each level, which `halving` halves per level.

        Parameters
        ----------
        fs : float
            Rate of the network's input, Hz.

        Returns
        -------
        tuple of float
            Hz.
        """
        return tuple(fs / 2**i if self.halving else fs for i in range(len(self.widths)))


@dataclass(frozen=True)
class NetworkSpec:
    """Settings of a network, with the conventions of its input and output.

    Examples
    --------
    >>> NetworkSpec.from_dict(NetworkSpec(fs=30.0).to_dict()) == NetworkSpec(fs=30.0)
    True
    """

    fs: float
    """Frame rate of the network's input, Hz."""
    size: int = 128
    """Height and width of the input, pixels (128 or 96)."""
    colour: Literal["rgb", "bgr"] = "rgb"
    """Channel order of the input; BGR for the released weights."""
    input: InputKind = "differences"
    """Frame differences (Eq. 1), or frames minus the mean of their clip (Table VI, "w/o frame
    difference"). Files without this setting are of differences."""
    centre_s: float = 10.0
    """Length of the clip of which the mean is subtracted from ``centred`` frames, seconds."""
    token_size: int = 256
    """C: channels of the last block and size of a token (128, 256, 512 in Table VIII)."""
    follow: bool = False
    """True if the head is stabilized in its fixed box first (`sspd.face.stabilize`), unlike in
    the paper."""
    pyramid: PyramidSpec | None = None
    """Settings of S3M, which is used in training only; None in a network for measuring."""
    polarity: int = 1
    """Sign of the output: 1 if it rises with the blood volume, else -1; set after training."""
    summations: int = 0
    """Integration order: how often the output is integrated to give the pulse (1 if the output
    is its derivative)."""
    name: str = "sspd"
    """Name of the weights, for reports."""
    confidence: ConfidenceSpec | None = None
    """Weights of the quality features in the confidence; None if not calibrated."""
    equalizer: EqualizerSpec | None = None
    """Filter by which the integrated output becomes the pulse that is shown and scored, and the
    delay of that output; rates and their confidence are read before the filter. None, as in older
    files: none."""

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
        if self.equalizer is not None:
            self.equalizer.check_gain(self.fs)

    @property
    def lag_steps(self) -> float:
        """Time of the blood volume that an output value shows, in steps after its first frame.

        A difference is half way between its two frames, and `sspd.signal.integrate` delays
        nothing. What the network itself is late or early is known from simulated videos.

        >>> NetworkSpec(fs=30.0).lag_steps, NetworkSpec(fs=30.0, input="centred").lag_steps
        (0.5, 0.0)
        >>> early = EqualizerSpec((1.0,), delay_s=-0.01)
        >>> round(NetworkSpec(fs=30.0, summations=2, equalizer=early).lag_steps, 6)
        0.8
        """
        between = 0.0 if self.input == "centred" else 0.5
        return between - (self.equalizer.delay_s * self.fs if self.equalizer else 0.0)

    def pyramid_counts(self, n_frames: int) -> tuple[int, ...]:
        """Return the number of tokens of each level; empty without S3M.

        Parameters
        ----------
        n_frames : int
            Number of differences in a clip.

        Returns
        -------
        tuple of int
        """
        return self.pyramid.token_counts(n_frames) if self.pyramid else ()

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain types for JSON.

        Returns
        -------
        dict
            Without ``equalizer`` if there is none, as before there were any.
        """
        found = asdict(self)
        if self.equalizer is None:
            del found["equalizer"]
        else:
            found["equalizer"] = self.equalizer.to_dict()
        return found

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> NetworkSpec:
        """Build the settings from a dictionary of `to_dict`.

        Parameters
        ----------
        data : dict

        Returns
        -------
        NetworkSpec

        Raises
        ------
        UsageError
            A key is unknown, or a value is out of range.
        """
        # older files contain "calibrated", which was always false
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
        facts = values.pop("equalizer", None)
        spec = cls(**values)
        if facts is None:
            return spec
        # older files count half a step for each summation, of which `integrate` knows nothing
        counted_s = 0.5 * spec.summations / spec.fs
        return replace(spec, equalizer=EqualizerSpec.from_dict(facts, counted_s))
