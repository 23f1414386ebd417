"""Writing of .avi files, as most datasets have them: fixed frame rate, no timestamps."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Any

import av
import numpy as np

from sspd.errors import UsageError
from sspd.types import Frames
from sspd.utils.files import whole_file

#: Name to codec, pixel format and options.
_CODECS: MappingProxyType[str, tuple[str, str, dict[str, str]]] = MappingProxyType(
    {
        "raw": ("rawvideo", "bgr24", {}),
        "mjpeg": ("mjpeg", "yuvj420p", {"qmin": "2", "qmax": "2"}),
    }
)


def write_avi(
    path: str | Path, frames: Iterable[Frames], *, fps: float, codec: str = "raw"
) -> None:
    """Write frames as an .avi file of a fixed frame rate, atomically.

    Parameters
    ----------
    path : str or Path
        Output file; its folder must exist.
    frames : iterable of Frames
        uint8 chunks of one size. Their timestamps are lost, as AVI has none.
    fps : float
        Frame rate, Hz.
    codec : str
        ``"raw"`` (24 bits per pixel) or ``"mjpeg"`` (each frame a JPEG of high quality).

    Raises
    ------
    UsageError
        The codec is unknown, or there is no frame.
    OutputError
        The file cannot be written.
    """
    if codec not in _CODECS:
        raise UsageError(f"write: codec must be one of {', '.join(_CODECS)}, got {codec!r}")
    name, pixels, options = _CODECS[codec]
    with whole_file(path) as part, av.open(str(part), "w", format="avi") as container:
        stream: Any = None
        for chunk in frames:
            for rgb in chunk.rgb:
                if stream is None:
                    stream = container.add_stream(name, rate=Fraction(fps).limit_denominator(1001))
                    stream.height, stream.width = rgb.shape[:2]
                    stream.pix_fmt, stream.options = pixels, options
                frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
                container.mux(stream.encode(frame))
        if stream is None:
            raise UsageError("write: a video needs at least one frame")
        container.mux(stream.encode())
