"""Write video files as phones, screens and careless tools do: any codec, any clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from sspd.types import Frames

#: Suffix -> container, encoder and pixel format of a stream without a clock.
RAW = {
    ".h264": ("h264", "libx264", "yuv420p"),
    ".hevc": ("hevc", "libx265", "yuv420p"),
    ".mjpeg": ("mjpeg", "mjpeg", "yuvj420p"),
    ".m4v": ("m4v", "mpeg4", "yuv420p"),
}
TICKS_HZ = 90_000


def quality(rng: np.random.Generator) -> dict[str, Any]:
    """Return the compression of a kind of video: as on phones, about 1-5 Mbit/s."""
    # by quality, not by bit rate: x264's fastest preset at a fixed bit rate removes a pulse
    low, high = (11.0, 14.0) if rng.random() < 0.5 else (14.0, 18.0)
    return {"crf": float(rng.uniform(low, high))}


def encode(
    path: Path,
    frames: Iterable[Frames],
    *,
    fps: float,
    bit_rate: int | None = None,
    crf: float | None = None,
    stretch: float = 1.0,
    metadata: dict[str, str] | None = None,
    key_every: int | None = None,
    preset: str = "ultrafast",
) -> None:
    """Write frames; the suffix names the container, those of `RAW` have no clock.

    ``stretch`` is the ratio of stored to true times; ``key_every`` sets the distance of key frames,
    whatever the frames show.
    """
    form, codec, pixels = RAW.get(path.suffix, (None, "libx264", "yuv420p"))
    if path.suffix == ".gif":
        form, codec, pixels = "gif", "gif", "rgb8"
    options = {"movflags": "use_metadata_tags"} if metadata else {}
    part = path.with_name(f".{path.stem}.part{path.suffix}")
    with av.open(str(part), "w", format=form, container_options=options) as container:
        container.metadata.update(metadata or {})
        stream: Any = None
        for chunk in frames:
            for rgb, t in zip(chunk.rgb, chunk.t, strict=True):
                if stream is None:
                    stream = container.add_stream(codec, rate=Fraction(fps).limit_denominator(1001))
                    stream.height, stream.width = rgb.shape[:2]
                    stream.pix_fmt = pixels
                    _settle(stream, bit_rate, crf, key_every, preset)
                picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
                picture.pts = round(float(t) * stretch * TICKS_HZ)
                picture.time_base = Fraction(1, TICKS_HZ)
                if path.suffix != ".mp4":  # their encoders need one tick per frame
                    picture.pts = round(float(t) * fps)
                    picture.time_base = Fraction(fps).limit_denominator(1001) ** -1
                container.mux(stream.encode(picture))
        container.mux(stream.encode())
    part.replace(path)


def _settle(
    stream: Any, bit_rate: int | None, crf: float | None, key_every: int | None, preset: str
) -> None:
    if stream.codec_context.name in ("libx264", "libx265"):
        stream.options = {"preset": preset, "threads": "1"}
        if stream.codec_context.name == "libx265":
            stream.options |= {"x265-params": "log-level=error:pools=none:frame-threads=1"}
        if crf is not None:
            stream.options |= {"crf": f"{crf:g}"}
        if key_every is not None:
            stream.options |= {"g": str(key_every), "keyint_min": str(key_every)}
            stream.options |= {"sc_threshold": "0"}
    elif stream.codec_context.name in ("mjpeg", "mpeg4"):
        stream.options = {"qmin": "2", "qmax": "3", "threads": "1"}
        stream.bit_rate = 8_000_000
    if bit_rate is not None:
        stream.bit_rate = bit_rate
        stream.options |= {"maxrate": str(int(1.2 * bit_rate)), "bufsize": str(bit_rate)}


def recompressed(
    pictures: list[NDArray[np.uint8]], *, fps: float, bit_rate: int
) -> Iterator[NDArray[np.uint8]]:
    """Compress frames with H.264 in memory and decode them, as in a call or a screen recording."""
    from sspd.video.write import roundtrip_h264

    t = np.arange(len(pictures)) / fps
    return roundtrip_h264(Frames(np.stack(pictures), t), fps=fps, bit_rate=bit_rate)


def one_by_one(frames: Iterable[Frames]) -> Iterator[NDArray[np.uint8]]:
    """Yield the frames of chunks."""
    for chunk in frames:
        yield from chunk.rgb


def timed(pictures: Iterable[NDArray[np.uint8]], fps: float) -> Iterator[Frames]:
    """Yield frames at an even rate, one in each chunk."""
    for k, rgb in enumerate(pictures):
        yield Frames(rgb[None], np.array([k / fps]))
