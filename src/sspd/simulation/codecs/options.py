"""Codecs and networks between a camera and a file: their options.

A video is either written by one encoder (``file``, ``phone``), or it is what the receiver of a
call recorded: sent by an encoder whose size and bit rate follow the network, enlarged to the full
size again, and recorded nearly without loss. The second way is taken when ``scale_percent`` or
``rate_drop_percent`` is given. See `sspd.simulation.codecs.network` for the frames that arrive.

Compression removes the pulse before it removes the face: McDuff, Blackford, Estepp, "The impact
of video compression on remote cardiac pulse measurement using imaging photoplethysmography", IEEE
FG 2017; Nowara, McDuff, "Combating the impact of video compression on non-contact vital sign
measurement using supervised learning", ICCV Workshops 2019.
"""

from __future__ import annotations

from dataclasses import dataclass

from sspd.errors import UsageError
from sspd.simulation.ranges import check_choice, check_ranges
from sspd.video.encoders import ENCODERS, SPEEDS, Encoding

#: Names of the codecs.
CODECS = tuple(ENCODERS)
#: Container of what a receiver records.
RECORDED = "mp4"
_RANGES: dict[str, tuple[float, float]] = {
    "bit_rate": (0, 100_000_000),
    "quality": (0.0, 100.0),
    "key_every_s": (0.0, 600.0),
    "key_qp_step": (-12.0, 12.0),
    "b_frames": (0, 8),
    "drop_percent": (0.0, 60.0),
    "repeat_percent": (0.0, 60.0),
    "burst_frames": (1.0, 300.0),
    "slow_percent": (0.0, 95.0),
    "slow_factor": (2, 8),
    "jitter_ms": (0.0, 100.0),
    "scale_percent": (0.0, 95.0),
    "rate_drop_percent": (0.0, 95.0),
    "dwell_s": (0.2, 600.0),
}


@dataclass(frozen=True)
class CodecSpec:
    """Options of an encoded video and of the way that it took; 0 switches an effect off.

    Parameters
    ----------
    name : str
        One of `CODECS`: h264, hevc, vp8, vp9, av1, mjpeg.
    container : str
        Suffix of the file without its dot; empty is the usual one of the codec.
    speed : str
        Settings of the encoder: ``live`` (real time, as calls use them: constant bit rate, no
        look-ahead, hardly a key frame), ``fast`` or ``slow`` (files).
    bit_rate : int
        Bits per second, of the whole video; 0 is constant quality. MJPEG has one quantizer for
        the whole video, the finest that the bit rate allows, and no fewer than about 0.15 bits
        per pixel.
    quality : float
        Without a bit rate: 0 (coarsest) to 100 (finest), percent of the encoder's useful range.
    key_every_s : float
        Interval of key frames, seconds; 0 is the encoder's own.
    key_qp_step : float
        Quantizer of key frames over that of the frames between, in steps (6 are a factor of 2;
        positive is coarser, so that the picture pumps with each key frame); 0 is the encoder's
        own, about -3. For h264.
    b_frames : int
        Longest run of frames that are predicted from later ones too. For h264 and hevc, not
        ``live``; vp9 and av1 have their own way when ``slow`` or a file.
    drop_percent : float
        Frames that are lost, percent: the file has none at their times.
    repeat_percent : float
        Frames in whose place the one before is shown again, percent.
    burst_frames : float
        Mean length of a loss or freeze, frames; 1 is independent (Gilbert's two states).
    slow_percent, slow_factor : float, int
        Time during which only every ``slow_factor``-th frame is sent, percent.
    jitter_ms : float
        Standard deviation of the error of a timestamp, ms; at most 0.4 of the distance to the
        next frame.
    scale_percent : float
        Time during which the frames are sent at 3/4, 1/2 or 1/4 of their size, percent.
    rate_drop_percent : float
        Largest drop of the bit rate, percent; each stretch has its own.
    dwell_s : float
        Mean time in one state of frame rate, size and bit rate, seconds.

    Raises
    ------
    UsageError
        An option is out of its range, or options contradict each other.

    >>> CodecSpec("vp8", speed="live", bit_rate=150_000).suffix
    '.webm'
    """

    name: str = "h264"
    container: str = ""
    speed: str = "fast"
    bit_rate: int = 1_000_000
    quality: float = 75.0
    key_every_s: float = 0.0
    key_qp_step: float = 0.0
    b_frames: int = 0
    drop_percent: float = 0.0
    repeat_percent: float = 0.0
    burst_frames: float = 1.0
    slow_percent: float = 0.0
    slow_factor: int = 2
    jitter_ms: float = 0.0
    scale_percent: float = 0.0
    rate_drop_percent: float = 0.0
    dwell_s: float = 4.0

    def __post_init__(self) -> None:
        check_choice("codec.name", self.name, CODECS)
        check_choice("codec.speed", self.speed, SPEEDS)
        check_ranges(self, _RANGES)
        if 0 < self.bit_rate < 10_000:
            raise UsageError(
                f"simulate: codec.bit_rate must be 0 (constant quality) or 10000 or more, got"
                f" {self.bit_rate}"
            )
        self._check_file()
        if self.key_qp_step and self.name != "h264":
            raise UsageError(f"simulate: key_qp_step is for h264, not {self.name}")
        if self.b_frames and self.name not in ("h264", "hevc"):
            raise UsageError(f"simulate: b_frames is for h264 and hevc, not {self.name}")
        if self.b_frames and self.speed == "live":
            raise UsageError("simulate: a live encoder has no b_frames; speed=fast has")
        if self.drop_percent + self.repeat_percent > 90:
            raise UsageError(
                f"simulate: drop_percent and repeat_percent may be 90 together, got"
                f" {self.drop_percent + self.repeat_percent:g}"
            )
        if self.rate_drop_percent and not self.bit_rate:
            raise UsageError("simulate: rate_drop_percent needs a bit_rate, not constant quality")

    def _check_file(self) -> None:
        fitting = (RECORDED,) if self.recorded else ENCODERS[self.name].containers
        if self.container:
            check_choice("codec.container", self.container, fitting)
        if self.suffix == ".avi" and (self.drop_percent or self.slow_percent or self.jitter_ms):
            raise UsageError(
                "simulate: an .avi file has no timestamps, so no drop_percent, slow_percent or"
                " jitter_ms; use the container mov or mkv"
            )

    @property
    def recorded(self) -> bool:
        """True for a receiver's recording of a call."""
        return bool(self.scale_percent or self.rate_drop_percent)

    @property
    def suffix(self) -> str:
        """Suffix of the file, with its dot."""
        usual = RECORDED if self.recorded else ENCODERS[self.name].containers[0]
        return f".{self.container or usual}"

    def encoding(self, fps: float) -> Encoding:
        """Return the settings of the encoder.

        Parameters
        ----------
        fps : float
            Frame rate, Hz.

        Returns
        -------
        Encoding

        >>> CodecSpec(key_every_s=2.0).encoding(30.0).key_frames
        60
        """
        return Encoding(
            codec=self.name,
            speed=self.speed,
            bit_rate=self.bit_rate or None,
            quality=self.quality,
            key_frames=max(1, round(self.key_every_s * fps)) if self.key_every_s else 0,
            key_qp_step=self.key_qp_step,
            b_frames=self.b_frames,
        )
