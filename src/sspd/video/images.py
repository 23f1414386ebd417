"""A folder of images as a source of frames."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from sspd.errors import SourceError
from sspd.types import Frames, VideoInfo
from sspd.video.arrays import array_times
from sspd.video.sequence import read_images
from sspd.video.still import read_still

#: Endings of files that count as frames in a folder.
IMAGE_SUFFIXES = (".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".ppm")


def images_in(folder: Path) -> list[Path]:
    """Return the images of a folder in the order of the numbers in their names.

    Parameters
    ----------
    folder : Path
        Hidden files and folders in it are left out.

    Returns
    -------
    list of Path
        Empty where there is no image, or no such folder.

    >>> images_in(Path("no_such_folder"))
    []
    """
    try:
        entries = [path for path in folder.iterdir() if not path.name.startswith(".")]
    except OSError:
        return []
    found = [p for p in entries if p.suffix.lower() in IMAGE_SUFFIXES and p.is_file()]
    return sorted(found, key=_in_order)


def _in_order(path: Path) -> tuple[object, ...]:
    """Text and numbers of a name in turn, so that frame 10 follows frame 9."""
    parts = re.split(r"([0-9]+)", path.name)
    return tuple(int(part) if k % 2 else part for k, part in enumerate(parts))


class ImageFolder:
    """A folder of images: `sspd.types.VideoSource`.

    Parameters
    ----------
    folder : Path
    fs, timestamps_s
        See `sspd.video.arrays.array_times`.
    chunk : int
        Frames that `frames` gives at a time, at most.

    Raises
    ------
    SourceError
        No image in it, or the first one cannot be read.
    UsageError
        No times, or times that cannot be.

    >>> ImageFolder(Path("no_such_folder"), fs=30.0)
    Traceback (most recent call last):
        ...
    sspd.errors.SourceError: no_such_folder: no image in this folder (.bmp .jpeg ...)
    """

    def __init__(
        self,
        folder: Path,
        *,
        fs: float | None = None,
        timestamps_s: ArrayLike | None = None,
        chunk: int = 32,
    ) -> None:
        self._files, self._chunk = images_in(folder), chunk
        if not self._files:
            kinds = " ".join(IMAGE_SUFFIXES)
            raise SourceError(f"{folder}: no image in this folder ({kinds})")
        n = len(self._files)
        self._t = np.asarray(array_times(n, fs, timestamps_s, str(folder)))
        self.warnings: list[str] = []
        rgb, _ = read_still(self._files[0])
        rate = fs if fs is not None else (n - 1) / float(self._t[-1]) if n > 1 else None
        self.info = VideoInfo(
            width=rgb.shape[1],
            height=rgb.shape[0],
            fps=rate,
            duration_s=float(self._t[-1]) + 1 / rate if rate else None,
            codec=self._files[0].suffix.lower().lstrip("."),
            name=str(folder),
        )

    def frames(self, start_s: float = 0.0, end_s: float | None = None) -> Iterator[Frames]:
        """Read the images of a span, see `sspd.types.VideoSource.frames`.

        Parameters
        ----------
        start_s, end_s : float
            Seconds; ``end_s`` None: to the end.

        Yields
        ------
        Frames
        """
        yield from read_images(
            self._files,
            self._t,
            start_s=start_s,
            end_s=end_s,
            chunk=self._chunk,
            warn=self.warnings.append,
        )
