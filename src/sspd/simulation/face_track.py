"""Boxes of a face detector that is asked again and again: they jump from cell to cell.

A detector that scans a pyramid of images (dlib's: cells of 8 pixels, templates of ten cells,
levels that shrink by 5/6) can only answer with boxes on a grid. Measured with `sspd.face.detect`
on the four real videos, six detections per second for 10-24 s: boxes of neighbouring sizes are
1.20 times as large (104 and 125 pixels, 310 and 373), and of one size they lie 1/9 of their side
apart (11.5 of 104 pixels, 41 of 373; 20 of 180 on simulated faces that are shifted). Between jumps
the box does not move at all: `an1.mp4` and `mp7.mp4` have one box in 145 detections, `face.mp4`
and `cap12.mp4` three and five, and another one than before in 12 and 12 % of the detections: 6 %
in the mean of the four. Where they jump, the standard deviation from detection to detection is
0.02 face widths to the side in `cap12.mp4` (`face.mp4`: 0.002), 0.03-0.04 up and down, and
0.05-0.06 in width.

sspd itself looks for the face once per segment of 30 s and holds the box (`sspd.face.chunker`):
``every_s=30``. Crops of other programs follow every detection.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sspd.simulation.ranges import check_ranges

#: Ratio of neighbouring sizes of boxes, and distance of neighbouring places, sides.
SIZE_RATIO, PLACE_STEP = 1.2, 1 / 9

_RANGES: dict[str, tuple[float, float]] = {"every_s": (0.01, 3600.0), "unrest": (0.0, 1.0)}


@dataclass(frozen=True)
class FaceTrackSpec:
    """Options of a box that is found anew again and again.

    Parameters
    ----------
    every_s : float
        Time from one detection to the next, seconds.
    unrest : float
        Standard deviation of a detector's decision between neighbouring sizes and places, in
        steps from one to the next; 0.02 gives as many jumps as the real videos have.

    >>> FaceTrackSpec().every_s
    0.5
    """

    every_s: float = 0.5
    unrest: float = 0.02

    def __post_init__(self) -> None:
        check_ranges(self, _RANGES)


def detector_square(
    face: tuple[float, float, float],
    phase: tuple[float, float, float],
    errors: tuple[float, float, float],
) -> tuple[float, float, float]:
    """Return the square of a detector's grid that is next to a face.

    Parameters
    ----------
    face : (x, y, side)
        Centre and side of the square around the face, pixels.
    phase : (x, y, side)
        Place of the grid, in steps.
    errors : (x, y, side)
        Errors of the decision, in steps.

    Returns
    -------
    x, y, side : float
        Centre and side, pixels.

    >>> none = (0.0, 0.0, 0.0)
    >>> [round(each, 1) for each in detector_square((101.0, 99.0, 90.0), none, none)]
    [106.0, 95.4, 95.4]
    """
    x, y, side = face
    level = np.log(side) / np.log(SIZE_RATIO)
    found = float(SIZE_RATIO ** (round(level + phase[2] + errors[2]) - phase[2]))
    step = PLACE_STEP * found
    across = (round(x / step + phase[0] + errors[0]) - phase[0]) * step
    down = (round(y / step + phase[1] + errors[1]) - phase[1]) * step
    return float(across), float(down), found
