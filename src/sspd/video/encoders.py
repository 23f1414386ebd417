"""Video encoders and their settings: one table for all codecs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import av
from av.codec.codec import Codec, UnknownCodecError

from sspd.errors import UsageError

#: Settings for speed: real time as in a call, and files written fast or carefully.
SPEEDS = ("live", "fast", "slow")
#: Longest interval between key frames in a call, frames (the default of WebRTC).
LIVE_KEY_FRAMES = 3000
#: Rates of containers' timestamps, ticks per second; Matroska counts milliseconds.
_TICKS_HZ: Mapping[str, float] = MappingProxyType(
    {"mp4": 90_000, "mov": 90_000, "mkv": 1000, "webm": 1000}
)


@dataclass(frozen=True)
class Encoder:
    """A codec's encoder in FFmpeg.

    Parameters
    ----------
    library : str
        FFmpeg's name.
    containers : tuple of str
        Suffixes of files that hold the codec; the first is the usual one.
    coarsest, finest : float
        The encoder's own numbers for a quality of 0 and of 100 percent.
    speeds : mapping of str to mapping of str to str
        Options of each of `SPEEDS`.
    smallest : int
        Smallest side of a frame, pixels.
    pixels : str
        Pixel format.
    """

    library: str
    containers: tuple[str, ...]
    coarsest: float
    finest: float
    speeds: Mapping[str, Mapping[str, str]]
    smallest: int = 2
    pixels: str = "yuv420p"


#: x264's fastest routines (its AVX-512 tree of blocks that others refer to) read memory that
#: nothing was written to, so that the same frames gave different bytes, one time in ten. With
#: this it uses those that give the same bytes on every processor.
X264_SAME = "cpu-independent=1"
# x265 has pools of threads of its own
_X265 = "pools=none:frame-threads=1:wpp=0:log-level=error"
_VPX_LIVE = {"deadline": "realtime", "lag-in-frames": "0", "qmin": "2"}

#: Encoders by codec. Calls: x264 without look-ahead and CABAC, libvpx as WebRTC sets it (speed,
#: quantizers 2-56 and 2-52, cyclic refresh), SVT-AV1 with references to the past alone. Every
#: encoder uses one thread.
ENCODERS: Mapping[str, Encoder] = MappingProxyType(
    {
        "h264": Encoder(
            library="libx264",
            containers=("mp4", "mov", "mkv"),
            coarsest=44.0,
            finest=14.0,
            speeds={
                "live": {"preset": "veryfast", "tune": "zerolatency", "profile": "baseline"},
                "fast": {"preset": "veryfast"},
                "slow": {"preset": "medium"},
            },
        ),
        "hevc": Encoder(
            library="libx265",
            containers=("mp4", "mov", "mkv"),
            coarsest=46.0,
            finest=16.0,
            speeds={
                "live": {"preset": "ultrafast", "tune": "zerolatency"},
                "fast": {"preset": "superfast"},
                "slow": {"preset": "medium"},
            },
            smallest=16,
        ),
        "vp8": Encoder(
            library="libvpx",
            containers=("webm", "mkv"),
            coarsest=63.0,
            finest=4.0,
            speeds={
                "live": {**_VPX_LIVE, "cpu-used": "-6", "qmax": "56", "static-thresh": "1"},
                "fast": {"deadline": "good", "cpu-used": "4", "lag-in-frames": "0"},
                "slow": {"deadline": "good", "cpu-used": "2", "lag-in-frames": "16"},
            },
        ),
        "vp9": Encoder(
            library="libvpx-vp9",
            containers=("webm", "mp4", "mkv"),
            coarsest=63.0,
            finest=10.0,
            speeds={
                "live": {**_VPX_LIVE, "cpu-used": "7", "qmax": "52", "aq-mode": "3"},
                "fast": {"deadline": "realtime", "cpu-used": "5", "lag-in-frames": "0"},
                "slow": {"deadline": "good", "cpu-used": "4", "lag-in-frames": "16"},
            },
        ),
        "av1": Encoder(
            library="libsvtav1",
            containers=("mp4", "webm", "mkv"),
            coarsest=63.0,
            finest=12.0,
            speeds={"live": {"preset": "10"}, "fast": {"preset": "10"}, "slow": {"preset": "8"}},
            smallest=64,
        ),
        "mjpeg": Encoder(
            library="mjpeg",
            containers=("mov", "avi", "mkv"),
            coarsest=31.0,
            finest=2.0,
            speeds={"live": {}, "fast": {}, "slow": {}},
            pixels="yuvj420p",
        ),
    }
)


@dataclass(frozen=True)
class Encoding:
    """Settings of an encoder.

    Parameters
    ----------
    codec : str
        One of `ENCODERS`.
    speed : str
        One of `SPEEDS`.
    bit_rate : int or None
        Bits per second: constant in a call, else a mean. None: constant quality.
    quality : float
        Without a bit rate: 0 (coarsest) to 100 (finest), percent of the encoder's useful range.
    key_frames : int
        Interval of key frames, frames; 0 is the encoder's own.
    key_qp_step : float
        Quantizer of key frames over that of the frames between, in steps of H.264 (6 are a
        factor of 2; positive is coarser); 0 is the encoder's own, about -3. Only x264 obeys it
        (x265 levels key frames by its own rate control).
    b_frames : int
        Longest run of frames that are predicted from later ones too (H.264 and HEVC).
    """

    codec: str = "h264"
    speed: str = "fast"
    bit_rate: int | None = None
    quality: float = 75.0
    key_frames: int = 0
    key_qp_step: float = 0.0
    b_frames: int = 0

    def scaled(self, share: float) -> Encoding:
        """Return the settings for a part of the bits, at least 10 kbit/s.

        Parameters
        ----------
        share : float
            Part of the bit rate.

        Returns
        -------
        Encoding

        >>> Encoding(bit_rate=400_000).scaled(0.5).bit_rate
        200000
        """
        if self.bit_rate is None:
            return self
        return replace(self, bit_rate=max(10_000, round(self.bit_rate * share)))


def get_encoder(codec: str) -> Encoder:
    """Return the encoder of a codec.

    Parameters
    ----------
    codec : str
        One of `ENCODERS`.

    Returns
    -------
    Encoder

    Raises
    ------
    UsageError
        There is no such codec, or the installed PyAV was built without its encoder.

    >>> get_encoder("h264").library
    'libx264'
    """
    if codec not in ENCODERS:
        raise UsageError(f"write: codec must be one of {', '.join(ENCODERS)}, got {codec!r}")
    encoder = ENCODERS[codec]
    if not _is_built_in(encoder):
        others = ", ".join(name for name, known in ENCODERS.items() if _is_built_in(known))
        raise UsageError(
            f"write: PyAV {av.__version__} was built without {encoder.library}, the encoder of"
            f" {codec}; it has {others or 'none'} (its wheels from PyPI have all)"
        )
    return encoder


def _is_built_in(encoder: Encoder) -> bool:
    try:
        Codec(encoder.library, "w")
    except UnknownCodecError:
        return False
    return True


def ticks_hz(container: str, fps: float) -> float:
    """Return the resolution of a container's timestamps.

    Parameters
    ----------
    container : str
        Suffix of a file without its dot.
    fps : float
        Nominal frame rate, Hz; an .avi file counts frames alone.

    Returns
    -------
    float
        Ticks per second.

    >>> ticks_hz("webm", 30.0), ticks_hz("avi", 30.0)
    (1000, 30.0)
    """
    return _TICKS_HZ.get(container, fps)


def encoder_options(encoding: Encoding) -> dict[str, str]:
    """Return FFmpeg's options for an encoder.

    Parameters
    ----------
    encoding : Encoding

    Returns
    -------
    dict of str to str

    >>> encoder_options(Encoding("vp8", "live", 100_000))["cpu-used"]
    '-6'
    """
    codec, live = encoding.codec, encoding.speed == "live"
    options = {"threads": "1", **get_encoder(codec).speeds[encoding.speed]}
    options |= _rate(encoding)
    if encoding.key_frames or live:
        options["g"] = str(encoding.key_frames or LIVE_KEY_FRAMES)
    if codec == "av1":
        own = ["lp=1", *(["pred-struct=1", "rtc=1"] if live else [])]
        own += ["rc=2"] if live and encoding.bit_rate is not None else []
        options["svtav1-params"] = ":".join(own)
    if codec in ("h264", "hevc"):
        # a face is one scene; in small noisy frames x264 sees a new one at each
        own = [f"bframes={encoding.b_frames}", "scenecut=0"]
        if encoding.key_qp_step and codec == "h264":
            # the tree of blocks that others refer to would work against the step
            own += [f"ipratio={2 ** (-encoding.key_qp_step / 6):.4f}", "mbtree=0"]
        own = [_X265 if codec == "hevc" else X264_SAME, *own]
        options[f"x26{4 if codec == 'h264' else 5}-params"] = ":".join(own)
    return options


def _rate(encoding: Encoding) -> dict[str, str]:
    """Return the options for a bit rate, or for a quality."""
    codec, rate = encoding.codec, encoding.bit_rate
    if codec == "mjpeg":  # its quantizer is chosen on the first frame
        return {}
    if rate is None:
        encoder = ENCODERS[codec]
        crf = encoder.coarsest + (encoder.finest - encoder.coarsest) * encoding.quality / 100
        if codec == "vp8":  # it takes a quality for a limit alone, so its quantizer is fixed
            return {"qmin": f"{crf:.0f}", "qmax": f"{crf:.0f}"}
        return {"crf": f"{crf:.0f}"}
    if codec == "av1" or encoding.key_qp_step:  # by its own parameters; limits undo the step
        return {}
    if encoding.speed == "live":
        # a second of bits is all that a call may owe
        limits = {"maxrate": str(rate), "bufsize": str(rate)}
        return limits | ({"minrate": str(rate)} if codec in ("vp8", "vp9") else {})
    # without a limit a short video gets many times its bit rate
    return {"maxrate": str(int(1.2 * rate)), "bufsize": str(rate)}
