"""Frames of a camera on their way into a file: encoded, sent, shown and recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sspd.errors import UsageError
from sspd.simulation.codecs.network import Delivery, delivery, spans
from sspd.simulation.spec import VideoSpec, frame_times
from sspd.types import Frames
from sspd.video.encode import roundtrip, write_encoded
from sspd.video.encoders import Encoding
from sspd.video.write import write_h264

U8 = NDArray[np.uint8]
#: Recording of a receiver: x264 at a constant rate factor of 14, nearly without loss.
RECORDING = Encoding("h264", "live", quality=100.0)


def is_encoded(spec: VideoSpec) -> bool:
    """Return whether a video has a codec or a bit rate, so that its crops must be encoded.

    Parameters
    ----------
    spec : VideoSpec

    Returns
    -------
    bool

    >>> is_encoded(VideoSpec()), is_encoded(VideoSpec(bit_rate=300_000))
    (False, True)
    """
    return spec.bit_rate is not None or spec.codec is not None


def video_suffix(spec: VideoSpec) -> str:
    """Return the suffix of a video's file.

    Parameters
    ----------
    spec : VideoSpec

    Returns
    -------
    str
        With its dot.

    >>> video_suffix(VideoSpec())
    '.mp4'
    """
    return ".mp4" if spec.codec is None else spec.codec.suffix


def write_transmitted(path: str | Path, frames: Iterable[Frames], spec: VideoSpec) -> None:
    """Write the frames of a video's camera as its codec and network give them.

    Parameters
    ----------
    path : str or Path
        Output file, with the suffix of `video_suffix`.
    frames : iterable of Frames
        All frames of the camera in order, uint8 chunks of one size with even sides.
    spec : VideoSpec
        Its codec, frame rate and seed count.

    Raises
    ------
    UsageError
        The file has another suffix, the sides are odd, or PyAV lacks the encoder.
    OutputError
        The file cannot be written.
    """
    if spec.codec is None:
        write_h264(path, frames, fps=spec.fps, bit_rate=spec.bit_rate)
        return
    if Path(path).suffix.lower() != video_suffix(spec):
        raise UsageError(f"simulate: {path}: this video's file ends in {video_suffix(spec)}")
    write_encoded(path, *_prepared(frames, spec, 1.0), fps=spec.fps)


def transmitted(frames: Iterable[Frames], spec: VideoSpec, share: float = 1.0) -> Iterator[U8]:
    """Encode a part of a video's frames in memory as its file is, and decode it.

    Parameters
    ----------
    frames : iterable of Frames
        All frames of the camera in order, cut to the part, with even sides.
    spec : VideoSpec
        With a codec.
    share : float
        Part of the bit rate.

    Yields
    ------
    uint8 array, shape (height, width, 3)
        As many as `sspd.simulation.codecs.network.delivery` has.
    """
    yield from roundtrip(*_prepared(frames, spec, share), fps=spec.fps)


def _prepared(
    frames: Iterable[Frames], spec: VideoSpec, share: float
) -> tuple[Iterator[Frames], Encoding]:
    """Return the frames of the file, and the settings of the encoder that writes it."""
    if spec.codec is None:
        raise UsageError("simulate: frames are transmitted with a codec")
    encoding, shown = spec.codec.encoding(spec.fps).scaled(share), delivery(spec)
    numbered = _numbered(frames, spec.n_frames)
    if not spec.codec.recorded:
        return _shown(numbered, shown), encoding
    return _shown(_received(numbered, spec, shown, encoding), shown), RECORDING


def _numbered(frames: Iterable[Frames], n: int) -> Iterator[tuple[int, U8]]:
    k = -1
    for k, rgb in enumerate(rgb for chunk in frames for rgb in chunk.rgb):
        yield k, rgb
    if k + 1 != n:
        raise UsageError(f"simulate: the camera of this video takes {n} frames, got {k + 1}")


def _shown(numbered: Iterable[tuple[int, U8]], shown: Delivery) -> Iterator[Frames]:
    """Yield the frames that are shown, with their timestamps: lost ones not, frozen ones often."""
    for k, rgb in numbered:
        start, stop = np.searchsorted(shown.frame, (k, k + 1))
        if stop > start:
            yield Frames(np.stack([rgb] * (stop - start)), shown.t[start:stop])


def _received(
    numbered: Iterator[tuple[int, U8]], spec: VideoSpec, shown: Delivery, encoding: Encoding
) -> Iterator[tuple[int, U8]]:
    """Send the frames that are shown at the sizes and rates of a call, and enlarge them again."""
    wanted, t = np.isin(np.arange(spec.n_frames), shown.frame), frame_times(spec)
    for span in spans(spec):
        # the size of a part is only known from its frames
        stretch = islice(numbered, span.stop - span.start)
        numbers = np.flatnonzero(wanted[span.start : span.stop]) + span.start
        first = next(stretch, None)
        if first is None:  # too few frames, which `_numbered` says
            return
        size = first[1].shape[1::-1]
        smaller = tuple(max(2, round(span.scale * side / 2) * 2) for side in size)
        scaled = (
            Frames(_resized(rgb, smaller)[None], t[k : k + 1])
            for k, rgb in chain([first], stretch)
            if wanted[k]
        )
        if not numbers.size:  # nothing arrives, but the frames are used up
            list(scaled)
            continue
        decoded = roundtrip(scaled, encoding.scaled(span.rate), fps=spec.fps)
        for k, rgb in zip(numbers.tolist(), decoded, strict=True):
            yield k, _resized(rgb, size)


def _resized(rgb: U8, size: tuple[int, ...]) -> U8:
    if rgb.shape[1::-1] == size:
        return rgb
    how = cv2.INTER_AREA if size < rgb.shape[1::-1] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(rgb, size, interpolation=how), dtype=np.uint8)
