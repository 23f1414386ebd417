"""Identity of faces from one detection to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import hypot

from sspd.types import Box

#: Largest distance, in sides of the box, and largest ratio of sizes of two boxes of one face.
FURTHEST_SIDES = 1.0
LARGEST_FACTOR = 1.8
#: Largest number of faces that are measured; the largest faces are kept.
MAX_FACES = 16


class FaceTracker:
    """Tracker that gives each face in a video a number.

    Parameters
    ----------
    every : bool
        True to number every face. Otherwise only the largest face of the first detection is
        numbered; later the face at its place, or if there is none the largest one.
    known : mapping of int to Box
        Numbers and last places of faces that were seen before.

    Examples
    --------
    >>> tracker = FaceTracker(every=True)
    >>> tracker.assign([Box(0, 0, 50, 50), Box(200, 0, 240, 40)])
    [(0, Box(left=0, top=0, right=50, bottom=50)), (1, Box(left=200, top=0, right=240, bottom=40))]
    >>> tracker.assign([Box(190, 5, 230, 45)])
    [(1, Box(left=190, top=5, right=230, bottom=45))]
    """

    def __init__(self, every: bool, known: Mapping[int, Box] | None = None) -> None:
        self._every = every
        self._last: dict[int, Box] = dict(known or {})

    @property
    def known(self) -> dict[int, Box]:
        """Number and last place of each face so far."""
        return dict(self._last)

    def assign(self, boxes: Sequence[Box]) -> list[tuple[int, Box]]:
        """Assign numbers to the faces of one detection.

        Parameters
        ----------
        boxes : sequence of Box
            Largest first.

        Returns
        -------
        list of (number, Box)
            Sorted by number; no number occurs twice.
        """
        left = list(boxes[:MAX_FACES])
        found, taken = _pairs(self._last, left)
        if self._every:
            for k, box in enumerate(left):
                if k not in taken:
                    found[max([-1, *self._last, *found]) + 1] = box
        elif not found and left:
            found[0] = left[0]
        self._last |= found
        return sorted(found.items())


def _pairs(known: Mapping[int, Box], boxes: list[Box]) -> tuple[dict[int, Box], set[int]]:
    """Find as many pairs as possible with the least total distance, and the boxes that have one."""
    if not (known and boxes):
        return {}, set()
    distances = [[_distance(before, box) for box in boxes] for before in known.values()]
    never = 1.0 + FURTHEST_SIDES * MAX_FACES  # dearer than any other pairs together
    costs = [[never if each is None else each for each in row] for row in distances]
    numbers = list(known)
    pairs = [(numbers[i], k) for i, k in _cheapest(costs) if distances[i][k] is not None]
    return {who: boxes[k] for who, k in pairs}, {k for _, k in pairs}


def _cheapest(costs: list[list[float]]) -> list[tuple[int, int]]:
    """Return the pairs of row and column of the least sum of costs."""
    if len(costs) == 1:
        return [(0, costs[0].index(min(costs[0])))]
    if len(costs[0]) == 1:
        column = [row[0] for row in costs]
        return [(column.index(min(column)), 0)]
    from scipy.optimize import linear_sum_assignment  # 20 MB, and most videos show one face

    return [(int(i), int(k)) for i, k in zip(*linear_sum_assignment(costs), strict=True)]


def _distance(a: Box, b: Box) -> float | None:
    """Return the distance of two boxes in mean sides; None if they are not of one face."""
    side = (a.width + b.width) / 2
    if not a.width / LARGEST_FACTOR <= b.width <= a.width * LARGEST_FACTOR:
        return None
    across = (a.left + a.right - b.left - b.right) / 2
    down = (a.top + a.bottom - b.top - b.bottom) / 2
    distance = hypot(across, down) / side
    return distance if distance <= FURTHEST_SIDES else None
