"""Encoding of frames with any codec of `sspd.video.encoders`, into files and through memory."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from sspd.errors import UsageError
from sspd.types import Frames
from sspd.utils.files import whole_file
from sspd.video.encoders import ENCODERS, Encoding, encoder_options, get_encoder, ticks_hz
from sspd.video.rgb import converter
from sspd.video.write import encode_chunk

#: FFmpeg's names of the formats whose suffixes differ.
_FORMATS = {"mkv": "matroska"}


def write_encoded(
    path: str | Path, frames: Iterable[Frames], encoding: Encoding, *, fps: float
) -> None:
    """Write frames as a video file of a codec, atomically.

    Parameters
    ----------
    path : str or Path
        Output file; its suffix names the container, one of those of the codec.
    frames : iterable of Frames
        uint8 chunks of one size with even sides, in order of time. Each frame keeps its
        timestamp, to the resolution of the container (`ticks_hz`).
    encoding : Encoding
    fps : float
        Nominal frame rate, Hz.

    Raises
    ------
    UsageError
        The codec does not go into such a container, PyAV lacks its encoder, or the frames
        have odd sides, change their size or are not uint8, or there is none.
    OutputError
        The file cannot be written.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     video = Frames(np.zeros((3, 64, 64, 3), np.uint8), np.array([0, 0.04, 0.1]))
    ...     write_encoded(f"{folder}/a.webm", [video], Encoding("vp9"), fps=25)
    ...     [file.name for file in Path(folder).iterdir()]
    ['a.webm']
    """
    container = Path(path).suffix.removeprefix(".").lower()
    fitting = get_encoder(encoding.codec).containers
    if container not in fitting:
        raise UsageError(
            f"write: {path}: {encoding.codec} goes into .{', .'.join(fitting)}, not into"
            f" {'.' + container if container else 'a file without a suffix'}"
        )
    with whole_file(path) as part:
        _encode(str(part), container, frames, encoding, fps)


def roundtrip(
    frames: Iterable[Frames], encoding: Encoding, *, fps: float
) -> Iterator[NDArray[np.uint8]]:
    """Encode frames in memory, and decode them as `sspd.video.read` does.

    Parameters
    ----------
    frames : iterable of Frames
        uint8, with even sides.
    encoding : Encoding
    fps : float
        Nominal frame rate, Hz.

    Yields
    ------
    uint8 array, shape (height, width, 3)

    >>> video = Frames(np.full((3, 64, 64, 3), 90, np.uint8), np.array([0, 0.04, 0.08]))
    >>> decoded = roundtrip([video], Encoding("vp8", bit_rate=100_000), fps=25)
    >>> [int(abs(frame.astype(int) - 90).max()) <= 3 for frame in decoded]
    [True, True, True]
    """
    memory, size, n = io.BytesIO(), (0, 0), 0

    def counted() -> Iterator[Frames]:
        nonlocal size, n
        for chunk in frames:
            size, n = (chunk.rgb.shape[1], chunk.rgb.shape[2]), n + len(chunk)
            yield _padded(chunk, get_encoder(encoding.codec).smallest)

    # these hold timestamps of microseconds and less, and every codec
    container = "webm" if encoding.codec == "vp8" else ENCODERS[encoding.codec].containers[0]
    _encode(memory, container, counted(), encoding, fps)
    memory.seek(0)
    for rgb in _decoded(memory):
        n -= 1
        yield np.ascontiguousarray(rgb[: size[0], : size[1]])
    if n:
        raise RuntimeError(f"{encoding.codec}: {n} more frames went in than came out")


def _padded(chunk: Frames, side: int) -> Frames:
    """Repeat the right and bottom edges of frames that are too small for the encoder."""
    height, width = chunk.rgb.shape[1:3]
    if min(height, width) >= side:
        return chunk
    more = ((0, 0), (0, max(side - height, 0)), (0, max(side - width, 0)), (0, 0))
    return Frames(np.pad(chunk.rgb, more, mode="edge"), chunk.t)


def _decoded(memory: io.BytesIO) -> Iterator[NDArray[np.uint8]]:
    with av.open(memory, "r") as container:
        container.streams.video[0].thread_count = 1
        decoded = container.decode(video=0)
        first = next(decoded, None)
        if first is None:
            return
        convert, (height, width) = converter("memory", first)
        for frame in chain([first], decoded):
            rgb = np.empty((height, width, 3), np.uint8)
            convert(frame, rgb)
            yield rgb


def _encode(
    target: str | io.BytesIO,
    container: str,
    frames: Iterable[Frames],
    encoding: Encoding,
    fps: float,
) -> None:
    ticks = ticks_hz(container, fps)
    # without it Matroska files get random numbers
    how = {"fflags": "+bitexact"}
    kind = _FORMATS.get(container, container)
    with av.open(target, "w", format=kind, container_options=how) as output:
        stream: Any = None
        for chunk in frames:
            if stream is None:
                stream = _open_stream(output, chunk, encoding, fps, ticks)
            encode_chunk(output, stream, chunk, ticks)
        if stream is None:
            raise UsageError("write: a video needs at least one frame")
        output.mux(stream.encode())


def _open_stream(output: Any, first: Frames, encoding: Encoding, fps: float, ticks: float) -> Any:
    height, width = first.rgb.shape[1:3]
    if height % 2 or width % 2:
        raise UsageError(f"write: {encoding.codec} needs even sides, got {width}x{height}")
    encoder, options = get_encoder(encoding.codec), encoder_options(encoding)
    if encoding.codec == "av1":
        # SVT-AV1 reports its settings on stderr, and this is its only switch
        os.environ.setdefault("SVT_LOG", "1")
    if encoding.codec == "mjpeg":
        q = _jpeg_quantizer(first.rgb[0], encoding, fps)
        options |= {"qmin": str(q), "qmax": str(q)}
    stream = output.add_stream(encoder.library, rate=Fraction(fps).limit_denominator(1001))
    stream.width, stream.height, stream.pix_fmt = width, height, encoder.pixels
    base = 1 / Fraction(ticks).limit_denominator(1001)
    stream.time_base = stream.codec_context.time_base = base
    rate = encoding.bit_rate
    if encoding.codec == "mjpeg" or rate is None:
        # VP8 has a quality within a bit rate alone
        rate = 100_000_000 if encoding.codec == "vp8" else 0
    stream.bit_rate = rate
    stream.options = options
    if encoding.codec == "av1":
        _open_as_we_run(stream)
    return stream


def _open_as_we_run(stream: Any) -> None:
    """Open an encoder, and undo what it does to the scheduling of this process.

    SVT-AV1 makes a process of the superuser a real-time one, which starves all others.
    """
    if not hasattr(os, "sched_getscheduler"):
        stream.codec_context.open()
        return
    policy, priority = os.sched_getscheduler(0), os.sched_getparam(0)
    stream.codec_context.open()
    tasks = Path("/proc/self/task")
    for thread in [0, *(int(task.name) for task in tasks.glob("*"))]:
        with suppress(ProcessLookupError):  # it ended meanwhile
            os.sched_setscheduler(thread, policy, priority)


def _jpeg_quantizer(rgb: NDArray[np.uint8], encoding: Encoding, fps: float) -> int:
    """Return the quantizer of all frames, as a camera with a fixed one has it.

    With a bit rate it is the finest that a frame like the first allows; 31, the coarsest, gives
    about 0.15 bits per pixel, and there is no lower rate.
    """
    encoder = ENCODERS["mjpeg"]
    finest, coarsest = int(encoder.finest), int(encoder.coarsest)
    if encoding.bit_rate is None:
        return round(coarsest + (finest - coarsest) * encoding.quality / 100)
    budget = encoding.bit_rate / fps / 8
    while finest < coarsest:
        q = (finest + coarsest) // 2
        if _jpeg_bytes(rgb, q) <= budget:
            coarsest = q
        else:
            finest = q + 1
    return coarsest


def _jpeg_bytes(rgb: NDArray[np.uint8], q: int) -> int:
    codec: Any = av.CodecContext.create("mjpeg", "w")
    codec.width, codec.height, codec.pix_fmt = rgb.shape[1], rgb.shape[0], "yuvj420p"
    codec.time_base, codec.options = Fraction(1, 30), {"qmin": str(q), "qmax": str(q)}
    frame = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format="yuvj420p")
    frame.pts = 0
    return sum(packet.size for packet in (*codec.encode(frame), *codec.encode(None)))
