"""Follow the face once a second, between the boxes of the segments."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sspd.face.detect import detect_faces, detect_near
from sspd.types import Box

#: Time between two detections near the last box, and between two in the whole frame, with a face
#: and without one, seconds. (The whole frame takes a tenth of a second.)
NEAR_S, WHOLE_S, LOST_WHOLE_S = 1.0, 10.0, 2.0


class FaceWatch:
    """The face that is measured, followed between the boxes that a session takes every 30 s.

    Parameters
    ----------
    box : Box or None
        A box that is given by hand: it is taken as the face.
    """

    def __init__(self, box: Box | None = None) -> None:
        self._given, self._near_s, self._whole_s = box, -np.inf, -np.inf
        self.box: Box | None = box
        """Box of the face; None: the last detection found none."""
        self.faces = 0 if box is None else 1
        """Number of faces in the last frame that was searched as a whole."""
        self._last = box

    def look(self, rgb: NDArray[np.uint8], time_s: float, found: Box | None) -> bool:
        """Detect the face in a frame, if it is time to.

        Parameters
        ----------
        rgb : uint8 array, shape (height, width, 3)
            One upright frame.
        time_s : float
            Its time, seconds.
        found : Box or None
            A box that the session has just taken; None: none, or the one of before.

        Returns
        -------
        bool
            Whether the frame was searched.
        """
        if self._given is not None:
            return False
        if self._last is None:
            # the session looks for the first face by itself
            self._last = self.box = found
            self.faces = int(found is not None)
            self._near_s = self._whole_s = time_s
            return found is not None
        if time_s - self._near_s < NEAR_S:
            return False
        self._near_s = time_s
        self.box = detect_near(rgb, self._last)
        if time_s - self._whole_s >= (WHOLE_S if self.box else LOST_WHOLE_S):
            self._whole_s = time_s
            boxes = detect_faces(rgb)
            self.faces = len(boxes)
            self.box = self.box or (boxes[0] if boxes else None)
        self._last = self.box or self._last
        return True
