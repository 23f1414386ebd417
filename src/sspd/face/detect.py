"""Where the faces are: dlib's frontal detector (the paper's choice, its Sec. III-B1).

dlib's detector (King, "Dlib-ml: A Machine Learning Toolkit", JMLR 10, 2009; histograms of
oriented gradients after Dalal & Triggs, CVPR 2005) sees faces of about 80 pixels or more
in the picture it is given, and its time grows with the picture's area. So a large picture
is reduced first, as far as faces of an eighth of its height stay findable, and where
nothing is found a second, larger look follows.
"""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sspd.types import Box

#: The first look reduces the picture to this longer side, pixels ...
LONG_SIDE = 1000
#: ... but keeps at least this height, so that 1/8 of it is dlib's smallest face.
MIN_HEIGHT = 640
#: The second look doubles the first one's scale, up to this many pixels.
SECOND_LOOK_PIXELS = 2_000_000
#: A face with less than this share of its rectangle in the picture is left out.
MIN_INSIDE = 0.5


def detect_faces(rgb: NDArray[np.uint8]) -> list[Box]:
    """Find frontal faces.

    Parameters
    ----------
    rgb : uint8 array, shape (height, width, 3)
        One upright picture.

    Returns
    -------
    list of Box
        Rectangles from brows to chin, inside the picture, largest first; empty where
        there is no face.

    Examples
    --------
    >>> detect_faces(np.zeros((120, 160, 3), np.uint8))
    []
    """
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    height, width = grey.shape
    scale = min(1.0, max(LONG_SIDE / max(height, width), MIN_HEIGHT / height))
    boxes = _look(grey, scale)
    if not boxes:
        larger = min(2 * scale, (SECOND_LOOK_PIXELS / (height * width)) ** 0.5)
        if larger > 1.1 * scale:
            boxes = _look(grey, larger)
    return sorted(boxes, key=lambda box: -box.width * box.height)


@cache
def _detector() -> tuple[Any, Lock]:
    """Give the process's one detector; it keeps scratch space, hence the lock."""
    import dlib

    return dlib.get_frontal_face_detector(), Lock()


def _look(grey: NDArray[Any], scale: float) -> list[Box]:
    height, width = grey.shape
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    size = (max(1, round(scale * width)), max(1, round(scale * height)))
    seen = grey if scale == 1 else cv2.resize(grey, size, interpolation=how)
    detector, lock = _detector()
    with lock:
        found = detector(np.ascontiguousarray(seen), 0)
    boxes = []
    for face in found:
        edges = (face.left(), face.top(), face.right() + 1, face.bottom() + 1)
        left, top, right, bottom = (round(edge / scale) for edge in edges)
        box = Box(max(left, 0), max(top, 0), min(right, width), min(bottom, height))
        inside = max(box.width, 0) * max(box.height, 0)
        if inside >= MIN_INSIDE * (right - left) * (bottom - top):
            boxes.append(box)
    return boxes
