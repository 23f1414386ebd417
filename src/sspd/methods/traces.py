"""The mean colour of a face over time, on an even grid."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sspd.containers import Frames
from sspd.signal import resample_times

#: Rate of the colour methods' grid, Hz.
FS = 30.0
#: Side of the crops they want, pixels: only means are taken of them.
SIZE = 64
#: The part of the padded box that is averaged, as shares of it: mostly skin, brows to
#: chin, without hair and background.
ROWS = (0.20, 0.85)
COLUMNS = (0.25, 0.75)


class Trace(NamedTuple):
    """Colours on an even grid."""

    rgb: NDArray[np.float64]
    """8-bit levels, shape (time, 3); the first row is at the first picture."""
    start_s: float


def centre_trace(faces: Iterable[Frames], fs: float) -> Trace | None:
    """Mean colour of the middle of the face.

    Parameters
    ----------
    faces : iterable of Frames
        Crops of one fixed box, in order.
    fs : float
        Rate of the result, Hz.

    Returns
    -------
    Trace or None
        None where there are fewer than two pictures.

    >>> faces = Frames(np.full((30, 8, 8, 3), 100, np.uint8), np.arange(30) / 15)
    >>> trace = centre_trace([faces], 30.0)
    >>> trace.rgb.shape, float(trace.rgb[0, 0])
    ((59, 3), 100.0)
    """
    colours, stamps = [np.zeros((0, 3))], [np.zeros(0)]
    for piece in faces:
        height, width = piece.rgb.shape[1:3]
        rows = slice(int(ROWS[0] * height), max(int(ROWS[1] * height), 1))
        columns = slice(int(COLUMNS[0] * width), max(int(COLUMNS[1] * width), 1))
        means = piece.rgb[:, rows, columns].mean(axis=(1, 2), dtype=np.float64)
        colours.append(means * (255 / piece.max_value))
        stamps.append(piece.t)
    t = np.concatenate(stamps)
    if t.size < 2:
        return None
    n = int(np.floor((t[-1] - t[0]) * fs + 1e-6)) + 1
    start_s = float(t[0])
    return Trace(resample_times(np.concatenate(colours), t, fs, start_s, n), start_s)
