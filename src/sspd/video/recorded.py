"""A recording of a dataset as a source of frames."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from sspd.errors import SourceError
from sspd.types import Frames, Recording, VideoInfo


class RecordingSource:
    """The frames of a recording, at its dataset's own timestamps: `sspd.types.VideoSource`.

    Parameters
    ----------
    recording : Recording
    chunk : int
        Frames that `frames` gives at a time, at most.
    """

    def __init__(self, recording: Recording, *, chunk: int = 32) -> None:
        self._recording, self._chunk = recording, chunk
        self.warnings: list[str] = []
        self._begun: tuple[Frames, Iterator[Frames]] | None = None
        self._info: VideoInfo | None = None

    @property
    def info(self) -> VideoInfo:
        """Size by the first frame; rate and length are not known before all is read.

        Raises
        ------
        SourceError
            Its frames cannot be read, or there are none.
        """
        if self._info is None:
            rest = self._open(0.0, None)
            first = next(rest, None)
            if first is None:
                raise SourceError(f"{self._recording.video}: holds no frames")
            self._begun = first, rest
            height, width = first.rgb.shape[1:3]
            name = str(self._recording.video)
            self._info = VideoInfo(width, height, None, None, "recording", name=name)
        return self._info

    def frames(self, start_s: float = 0.0, end_s: float | None = None) -> Iterator[Frames]:
        """Read the frames of a span, see `sspd.types.VideoSource.frames`.

        Parameters
        ----------
        start_s, end_s : float
            Seconds; ``end_s`` None: to the end.

        Yields
        ------
        Frames
        """
        begun, self._begun = self._begun, None
        if begun is not None and start_s <= 0.0 and end_s is None:
            yield from chain([begun[0]], begun[1])  # it is open already
            return
        yield from self._open(start_s, end_s)

    def _open(self, start_s: float, end_s: float | None) -> Iterator[Frames]:
        self.warnings.clear()
        return self._recording.frames(
            start_s=start_s, end_s=end_s, chunk=self._chunk, warn=self.warnings.append
        )
