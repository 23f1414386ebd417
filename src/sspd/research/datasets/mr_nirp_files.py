"""What both parts of MR-NIRP have alike: folders, and numbered PGM pictures without times.

Names differ in case from copy to copy, and a folder may lie in another of its own name,
as some tools unpack it; both are read. An archive is not unpacked.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sspd.errors import SourceError
from sspd.types import Recording
from sspd.video.sequence import numbered
from sspd.video.still import read_still

#: Pictures a second of the colour cameras and of the indoor infrared one, Hz.
HZ = 30.0
#: Names end in the picture's number: ``Frame00012.pgm``.
PICTURE = r"(?:.*[^0-9])?([0-9]{1,9})[.]pgm"
#: Mean levels of the four places of a mosaic that differ by so little of their mean are one
#: level. In the copy that was measured it is 30 % behind a mosaic, 0.05 % without one.
EVEN = 0.01
_SMOOTH = np.array([0.25, 0.5, 0.25])
#: What the infrared camera is taken to see of red, green and blue in simulated videos. True
#: near infrared shows a weaker pulse; most weight on green keeps the simulated one in.
GREY = (0.25, 0.5, 0.25)


def inside(folder: Path, name: str) -> Path:
    """Where something lies in a folder, case aside; its archive where it is still packed.

    Of a folder that holds one of its own name, the inner one.

    >>> inside(Path("absent"), "NIR").as_posix()
    'absent/NIR'
    """
    there = {entry.name.lower(): entry for entry in sorted(folder.glob("*"))}
    lower = name.lower()
    found = there.get(lower) or there.get(f"{lower}.zip") or folder / name
    again = (found / one for one in (found.name, name))
    return next((one for one in again if one.is_dir()), found)


def contact_of(folder: Path) -> Path:
    """Where the contact of a recording is, there or missed there."""
    place = inside(folder, "PulseOX")
    return place if _packed(place) else inside(place, "pulseOx.mat")


def pictures(folder: Path) -> list[tuple[int, Path]]:
    """The pictures of a camera with their numbers, in order of these.

    Raises
    ------
    SourceError
        None there, or still packed.
    """
    return numbered(unpacked(folder), PICTURE)


def unpacked(path: Path) -> Path:
    """The path, if it is not that of an archive.

    Raises
    ------
    SourceError
        It is one.
    """
    if _packed(path):
        raise SourceError(f"{path}: still packed; unpack it in its folder")
    return path


def _packed(path: Path) -> bool:
    return path.suffix.lower() == ".zip"


def times(found: list[tuple[int, Path]], start: int, hz: float) -> NDArray[np.float64]:
    """Seconds of pictures at a constant rate; the one numbered `start` is at 0.

    A number that is missing is a picture that was lost: the others keep their times.

    >>> times([(4, Path("Frame4.pgm")), (7, Path("Frame7.pgm"))], 4, 30.0).tolist()
    [0.0, 0.1]
    """
    return np.array([(n - start) / hz for n, _ in found], dtype=np.float64)


def each_once(found: list[Recording]) -> list[Recording]:
    """The recordings, if no two have one name.

    Raises
    ------
    SourceError
        Two do, as folders whose names differ in case give.
    """
    n_by_name = Counter(recording.name for recording in found)
    for recording in found:
        if n_by_name[recording.name] > 1:
            raise SourceError(f"{recording.video.parent}: {recording.name} is here twice")
    return found


def has_mosaic(files: list[Path]) -> bool:
    """Whether the first picture that can be read is one behind a mosaic of colours."""
    for file in files:
        try:
            levels = read_still(file)[0][..., 0].astype(np.float64)
        except SourceError:
            continue
        # less what is the same at all four places, so that no slope of the light counts
        fine = levels - cv2.sepFilter2D(levels, -1, _SMOOTH, _SMOOTH)
        means = [fine[k // 2 :: 2, k % 2 :: 2].mean() for k in range(4)]
        return bool(np.ptp(means) > EVEN * levels.mean())
    return False


def grey(rgb: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """A simulated picture as the infrared camera stores it: 12 bits, the upper ones of 16.

    >>> int(grey(np.full((2, 2, 3), 255, np.uint8))[0, 0])
    65280
    """
    return np.asarray(np.rint(rgb @ np.array(GREY) * 16) * 16, np.uint16)


def mosaic(rgb: NDArray[np.uint8], bayer: str) -> NDArray[np.uint16]:
    """A simulated picture as a colour camera stores it: one colour a pixel, upper bits of 16.

    >>> picture = np.full((2, 2, 3), (1, 2, 3), np.uint8)
    >>> (mosaic(picture, "BGGR") // 256).tolist()
    [[3, 2], [2, 1]]
    """
    seen = np.empty(rgb.shape[:2], np.uint16)
    for k, colour in enumerate(bayer):
        rows, columns = slice(k // 2, None, 2), slice(k % 2, None, 2)
        seen[rows, columns] = rgb[rows, columns, "RGB".index(colour)]
    return seen * np.uint16(256)


def write_pgm(folder: Path, n: int, levels: NDArray[np.uint16]) -> None:
    """Write a picture under its number, into a folder that is not whole yet."""
    (folder / f"Frame{n:05d}.pgm").write_bytes(cv2.imencode(".pgm", levels)[1].tobytes())
