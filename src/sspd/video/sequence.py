"""Reading of a video that is a folder of numbered images, as in some datasets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sspd.errors import SourceError, UsageError
from sspd.types import Frames
from sspd.video.bounds import bounded
from sspd.video.decode import MAX_CHUNK_BYTES, check_span
from sspd.video.still import read_still


def numbered(folder: Path, pattern: str) -> list[tuple[int, Path]]:
    """Return the numbered images of a folder, sorted by number.

    Parameters
    ----------
    folder : Path
    pattern : str
        Regular expression for the whole file name, ignoring case; its first group is the
        number.

    Returns
    -------
    list of (int, Path)
        At least one.

    Raises
    ------
    SourceError
        The folder does not exist, has no such file, or has one number twice.

    Examples
    --------
    >>> numbered(Path("absent"), r"Image([0-9]+)[.]png")
    Traceback (most recent call last):
        ...
    sspd.errors.SourceError: absent: no such folder
    """
    if not folder.is_dir():
        zipped = folder.with_name(f"{folder.name}.zip")
        hint = f"; unzip {zipped.name} beside it" if zipped.is_file() else ""
        raise SourceError(f"{folder}: no such folder{hint}")
    try:
        matches = [
            (match, file)
            for file in folder.iterdir()
            if (match := re.fullmatch(pattern, file.name, re.IGNORECASE))
        ]
    except OSError as error:
        raise SourceError(f"{folder}: {(error.strerror or 'cannot be read').lower()}") from error
    found = sorted((int(match[1]), file) for match, file in matches)
    if not found:
        raise SourceError(f"{folder}: no image in it is named like {pattern}")
    for (one, file), (other, again) in pairwise(found):
        if one == other:
            raise SourceError(f"{again}: has the number of {file.name}")
    return found


def read_images(
    files: Sequence[Path],
    t: NDArray[np.float64],
    *,
    bayer: str | None = None,
    max_value: int | None = None,
    start_s: float = 0.0,
    end_s: float | None = None,
    chunk: int = 32,
    warn: Callable[[str], None] | None = None,
) -> Iterator[Frames]:
    """Read image files lazily, as `sspd.video.read.read` reads a video.

    A missing or damaged image is left out with a warning. The others keep their timestamps: a
    gap in the timestamps does not distort a measurement, as an inserted frame would. It is an
    error if no image of the time span can be read.

    Parameters
    ----------
    files : sequence of Path
        PNG, PGM, PPM, BMP or JPEG files, 8 or 16 bits, all of one size and depth.
    t : float64 array, shape (time,)
        Timestamps, seconds since the first image, strictly ascending.
    bayer : str or None
        Pattern of a camera's mosaic, see `sspd.video.still.read_still`.
    max_value : int or None
        Pixel value of white, if the files state a wrong one.
    start_s, end_s : float
        Only images with ``start_s <= t < end_s`` are opened.
    chunk : int
        Largest number of frames per chunk; a chunk stays under `MAX_CHUNK_BYTES`.
    warn : callable or None
        Called with one line about the images that were left out.

    Returns
    -------
    iterator of Frames
        uint8 or uint16, as the files.

    Raises
    ------
    UsageError
        Immediately, for an invalid time span or chunk size, or timestamps that do not fit.
    SourceError
        Later, if no image can be read, or their sizes or depths differ.

    Examples
    --------
    >>> next(read_images([Path("absent.png")], np.zeros(1)))
    Traceback (most recent call last):
        ...
    sspd.errors.SourceError: absent.png: no such file or directory
    """
    check_span(start_s, end_s, chunk)
    if t.shape != (len(files),) or not bool(np.all(np.diff(t) > 0)):
        raise UsageError(f"{len(files)} images need as many timestamps, strictly ascending")
    warn = warn or (lambda _: None)
    inside = np.flatnonzero((t >= start_s) & (t < (np.inf if end_s is None else end_s)))
    seconds = zip(inside.tolist(), t[inside].tolist(), strict=True)
    wanted = np.array([k for k, _ in bounded(_folder(files), seconds, warn)], np.int64)
    stills = _stills([files[k] for k in wanted.tolist()], bayer, warn)
    return _chunks(stills, t[wanted], chunk, max_value)


def _folder(files: Sequence[Path]) -> Path:
    return files[0].parent if files else Path()


#: Index of an image among those to read, its file, its pixels and the pixel value of white.
_Still = tuple[int, Path, NDArray[Any], int]


def _stills(
    files: Sequence[Path], bayer: str | None, warn: Callable[[str], None]
) -> Iterator[_Still]:
    """Yield the images that can be read."""
    damage: list[SourceError] = []
    for k, file in enumerate(files):
        try:
            rgb, white = read_still(file, bayer)
        except SourceError as error:
            damage.append(error)
            continue
        yield k, file, rgb, white
    if damage and len(damage) == len(files):
        raise damage[0]
    if damage:
        warn(f"{damage[0]}; {len(damage)} of {len(files)} frames left out")


def _chunks(
    stills: Iterator[_Still], t: NDArray[np.float64], chunk: int, max_value: int | None
) -> Iterator[Frames]:
    first: tuple[Path, tuple[Any, ...]] | None = None
    buffer: NDArray[Any] = np.empty(0)
    white, kept = 0, list[int]()
    for k, file, rgb, white in stills:
        kind = (*rgb.shape[1::-1], rgb.dtype.name, white)
        if first is None:
            first = file, kind
            n = max(1, min(chunk, MAX_CHUNK_BYTES // rgb.nbytes, t.size))
            buffer = np.empty((n, *rgb.shape), rgb.dtype)
        if kind != first[1]:
            (width, height, *depth), (w0, h0, *depth0) = kind, first[1]
            raise SourceError(
                f"{file}: {width}x{height} pixels of {depth[0]}/{depth[1]}, where"
                f" {first[0].name} has {w0}x{h0} of {depth0[0]}/{depth0[1]}"
            )
        buffer[len(kept)] = rgb
        kept.append(k)
        if len(kept) == len(buffer):
            yield Frames(buffer, t[kept], max_value or white)
            buffer, kept = np.empty_like(buffer), []
    if kept:
        yield Frames(buffer[: len(kept)], t[kept], max_value or white)
