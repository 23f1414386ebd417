"""Face detection with dlib's frontal detector (the paper's choice, its Sec. III-B1).

dlib's detector (King, "Dlib-ml: A Machine Learning Toolkit", JMLR 10, 2009; histograms of
oriented gradients after Dalal & Triggs, CVPR 2005) finds faces of about 80 pixels or more,
and its time grows with the area of the image. A large image is therefore reduced first, so
far that faces of an eighth of its height can still be found; if nothing is found, a second
pass uses a larger image.
"""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sspd.types import Box

#: The first pass reduces the image to this longer side, pixels ...
LONG_SIDE = 1000
#: ... but keeps at least this height, 1/8 of which is dlib's smallest face.
MIN_HEIGHT = 640
#: The second pass doubles the scale of the first, up to this number of pixels.
SECOND_PASS_PIXELS = 2_000_000
#: A face is left out if less than this fraction of its rectangle is inside the frame.
MIN_INSIDE = 0.5
#: Size at which a face is searched near its last box, pixels.
NEAR_FACE = 110


def detect_faces(rgb: NDArray[np.uint8]) -> list[Box]:
    """Find the frontal faces in a frame.

    Parameters
    ----------
    rgb : uint8 array, shape (height, width, 3)
        One upright frame.

    Returns
    -------
    list of Box
        Rectangles from brows to chin, inside the frame, largest first; empty without a face.

    Examples
    --------
    >>> detect_faces(np.zeros((120, 160, 3), np.uint8))
    []
    """
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    height, width = grey.shape
    scale = min(1.0, max(LONG_SIDE / max(height, width), MIN_HEIGHT / height))
    boxes = _detect_at(grey, scale)
    if not boxes:
        larger = min(2 * scale, (SECOND_PASS_PIXELS / (height * width)) ** 0.5)
        if larger > 1.1 * scale:
            boxes = _detect_at(grey, larger)
    return sorted(boxes, key=lambda box: -box.width * box.height)


def detect_near(rgb: NDArray[np.uint8], box: Box) -> Box | None:
    """Find the face near a box in which one was a moment ago, in a tenth of the time.

    Parameters
    ----------
    rgb : uint8 array, shape (height, width, 3)
        One upright frame.
    box : Box
        Where the face was, as `detect_faces` gives it or a little larger, pixels.

    Returns
    -------
    Box or None
        The largest face whose middle is in twice the box; None: there is none.

    Examples
    --------
    >>> detect_near(np.zeros((120, 160, 3), np.uint8), Box(40, 30, 120, 110)) is None
    True
    """
    height, width = rgb.shape[:2]
    beside, above = box.width // 2, box.height // 2
    left, top = max(0, box.left - beside), max(0, box.top - above)
    part = rgb[top : min(height, box.bottom + above), left : min(width, box.right + beside)]
    if min(part.shape[:2]) < 2:
        return None
    grey = cv2.cvtColor(np.ascontiguousarray(part), cv2.COLOR_RGB2GRAY)
    found = _detect_at(grey, NEAR_FACE / max(1, min(box.width, box.height)))
    if not found:
        return None
    best = max(found, key=lambda each: each.width * each.height)
    return Box(best.left + left, best.top + top, best.right + left, best.bottom + top)


@cache
def _detector() -> tuple[Any, Lock]:
    """Return the process's detector, which has internal buffers, and a lock for it."""
    import dlib

    return dlib.get_frontal_face_detector(), Lock()


def _detect_at(grey: NDArray[Any], scale: float) -> list[Box]:
    height, width = grey.shape
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    size = (max(1, round(scale * width)), max(1, round(scale * height)))
    image = grey if scale == 1 else cv2.resize(grey, size, interpolation=how)
    detector, lock = _detector()
    with lock:
        found = detector(np.ascontiguousarray(image), 0)
    boxes = []
    for face in found:
        edges = (face.left(), face.top(), face.right() + 1, face.bottom() + 1)
        left, top, right, bottom = (round(edge / scale) for edge in edges)
        box = Box(max(left, 0), max(top, 0), min(right, width), min(bottom, height))
        inside = max(box.width, 0) * max(box.height, 0)
        if inside >= MIN_INSIDE * (right - left) * (bottom - top):
            boxes.append(box)
    return boxes
