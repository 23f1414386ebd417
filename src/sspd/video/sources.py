"""Whatever holds a video, as a `sspd.types.VideoSource`."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sspd.errors import SourceError, SSPDError, UsageError
from sspd.types import Frames, Recording, VideoInfo, VideoSource
from sspd.types.arguments import Source, source_path
from sspd.utils.addresses import SCHEMES, scheme_of
from sspd.video.arrays import ArraySource
from sspd.video.file import VideoFile
from sspd.video.images import ImageFolder, images_in
from sspd.video.iterables import Item, IterableSource
from sspd.video.recorded import RecordingSource
from sspd.video.remote import RemoteVideo

#: A stream that holds more is not copied to the disk, bytes.
MAX_STREAM_BYTES = 1 << 35
#: Types of sources that can be measured.
AnySource = (
    Source | NDArray[Any] | Iterable[Item] | IO[bytes] | Recording | VideoSource | RemoteVideo
)


def open_source(
    source: AnySource,
    *,
    fps: float | None = None,
    fs: float | None = None,
    timestamps_s: ArrayLike | None = None,
    chunk: int = 32,
) -> VideoSource:
    """Open whatever holds a video.

    Parameters
    ----------
    source : path, array, iterable, binary file, Recording, VideoSource or RemoteVideo
        A video file; the address of one in an object store (``s3://``, ``gs://``, ``az://``),
        which is read by ranges; a folder of images; frames, an array of shape (time, height,
        width, 3) or one after the other; a file opened with ``"rb"`` (it is copied to a
        temporary file); a recording of a dataset; anything with ``info`` and ``frames``.
    fps : float or None
        Of a video file: frames per second, whatever the file says.
    fs, timestamps_s
        Of frames and folders of images: frames per second, or seconds of each.
    chunk : int
        Frames at a time, at most, where this package reads them.

    Returns
    -------
    VideoSource

    Raises
    ------
    SSPDError
        It cannot be read, or an argument does not belong to this kind of source.

    >>> open_source(np.zeros((30, 48, 64, 3), np.uint8), fs=30.0).info.duration_s
    1.0
    >>> open_source(7)
    Traceback (most recent call last):
        ...
    sspd.errors.UsageError: a video is a path, an array or iterable of frames, ... got int
    """
    times: dict[str, Any] = {"fs": fs, "timestamps_s": timestamps_s}
    if isinstance(source, RemoteVideo) or scheme_of(source) in SCHEMES:
        _refuse("a video file", times)
        video = source if isinstance(source, RemoteVideo) else RemoteVideo(str(source))
        return VideoFile(video, fps=fps, chunk=chunk)
    if isinstance(source, str | bytes | os.PathLike):
        return _from_path(Path(source_path(source)), fps, chunk, times)
    if hasattr(source, "read"):
        _refuse("a file", times)
        return SpooledFile(source, fps=fps, chunk=chunk)
    if fps is not None:
        raise UsageError("fps= restates the clock of a video file; of frames give fs=")
    if isinstance(source, np.ndarray):
        return ArraySource(source, **times, chunk=chunk)
    if isinstance(source, Recording):
        _refuse("a recording", times)
        return RecordingSource(source, chunk=chunk)
    if isinstance(source, VideoSource):
        _refuse("a video source", times)
        return source
    if isinstance(source, Iterable):
        return IterableSource(source, **times)
    raise UsageError(
        "a video is a path, an array or iterable of frames, a binary file, a Recording or a"
        f" VideoSource, got {type(source).__name__}"
    )


def _refuse(what: str, times: dict[str, Any]) -> None:
    if any(value is not None for value in times.values()):
        raise UsageError(f"{what} has its own times: give neither fs= nor timestamps_s=")


def _from_path(path: Path, fps: float | None, chunk: int, times: dict[str, Any]) -> VideoSource:
    if not path.is_dir() or not images_in(path):
        _refuse("a video file", times)
        return VideoFile(path, fps=fps, chunk=chunk)
    if fps is not None and times["fs"] is None and times["timestamps_s"] is None:
        times = {"fs": fps, "timestamps_s": None}
    return ImageFolder(path, **times, chunk=chunk)


class SpooledFile:
    """A video in a binary file object, copied to a temporary file: `VideoSource`.

    Parameters
    ----------
    stream : binary file object
        Read to its end, from where it stands.
    fps, chunk
        See `sspd.video.file.VideoFile`.

    Raises
    ------
    UsageError
        Opened as text.
    SourceError
        It cannot be read, holds more than `MAX_STREAM_BYTES`, or the disk is full.
    """

    def __init__(self, stream: Any, *, fps: float | None = None, chunk: int = 32) -> None:
        name = getattr(stream, "name", None)
        self._name = name if isinstance(name, str) else "stream"
        folder = tempfile.mkdtemp(prefix="sspd-")
        # removed by `close`, with the object, or at the end of the process, whichever is first
        self._remove = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self._path = Path(folder) / "video"
        _copy(stream, self._path, self._name)
        self._file = VideoFile(self._path, fps=fps, chunk=chunk, warn=self._warn)
        self.coding = self._file.coding
        self.warnings: list[str] = []

    @property
    def info(self) -> VideoInfo:
        """Facts that the file states, see `sspd.video.file.VideoFile.info`."""
        try:
            return replace(self._file.info, name=self._name)
        except SSPDError as error:
            raise self._named(error) from None

    def frames(self, start_s: float = 0.0, end_s: float | None = None) -> Iterator[Frames]:
        """Decode the frames of a span, see `sspd.video.file.VideoFile.frames`.

        Parameters
        ----------
        start_s, end_s : float
            Seconds; ``end_s`` None: to the end.

        Yields
        ------
        Frames
        """
        try:
            yield from self._file.frames(start_s, end_s)
        except SSPDError as error:
            raise self._named(error) from None

    def close(self) -> None:
        """Remove the copy."""
        self._file.close()
        self._remove()

    def _warn(self, line: str) -> None:
        self.warnings.append(line.replace(str(self._path), self._name))

    def _named(self, error: SSPDError) -> SSPDError:
        return type(error)(str(error).replace(str(self._path), self._name))


def _copy(stream: Any, path: Path, name: str) -> None:
    try:
        with path.open("wb") as file:
            while part := stream.read(1 << 20):
                if not isinstance(part, bytes | bytearray | memoryview):
                    raise UsageError(f"{name}: opened as text; open the video with 'rb'")
                if file.write(part) and file.tell() > MAX_STREAM_BYTES:
                    raise SourceError(
                        f"{name}: holds over {MAX_STREAM_BYTES >> 30} GB; give its path"
                    )
    except OSError as error:
        free = shutil.disk_usage(path.parent).free >> 20
        raise SourceError(
            f"{name}: cannot be copied to {path.parent.parent} ({error.strerror}; {free} MB free)"
        ) from error
