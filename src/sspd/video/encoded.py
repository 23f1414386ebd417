"""Single frames as a camera's page sends them: JPEG, PNG and WebP in memory, not trusted."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sspd.errors import DecodeError, SourceError
from sspd.video.still import stated_size

#: Most pixels of a frame: 1080p. The size is read from the header, before anything is decoded.
MAX_FRAME_PIXELS = 1920 * 1088
_WEBP_BYTES = 30


def decode_frame(data: bytes) -> NDArray[np.uint8]:
    """Decode one JPEG, PNG or WebP image that is not trusted.

    Parameters
    ----------
    data : bytes

    Returns
    -------
    uint8 array, shape (height, width, 3)
        RGB; grey images are repeated three times, transparency is left out.

    Raises
    ------
    SourceError
        More than `MAX_FRAME_PIXELS`.
    DecodeError
        Not such an image, or damaged.

    >>> decode_frame(b"GIF89a")
    Traceback (most recent call last):
        ...
    sspd.errors.DecodeError: a frame is not a JPEG, PNG or WebP image
    """
    size = _size(data)
    if size is None:
        raise DecodeError("a frame is not a JPEG, PNG or WebP image")
    width, height = size
    if width < 1 or height < 1 or width * height > MAX_FRAME_PIXELS:
        raise SourceError(
            f"a frame of {width}x{height} pixels; send 1 to {MAX_FRAME_PIXELS} pixels (1080p)"
        )
    image: NDArray[Any] | None = None
    try:
        if _is_whole(data):  # of a part, decoders fill in the rest
            image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        pass
    if image is None or image.dtype != np.uint8 or image.shape[:2] not in (size[::-1], size):
        raise DecodeError("a frame is damaged and cannot be decoded")
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def _size(data: bytes) -> tuple[int, int] | None:
    """Width and height from the header, as it is stored; None for other formats."""
    if data.startswith((b"\xff\xd8", b"\x89PNG\r\n\x1a\n")):
        found = stated_size(data)
        return None if found is None else found[:2]
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or len(data) < _WEBP_BYTES:
        return None
    return _webp_size(data[12:16], data[20:_WEBP_BYTES])


def _is_whole(data: bytes) -> bool:
    """Return whether an image ends as its format does."""
    if data[:4] == b"RIFF":
        return int.from_bytes(data[4:8], "little") + 8 <= len(data)
    end = b"\xff\xd9" if data[:2] == b"\xff\xd8" else b"IEND\xaeB`\x82"
    return data.rstrip(b"\0").endswith(end)


def _webp_size(kind: bytes, start: bytes) -> tuple[int, int] | None:
    """Width and height of the first chunk of a WebP (RFC 9649, 2.5 to 2.7)."""

    def number(at: int, n: int) -> int:
        return int.from_bytes(start[at : at + n], "little")

    if kind == b"VP8X":
        return number(4, 3) + 1, number(7, 3) + 1
    if kind == b"VP8L" and start[0] == 0x2F:
        return (number(1, 4) & 0x3FFF) + 1, (number(1, 4) >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and start[3:6] == b"\x9d\x01\x2a":
        return number(6, 2) & 0x3FFF, number(8, 2) & 0x3FFF
    return None
