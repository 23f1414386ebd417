"""Open a video file: its container, its video stream, what it states, its decoded frames."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from sspd.errors import DecodeError, SourceError, SSPDError
from sspd.types.arguments import no_such_file, not_from_a_pipe
from sspd.video.allowed import (
    cannot_open,
    check_container,
    decoder_options,
    open_options,
)
from sspd.video.boxes import check_counts_of, check_sample_counts
from sspd.video.rgb import checked_size
from sspd.video.stored import Place, StoredVideo, first_bytes
from sspd.video.tracks import chosen_track

#: Bytes that FFmpeg asks a store's file for at a time.
_READ_BYTES = 1 << 17
#: Option for a video in a store, which opens no other file or address: no protocol has this name.
_NO_FILES = {"protocol_whitelist": "none"}


@contextmanager
def opened(path: Place) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Open a video file and find its video stream, for the time of a ``with`` block.

    Parameters
    ----------
    path : path or StoredVideo

    Yields
    ------
    (container, stream)

    Raises
    ------
    SourceError, DecodeError, NoVideoError
        One line with the video's name.
    """
    if not isinstance(path, str | Path):
        name: str | Path = str(path)
        opening = _opened_stored(path)
    else:
        name, opening = path, _opened_file(path)
    with opening as container:
        check_container(name, container)
        stream = _video_stream(name, container)
        stream.thread_type = "AUTO"
        stream.codec_context.options = decoder_options()
        yield container, stream


@contextmanager
def _opened_file(path: str | Path) -> Iterator[InputContainer]:
    place = _checked_place(path)
    try:
        check_sample_counts(place)
        # "file:" and the lists keep a hostile file from naming other places to read.
        options = open_options() | _index_options(first_bytes(place, 3))
        container = av.open(f"file:{place}", metadata_errors="ignore", options=options)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise cannot_open(path, error) from None
    with container:
        yield container


@contextmanager
def _opened_stored(video: StoredVideo) -> Iterator[InputContainer]:
    """Open a video of a store; a range that could not be read is an error, not the video's end."""
    file = video.open()
    try:
        try:
            check_counts_of(file, file.size, str(video))
            file.seek(0)
            options = open_options() | _index_options(file.read(3)) | _NO_FILES
            file.seek(0)
            container = av.open(
                file, "r", metadata_errors="ignore", options=options, buffer_size=_READ_BYTES
            )
        except (av.FFmpegError, OSError, ValueError) as error:
            file.check()
            raise cannot_open(str(video), error) from None
        try:
            with container:
                yield container
        except (SSPDError, av.FFmpegError, OSError):
            file.check()
            raise
        file.check()
    finally:
        file.close()


def _checked_place(path: str | Path) -> Path:
    """The path of a file that is not empty."""
    place = Path(path)
    try:
        facts = place.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError):  # a NUL in its name
        raise SourceError(no_such_file(path)) from None
    except OSError as error:  # a name that is too long, a folder that may not be read
        raise SourceError(f"{path}: {(error.strerror or 'cannot be read').lower()}") from error
    if stat.S_ISFIFO(facts.st_mode) or stat.S_ISCHR(facts.st_mode):
        raise SourceError(not_from_a_pipe(path))
    if not stat.S_ISREG(facts.st_mode):
        raise SourceError(f"{path}: not a file; a video is expected here")
    if facts.st_size == 0:
        raise DecodeError(f"{path}: an empty file")
    return place


def _index_options(beginning: bytes) -> dict[str, str]:
    """Options that leave out what FFmpeg reserves unseen: the lists of key frames in FLV.

    An FLV of 1 kB took 2 GB and 8 s; nothing but seeking needs these lists.
    """
    return {"fflags": "+ignidx"} if beginning == b"FLV" else {}


def _video_stream(path: str | Path, container: InputContainer) -> VideoStream:
    stream = chosen_track(path, container)
    checked_size(path, stream.codec_context.width, stream.codec_context.height)
    return stream


def decoded_frames(
    container: InputContainer, stream: VideoStream, damage: list[str]
) -> Iterator[VideoFrame]:
    """Iterate over the frames that can be decoded.

    Parameters
    ----------
    container, stream
        See `opened`.
    damage : list of str
        Receives one line for each part that cannot be decoded.

    Yields
    ------
    av.VideoFrame
    """
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except av.FFmpegError as error:
            damage.append(_brief(error))
            return
        except IndexError:  # of a stream that begins later, which PyAV does not know
            packets = container.demux(stream)
            continue
        if packet is None:
            return
        try:
            decoded = stream.decode(packet)
        except av.EOFError:  # it had been sent its end before
            return
        except av.FFmpegError as error:
            damage.append(_brief(error))
            continue
        yield from decoded


def _brief(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error).lower()


def mean_rate(stream: VideoStream) -> float | None:
    """Return the mean frame rate that the video states.

    Parameters
    ----------
    stream : av.VideoStream

    Returns
    -------
    float or None
        Frames per second; None: not stated.
    """
    rate = stream.average_rate or stream.guessed_rate
    return float(rate) if rate else None


def stated_duration_s(container: InputContainer, stream: VideoStream) -> float | None:
    """Return the length that the video states.

    Parameters
    ----------
    container, stream
        See `opened`.

    Returns
    -------
    float or None
        Seconds; None: not stated.
    """
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    # Of several streams another may be the longer one.
    if container.duration and len(container.streams) == 1:
        return float(container.duration / av.time_base)
    return None
