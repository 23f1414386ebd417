"""The mean colour of a face over time, on an even grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sspd.containers import FaceSegment
from sspd.signal import resample_times

#: Rate of the colour methods' grid, Hz.
FS = 30.0
#: Side of the crops they want, pixels: only means are taken of them.
SIZE = 64
#: The part of the padded box that is averaged, as shares of it: mostly skin, brows to
#: chin, without hair and background.
ROWS = (0.20, 0.85)
COLUMNS = (0.25, 0.75)


def centre_trace(segment: FaceSegment, fs: float) -> NDArray[np.float64] | None:
    """Mean colour of the middle of the face.

    Parameters
    ----------
    segment : FaceSegment
    fs : float
        Rate of the result, Hz.

    Returns
    -------
    float64 array, shape (time, 3), or None
        RGB, 8-bit levels; the first row is at the first picture. None where there
        are fewer than two pictures.

    >>> from sspd.containers import FIXED_POINT_MAX, Box, Frames
    >>> from sspd.vitals.doubt import still_scene
    >>> t = np.arange(30) / 15
    >>> faces = Frames(np.full((30, 8, 8, 3), 100 * 256, np.uint16), t, FIXED_POINT_MAX)
    >>> segment = FaceSegment(0.0, 2.0, Box(0, 0, 8, 8), faces, still_scene(t))
    >>> trace = centre_trace(segment, 30.0)
    >>> trace.shape, float(trace[0, 0])
    ((59, 3), 100.0)
    """
    faces = segment.faces
    if len(faces) < 2:
        return None
    height, width = faces.rgb.shape[1:3]
    rows = slice(int(ROWS[0] * height), max(int(ROWS[1] * height), 1))
    columns = slice(int(COLUMNS[0] * width), max(int(COLUMNS[1] * width), 1))
    means = faces.rgb[:, rows, columns].mean(axis=(1, 2), dtype=np.float64)
    n = int(np.floor((faces.t[-1] - faces.t[0]) * fs + 1e-6)) + 1
    return resample_times(means * (255 / faces.max_value), faces.t, fs, float(faces.t[0]), n)
