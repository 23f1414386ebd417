"""Files that both parts of MR-NIRP share: folders, and numbered PGM frames without times.

Names differ in case from copy to copy, and a folder may be inside another of its own name, as
some tools unpack it; both are read. Archives are not unpacked.
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

#: Frame rate of the colour cameras and of the indoor infrared camera, Hz.
FRAME_HZ = 30.0
#: Names end in the frame's number: ``Frame00012.pgm``.
FRAME_NAME = r"(?:.*[^0-9])?([0-9]{1,9})[.]pgm"
#: Largest relative difference between the means of a mosaic's four positions without a mosaic.
#: In a copy that was measured, it is 30 % with a mosaic and 0.05 % without one.
EVEN = 0.01
_SMOOTH = np.array([0.25, 0.5, 0.25])
#: Weights of red, green and blue for the simulated infrared camera. Real near infrared has a
#: weaker pulse; the large weight of green keeps the simulated one visible.
GREY_WEIGHTS = (0.25, 0.5, 0.25)


def inside(folder: Path, name: str) -> Path:
    """Find an entry of a folder, ignoring case; its archive if it is still packed.

    For a folder that contains one of its own name, the inner folder is returned.

    Parameters
    ----------
    folder : Path
    name : str

    Returns
    -------
    Path
        The plain path if there is no such entry.

    >>> inside(Path("absent"), "NIR").as_posix()
    'absent/NIR'
    """
    there = {entry.name.lower(): entry for entry in sorted(folder.glob("*"))}
    lower = name.lower()
    found = there.get(lower) or there.get(f"{lower}.zip") or folder / name
    again = (found / one for one in (found.name, name))
    return next((one for one in again if one.is_dir()), found)


def contact_of(folder: Path) -> Path:
    """Return the path of a recording's contact data, whether it exists or not.

    Parameters
    ----------
    folder : Path
        Folder of the recording.

    Returns
    -------
    Path
    """
    place = inside(folder, "PulseOX")
    return place if _packed(place) else inside(place, "pulseOx.mat")


def numbered_frames(folder: Path) -> list[tuple[int, Path]]:
    """List the frames of a camera with their numbers, in order.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    list of (int, Path)

    Raises
    ------
    SourceError
        There are none, or the folder is still packed.
    """
    return numbered(unpacked(folder), FRAME_NAME)


def unpacked(path: Path) -> Path:
    """Return the path if it is not an archive.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Path

    Raises
    ------
    SourceError
        It is an archive.
    """
    if _packed(path):
        raise SourceError(f"{path}: still packed; unpack it in its folder")
    return path


def _packed(path: Path) -> bool:
    return path.suffix.lower() == ".zip"


def times(found: list[tuple[int, Path]], start: int, hz: float) -> NDArray[np.float64]:
    """Compute the times of numbered frames at a constant rate.

    A missing number is a lost frame: the others keep their times.

    Parameters
    ----------
    found : list of (int, Path)
        Frames with their numbers.
    start : int
        Number of the frame at 0 s.
    hz : float
        Frame rate, Hz.

    Returns
    -------
    float64 array, shape (frames,)
        Seconds.

    >>> times([(4, Path("Frame4.pgm")), (7, Path("Frame7.pgm"))], 4, 30.0).tolist()
    [0.0, 0.1]
    """
    return np.array([(n - start) / hz for n, _ in found], dtype=np.float64)


def require_unique_names(found: list[Recording]) -> list[Recording]:
    """Return the recordings if their names are unique.

    Parameters
    ----------
    found : list of Recording

    Returns
    -------
    list of Recording

    Raises
    ------
    SourceError
        Two have one name, as folders whose names differ only in case give.
    """
    n_by_name = Counter(recording.name for recording in found)
    for recording in found:
        if n_by_name[recording.name] > 1:
            raise SourceError(f"{recording.video.parent}: {recording.name} is here twice")
    return found


def has_mosaic(files: list[Path]) -> bool:
    """Return whether the first readable frame comes from a camera with a colour mosaic.

    Parameters
    ----------
    files : list of Path

    Returns
    -------
    bool
    """
    for file in files:
        try:
            values = read_still(file)[0][..., 0].astype(np.float64)
        except SourceError:
            continue
        # without the part that all four positions share, so that light gradients do not count
        fine = values - cv2.sepFilter2D(values, -1, _SMOOTH, _SMOOTH)
        means = [fine[k // 2 :: 2, k % 2 :: 2].mean() for k in range(4)]
        return bool(np.ptp(means) > EVEN * values.mean())
    return False


def grey(rgb: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Convert a simulated frame to the infrared camera's format: 12 bits, the upper ones of 16.

    Parameters
    ----------
    rgb : uint8 array, shape (rows, columns, 3)

    Returns
    -------
    uint16 array, shape (rows, columns)

    >>> int(grey(np.full((2, 2, 3), 255, np.uint8))[0, 0])
    65280
    """
    return np.asarray(np.rint(rgb @ np.array(GREY_WEIGHTS) * 16) * 16, np.uint16)


def mosaic(rgb: NDArray[np.uint8], bayer: str) -> NDArray[np.uint16]:
    """Convert a simulated frame to a colour camera's format: one colour for each pixel.

    Parameters
    ----------
    rgb : uint8 array, shape (rows, columns, 3)
    bayer : str
        Colours of the first two pixels of the first two rows.

    Returns
    -------
    uint16 array, shape (rows, columns)
        8 bits, the upper ones of 16.

    >>> frame = np.full((2, 2, 3), (1, 2, 3), np.uint8)
    >>> (mosaic(frame, "BGGR") // 256).tolist()
    [[3, 2], [2, 1]]
    """
    out = np.empty(rgb.shape[:2], np.uint16)
    for k, colour in enumerate(bayer):
        rows, columns = slice(k // 2, None, 2), slice(k % 2, None, 2)
        out[rows, columns] = rgb[rows, columns, "RGB".index(colour)]
    return out * np.uint16(256)


def write_pgm(folder: Path, n: int, values: NDArray[np.uint16]) -> None:
    """Write a frame under its number, into a folder that is not complete yet.

    Parameters
    ----------
    folder : Path
    n : int
    values : uint16 array, shape (rows, columns)
    """
    (folder / f"Frame{n:05d}.pgm").write_bytes(cv2.imencode(".pgm", values)[1].tobytes())
