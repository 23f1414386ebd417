"""Reading of one image file as RGB, with 8 or 16 bits per channel."""

from __future__ import annotations

import re
from pathlib import Path
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sspd.errors import DecodeError, SourceError, UsageError
from sspd.video.rgb import checked_size

#: Colours of the first two pixels of the first two rows to OpenCV's conversion. (OpenCV's
#: older names refer to the second row: its BayerBG is RGGB.)
BAYER_CONVERSIONS = MappingProxyType(
    {
        "RGGB": cv2.COLOR_BayerRGGB2RGB,
        "BGGR": cv2.COLOR_BayerBGGR2RGB,
        "GRBG": cv2.COLOR_BayerGRBG2RGB,
        "GBRG": cv2.COLOR_BayerGBRG2RGB,
    }
)
#: Largest file: no image that `checked_size` accepts needs more (8192 x 4608 pixels of 6 bytes).
MAX_FILE_BYTES = 1 << 29
_FLAGS = cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH
_PNM = re.compile(rb"P([2356])" + rb"(?:\s+|\s*#[^\n]*\n\s*)(\d{1,9})" * 3 + rb"\s")
#: JPEG segments without a length, and those with the image size.
_BARE, _SIZED = {0x01, *range(0xD0, 0xD9)}, {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}


def read_still(path: Path, bayer: str | None = None) -> tuple[NDArray[Any], int]:
    """Read one PNG, PGM, PPM, BMP or JPEG image.

    Parameters
    ----------
    path : Path
        Image file; its first bytes decide about the format, not its name.
    bayer : str or None
        Colours of the first two pixels of the first two rows, one of `BAYER_CONVERSIONS`, if
        the file contains a camera's mosaic, which is interpolated bilinearly. None keeps a
        grey image grey.

    Returns
    -------
    rgb : uint8 or uint16 array, shape (height, width, 3)
        The channel of a grey image is repeated three times.
    max_value : int
        Pixel value of white: as stated in a PGM, else 255 or 65535.

    Raises
    ------
    SourceError, DecodeError
        The file is missing, not such an image, too large or damaged, or is in colour instead
        of a mosaic.

    Examples
    --------
    >>> read_still(Path("Image1.png"))
    Traceback (most recent call last):
        ...
    sspd.errors.SourceError: Image1.png: no such file or directory
    """
    if bayer is not None and bayer not in BAYER_CONVERSIONS:
        raise UsageError(f"bayer must be one of {', '.join(BAYER_CONVERSIONS)}, got {bayer!r}")
    data = _bytes(path)
    stated = stated_size(data)
    if stated is None:
        raise DecodeError(f"{path}: not a PNG, PGM, PPM, BMP or JPEG image")
    checked_size(path, *stated[:2])
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), _FLAGS)
    except cv2.error:
        image = None
    if image is None or image.dtype not in (np.dtype(np.uint8), np.dtype(np.uint16)):
        raise DecodeError(f"{path}: damaged, this image cannot be decoded")
    if bayer is not None and image.ndim != 2:
        raise SourceError(f"{path}: in colour, but a camera's mosaic is needed")
    how = BAYER_CONVERSIONS[bayer] if bayer else cv2.COLOR_GRAY2RGB
    rgb = cv2.cvtColor(image, how if image.ndim == 2 else cv2.COLOR_BGR2RGB)
    return rgb, stated[2] or (255 if rgb.dtype == np.uint8 else 65535)


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise SourceError(f"{path}: larger than any image that can be read")
        return path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path}: {(error.strerror or 'cannot be read').lower()}") from error


def stated_size(data: bytes) -> tuple[int, int, int | None] | None:
    """Read the size of a PNG, BMP, PGM, PPM or JPEG image from its header.

    Parameters
    ----------
    data : bytes
        The image, or as much of its beginning as holds its header.

    Returns
    -------
    width, height : int
    max_value : int or None
        Pixel value of white, where a PGM or PPM states it.
        None instead of all three for an unknown format.

    >>> stated_size(b"P5 640 480 255 ")
    (640, 480, 255)
    """

    def number(start: int, n: int) -> int:
        return int.from_bytes(data[start : start + n], "big")

    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return number(16, 4), number(20, 4), None
    if data.startswith(b"BM"):
        signed = (np.frombuffer(data[at : at + 4].ljust(4, b"\0"), "<i4")[0] for at in (18, 22))
        width, height = (abs(int(side)) for side in signed)  # a negative height: top row first
        return width, height, None
    if pnm := _PNM.match(data[:4096]):
        width, height, white = (int(part) for part in pnm.groups()[1:])
        return (width, height, white) if 0 < white < 1 << 16 else None
    if not data.startswith(b"\xff\xd8"):
        return None
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _SIZED:
            return number(at + 7, 2), number(at + 5, 2), None
        at += 1 if marker == 0xFF else 2 if marker in _BARE else 2 + max(2, number(at + 2, 2))
    return None
