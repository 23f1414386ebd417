"""The video frame that a report shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sspd.errors import SourceError
from sspd.types import Box, Vitals
from sspd.video.read import read

#: Largest side of the image, pixels; enough to see the face box.
LONGEST_SIDE = 640
_WHITE, _DARK = (255, 255, 255), (40, 40, 40)


@dataclass(frozen=True, eq=False)
class FaceImage:
    """Frame of a video with the face box drawn on it.

    Parameters
    ----------
    png : bytes
        PNG file of at most `LONGEST_SIDE` pixels.
    t_s : float
        Timestamp of the frame, seconds.
    """

    png: bytes
    t_s: float


def face_image(vitals: Vitals) -> FaceImage:
    """Read the first frame with a face, or the first frame if there is no face.

    Parameters
    ----------
    vitals : Vitals

    Returns
    -------
    FaceImage

    Raises
    ------
    SourceError
        The video can no longer be read.

    >>> face_image(Vitals("no_such_video.mp4", "pos", None, 9.0, 30.0, ()))
    Traceback (most recent call last):
        ...
    sspd.errors.SourceError: no_such_video.mp4: no such file
    """
    seen = [span for span in vitals.faces if span.box is not None] or list(vitals.faces)
    start_s = max(0.0, seen[0].start_s - 1e-6) if seen else 0.0
    chunks = read(vitals.source, start_s=start_s, chunk=1, fps=vitals.stated_fps)
    frames = next(iter(chunks), None)
    if frames is None:
        raise SourceError(f"{vitals.source}: has no frame at {start_s:.2f} s any more")
    rgb = frames.rgb[0].copy()
    if vitals.face_box is not None:
        draw_box(rgb, vitals.face_box)
    scale = LONGEST_SIDE / max(rgb.shape[:2])
    if scale < 1:
        size = (max(1, round(scale * rgb.shape[1])), max(1, round(scale * rgb.shape[0])))
        rgb = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
    done, png = cv2.imencode(".png", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
    assert done  # encoding a PNG in memory cannot fail
    return FaceImage(png.tobytes(), float(frames.t[0]))


def draw_box(rgb: NDArray[Any], box: Box) -> None:
    """Draw a white rectangle with a dark edge inside a box, in place.

    Parameters
    ----------
    rgb : uint8 array, shape (height, width, 3)
    box : Box
        In pixels of the frame.

    >>> rgb = np.full((60, 80, 3), 128, np.uint8)
    >>> draw_box(rgb, Box(10, 10, 50, 50))
    >>> rgb[30, 10].tolist(), rgb[30, 9].tolist()
    ([255, 255, 255], [128, 128, 128])
    """
    thick = max(1, round(max(rgb.shape[:2]) / 300))
    for colour, inset in ((_DARK, thick), (_WHITE, 0)):
        for k in range(inset, inset + thick):
            corner = (box.right - 1 - k, box.bottom - 1 - k)
            cv2.rectangle(rgb, (box.left + k, box.top + k), corner, colour, 1)
