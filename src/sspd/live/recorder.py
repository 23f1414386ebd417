"""Recording of a live measurement: exactly the frames that were measured, on a thread."""

from __future__ import annotations

from concurrent.futures import Future
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import numpy as np

from sspd.errors import OutputError, SSPDError, UsageError
from sspd.pipeline.executor import Executor, Feed
from sspd.types import Frames
from sspd.utils.files import whole_file
from sspd.video.write import encode_chunk

#: Matroska counts time in milliseconds.
TICKS_HZ = 1000
#: Frames that may wait to be coded.
_WAITING = 12
#: H.264 without any loss, of red, green and blue. Key frames would only make it larger, and
#: are read with more caution than others.
_LOSSLESS = {"preset": "ultrafast", "qp": "0", "threads": "1", "g": "32768", "sc_threshold": "0"}


def check_recording(path: str | Path) -> None:
    """Raise an error if a path is not that of an .mkv file.

    Parameters
    ----------
    path : str or Path

    Raises
    ------
    OutputError

    >>> check_recording("a.mp4")
    Traceback (most recent call last):
        ...
    sspd.errors.OutputError: a.mp4: a recording is written as .mkv
    """
    if Path(path).suffix.lower() != ".mkv":
        raise OutputError(f"{path}: a recording is written as .mkv")


def on_ticks(frames: Frames) -> Frames:
    """Return frames with the times that a recording can hold.

    Parameters
    ----------
    frames : Frames
        One frame.

    Returns
    -------
    Frames

    >>> on_ticks(Frames(np.zeros((1, 2, 2, 3), np.uint8), np.array([0.03337]))).t
    array([0.033])
    """
    return Frames(frames.rgb, np.round(frames.t * TICKS_HZ) / TICKS_HZ, frames.max_value)


class Recorder:
    """A recording that is being written: a context manager, which keeps it whole or not at all.

    Parameters
    ----------
    path : str or Path
        An .mkv file.
    fps : float
        Nominal frame rate, Hz; each frame keeps its time, to a millisecond.

    Raises
    ------
    OutputError
        It is not an .mkv file.
    """

    def __init__(self, path: str | Path, fps: float) -> None:
        check_recording(path)
        self._path, self._fps = Path(path), fps
        self._feed, self._executor = Feed(_WAITING), Executor(side_by_side=True)
        self._given_up = False
        self._done: Future[int] = self._executor.submit(self._write)

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            self.give_up()

    def add(self, frames: Frames) -> None:
        """Add frames; wait where too many are not coded yet.

        Parameters
        ----------
        frames : Frames
            Later than those before, their times as `on_ticks` gives them.

        Raises
        ------
        OutputError
            What was added before could not be written.
        """
        if self._done.done():
            self._done.result()
        self._feed.put(frames)

    def close(self) -> int:
        """Close the file and put it in its place.

        Returns
        -------
        int
            How many frames it has.

        Raises
        ------
        OutputError
            It could not be written.
        """
        self._feed.end()
        self._executor.close()
        return self._done.result()

    def give_up(self) -> None:
        """End without a file."""
        self._given_up = True
        self._feed.end()
        self._executor.close()

    def _write(self) -> int:
        n = 0
        try:
            with whole_file(self._path) as part:
                with av.open(str(part), "w", format="matroska") as container:
                    stream: Any = None
                    for item in self._feed.items():
                        frames = cast(Frames, item)
                        stream = stream or self._open(container, frames)
                        encode_chunk(container, stream, frames, TICKS_HZ)
                        n += len(frames)
                    if stream is not None:
                        container.mux(stream.encode(None))
                if self._given_up or stream is None:
                    raise UsageError(f"{self._path}: holds no frames, and is not written")
        except (av.FFmpegError, ValueError) as error:
            raise OutputError(f"{self._path}: cannot be written ({error})") from error
        except SSPDError:
            if not self._given_up:
                raise
        finally:
            self._feed.finished()
        return n

    def _open(self, container: Any, first: Frames) -> Any:
        height, width = first.rgb.shape[1:3]
        stream = container.add_stream(
            "libx264rgb", rate=Fraction(self._fps).limit_denominator(1001)
        )
        stream.width, stream.height, stream.pix_fmt = width, height, "rgb24"
        stream.time_base = stream.codec_context.time_base = Fraction(1, TICKS_HZ)
        stream.options = _LOSSLESS
        return stream
