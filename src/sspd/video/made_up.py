"""Detection of files that state no frame rate, for which FFmpeg invents one.

A YUV4MPEG2 or AVI file without a rate gets 25 frames per second, an animated PNG without
delays 15, a GIF 10. FFmpeg does not report whether a rate was stated, so the headers are read
here.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable

from sspd.video.stored import Place, first_bytes

#: Number of bytes from the beginning in which headers are searched.
HEADER_BYTES = 1 << 16
_Y4M_RATE = re.compile(rb" F(\d+):(\d+)")
_GIF_DELAY = re.compile(rb"\x21\xf9\x04.(..)", re.DOTALL)
_AVI_STREAM = re.compile(rb"strh....vids", re.DOTALL)


def rate_is_made_up(place: Place, demuxer: str) -> bool:
    r"""Return whether a file states no frame rate, though its format could.

    Parameters
    ----------
    place : path or StoredVideo
        File that FFmpeg has opened.
    demuxer : str
        FFmpeg's name for its format.

    Returns
    -------
    bool

    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     _ = file.write(b"YUV4MPEG2 W64 H48 C420jpeg\n")
    ...     file.flush()
    ...     rate_is_made_up(file.name, "yuv4mpegpipe"), rate_is_made_up(file.name, "mov,mp4")
    (True, False)
    """
    states_none = _TESTS.get(demuxer)
    if states_none is None:
        return False
    return states_none(first_bytes(place, HEADER_BYTES))


def _y4m(head: bytes) -> bool:
    found = _Y4M_RATE.search(head.partition(b"\n")[0])
    return found is None or 0 in (int(found[1]), int(found[2]))


def _gif(head: bytes) -> bool:
    # after the global colours; a delay of 0 means as fast as the viewer can
    colours = 3 << 1 + (head[10] & 7) if len(head) > 10 and head[10] & 0x80 else 0
    found = _GIF_DELAY.search(head, 13 + colours)
    return found is None or found[1] == b"\0\0"


def _apng(head: bytes) -> bool:
    at = head.find(b"fcTL")  # then number, width, height, x, y: four bytes each
    return at >= 0 and head[at + 24 : at + 26] == b"\0\0"


def _avi(head: bytes) -> bool:
    main, stream = head.find(b"avih"), _AVI_STREAM.search(head)
    if main < 0 or stream is None or len(head) < max(main + 12, stream.start() + 36):
        return False
    (frame_us,) = struct.unpack_from("<I", head, main + 8)
    scale, rate = struct.unpack_from("<II", head, stream.start() + 28)
    return not (frame_us or (scale and rate))


_TESTS: dict[str, Callable[[bytes], bool]] = {
    "yuv4mpegpipe": _y4m,
    "gif": _gif,
    "apng": _apng,
    "avi": _avi,
}
