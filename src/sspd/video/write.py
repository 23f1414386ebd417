"""Writing of H.264 videos, with the timestamp of each frame."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from sspd.errors import UsageError
from sspd.types import Frames
from sspd.utils.files import whole_file
from sspd.video.encoders import X264_SAME

#: Resolution of the written timestamps, ticks per second: MPEG's own clock.
TICKS_HZ = 90_000
#: Constant rate factor without a bit rate: visually lossless (0-51, less is better).
NEAR_LOSSLESS_CRF = 14


def write_h264(
    path: str | Path,
    frames: Iterable[Frames],
    *,
    fps: float,
    bit_rate: int | None = None,
    crf: float | None = None,
) -> None:
    """Write frames as an .mp4 file with H.264, atomically.

    Parameters
    ----------
    path : str or Path
        Output file; its folder must exist.
    frames : iterable of Frames
        uint8 chunks of one size with even sides, in order of time.
    fps : float
        Nominal frame rate, Hz; each frame keeps its own timestamp, to 1/90000 s.
    bit_rate : int or None
        Bits per second; without it the quality is set by ``crf``.
    crf : float or None
        Constant rate factor of x264; `NEAR_LOSSLESS_CRF` if neither is given.

    Raises
    ------
    UsageError
        The frames have odd sides, change their size or are not uint8, there is no frame, or
        both ``bit_rate`` and ``crf`` are given.
    OutputError
        The file cannot be written.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     video = Frames(np.zeros((3, 16, 16, 3), np.uint8), np.array([0, 0.04, 0.1]))
    ...     write_h264(f"{folder}/a.mp4", [video], fps=25)
    ...     [file.name for file in Path(folder).iterdir()]
    ['a.mp4']
    """
    with whole_file(path) as part:
        _encode(str(part), frames, fps=fps, bit_rate=bit_rate, crf=crf)


def roundtrip_h264(
    frames: Frames, *, fps: float, bit_rate: int | None = None, crf: float | None = None
) -> Iterator[NDArray[np.uint8]]:
    """Encode frames to H.264 in memory, and decode them again.

    Parameters
    ----------
    frames : Frames
        uint8, with even sides.
    fps : float
        Nominal frame rate, Hz.
    bit_rate : int or None
        See `write_h264`.
    crf : float or None
        See `write_h264`.

    Yields
    ------
    uint8 array, shape (height, width, 3)

    >>> video = Frames(np.full((3, 16, 16, 3), 90, np.uint8), np.array([0, 0.04, 0.08]))
    >>> [int(abs(frame.astype(int) - 90).max()) <= 2 for frame in roundtrip_h264(video, fps=25)]
    [True, True, True]
    """
    memory = io.BytesIO()
    _encode(memory, [frames], fps=fps, bit_rate=bit_rate, crf=crf)
    memory.seek(0)
    with av.open(memory, "r") as container:
        for frame in container.decode(video=0):
            yield np.asarray(frame.to_ndarray(format="rgb24"), dtype=np.uint8)


def _encode(
    target: str | io.BytesIO,
    frames: Iterable[Frames],
    *,
    fps: float,
    bit_rate: int | None,
    crf: float | None,
) -> None:
    if bit_rate is not None and crf is not None:
        raise UsageError("write: give a bit_rate or a crf, not both")
    with av.open(target, "w", format="mp4") as container:
        stream: Any = None
        for chunk in frames:
            if stream is None:
                stream = _open_stream(container, chunk, fps, bit_rate, crf)
            encode_chunk(container, stream, chunk)
        if stream is None:
            raise UsageError("write: a video needs at least one frame")
        container.mux(stream.encode())


def _open_stream(
    container: Any, first: Frames, fps: float, bit_rate: int | None, crf: float | None
) -> Any:
    height, width = first.rgb.shape[1:3]
    if height % 2 or width % 2:
        raise UsageError(f"write: H.264 needs even sides, got {width}x{height}")
    # one thread, so that the same frames give the same bytes on any machine
    options = {"threads": "1", "x264-params": X264_SAME}
    if bit_rate is None:
        # At high quality the fastest preset keeps the small changes of a face best, as it has
        # no B-frames, whose brightness steps against their neighbours; it is also fifteen
        # times as fast.
        options |= {"preset": "ultrafast"}
        options |= {"crf": f"{NEAR_LOSSLESS_CRF if crf is None else crf:g}"}
    else:
        # x264's default: at 0.5 Mbit/s "medium" keeps a pulse that "veryfast" removes
        options |= {"preset": "medium"}
        # without a limit x264 gives a short video many times its bit rate
        options |= {"maxrate": str(int(1.2 * bit_rate)), "bufsize": str(int(bit_rate))}
    stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001))
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    stream.time_base = stream.codec_context.time_base = Fraction(1, TICKS_HZ)
    if bit_rate is not None:
        stream.bit_rate = bit_rate
    stream.options = options
    return stream


def encode_chunk(container: Any, stream: Any, chunk: Frames, ticks_hz: float = TICKS_HZ) -> None:
    """Encode a chunk of frames into an open container.

    Parameters
    ----------
    container : av.container.OutputContainer
    stream : av.video.stream.VideoStream
        Its stream.
    chunk : Frames
        uint8, of the stream's size.
    ticks_hz : float
        Resolution of the timestamps, ticks per second.

    Raises
    ------
    UsageError
        The frames are not uint8, or of another size.
    """
    if chunk.rgb.dtype != np.uint8:
        raise UsageError(f"write: frames must be uint8, got {chunk.rgb.dtype}")
    if chunk.rgb.shape[1:3] != (stream.height, stream.width):
        raise UsageError(
            f"write: the video is {stream.width}x{stream.height}, but a later frame is"
            f" {chunk.rgb.shape[2]}x{chunk.rgb.shape[1]}"
        )
    for rgb, t in zip(chunk.rgb, chunk.t, strict=True):
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
        frame.pts = round(t * ticks_hz)
        frame.time_base = stream.time_base
        container.mux(stream.encode(frame))
