"""Gauges of a live measurement: light and place of the face, as numbers and as conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from sspd.face.frame_stats import BRIGHT_VALUE, DARK_VALUE
from sspd.types import Box
from sspd.vitals.acceptance import DARK, MOTION, OVEREXPOSED

#: Side of the small grey image of the face, of which the motion is measured, pixels.
_SIDE = 16
#: In the face box rows and columns are skipped down to about this number.
_SAMPLED = 64


class Bound(NamedTuple):
    """Two limits of a condition: it begins at one, and ends again at the other."""

    begins: float
    ends: float


#: Width of the face, in widths of the frame, below and above which it is too small and too large.
SMALL, LARGE = Bound(0.12, 0.14), Bound(0.65, 0.60)
#: A face of fewer pixels is too small in any frame: detectors need some 80.
FEW_PIXELS = Bound(80, 88)
#: Distance of the face's middle from the frame's, in widths and heights of the frame.
ASIDE = Bound(0.25, 0.20)
#: Mean pixel value (0-255) of a face that is too dark: below it the noise of a camera is larger
#: than a pulse.
DIM = Bound(50.0, 60.0)
#: Fraction of overexposed and of nearly black pixels: as they explain a rejection.
GLARE = Bound(OVEREXPOSED[0], 0.7 * OVEREXPOSED[0])
BLACK = Bound(DARK[0], 0.85 * DARK[0])
#: Change of the small face image in 1/30 s, pixel value: as it explains a rejection.
RESTLESS = Bound(MOTION[0], 0.7 * MOTION[0])
#: Rejection reasons that have a hint of their own.
_OF_REASONS = {
    "flicker": "flicker",
    "frame_rate_too_low": "too_slow",
    "clock_unknown": "clock_unknown",
    "rate_changes": "rate_changes",
    "irregular": "irregular",
    "out_of_range": "out_of_range",
    "motion": "sit_still",
    "too_dark": "more_light",
    "overexposed": "less_light",
    "low_snr": "unclear",
    "readouts_disagree": "unclear",
    "compression": "unclear",
}


@dataclass(frozen=True)
class Gauges:
    """Measurements of the face in one frame.

    Parameters
    ----------
    width : float
        Of the face box, in widths of the frame.
    width_px : int
        Of the face box, pixels.
    aside : float
        Distance of its middle from the frame's, in sides of the frame, the larger of both.
    brightness : float
        Mean pixel value of the face, 0 to 255.
    overexposed, dark : float
        Fraction of its pixels with any channel at 250 or more, and with all at 30 or less.
    motion : float
        Change of a small grey image of the face since the frame before, in 1/30 s, pixel value.
    """

    width: float
    width_px: int
    aside: float
    brightness: float
    overexposed: float
    dark: float
    motion: float


def measure_gauges(
    rgb: NDArray[np.uint8], box: Box, before: NDArray[np.float32] | None, step_s: float
) -> tuple[Gauges, NDArray[np.float32]]:
    """Measure the gauges of one frame.

    Parameters
    ----------
    rgb : uint8 array, shape (height, width, 3)
    box : Box
        Where the face is, inside the frame, pixels.
    before : float32 array or None
        Small grey image of the face in the frame before, see the result.
    step_s : float
        Time since that frame, seconds.

    Returns
    -------
    gauges : Gauges
    grey : float32 array, shape (16, 16)
        Small grey image of the face.

    >>> rgb = np.full((48, 64, 3), 90, np.uint8)
    >>> gauges, _ = measure_gauges(rgb, Box(16, 8, 48, 40), None, 0.0)
    >>> gauges.brightness, gauges.width, gauges.overexposed, gauges.motion
    (90.0, 0.5, 0.0, 0.0)
    """
    height, width = rgb.shape[:2]
    face = rgb[box.top : box.bottom, box.left : box.right]
    step = max(1, min(face.shape[:2]) // _SAMPLED)
    sampled = face[::step, ::step]
    small = cv2.resize(face, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.float32)
    motion = 0.0
    if before is not None and step_s > 0:
        # two frames that are further apart differ more, up to a limit
        motion = float(np.abs(grey - before).mean()) / max(1.0, 30.0 * step_s)
    x, y = (box.left + box.right) / 2 / width - 0.5, (box.top + box.bottom) / 2 / height - 0.5
    gauges = Gauges(
        width=box.width / width,
        width_px=box.width,
        aside=max(abs(x), abs(y)),
        brightness=float(sampled.mean()),
        overexposed=float((sampled >= BRIGHT_VALUE).any(axis=2).mean()),
        dark=float((sampled <= DARK_VALUE).all(axis=2).mean()),
        motion=motion,
    )
    return gauges, grey


def conditions(
    gauges: Gauges | None,
    faces: int,
    camera: str,
    reasons: Sequence[str],
    holding: frozenset[str] = frozenset(),
) -> frozenset[str]:
    """Return the hints whose conditions hold.

    Parameters
    ----------
    gauges : Gauges or None
        None: no face is seen.
    faces : int
        How many faces were seen in the last look at the whole frame.
    camera : str
        State of the camera, one of `sspd.video.camera.states.CAMERA_STATES`.
    reasons : sequence of str
        Of the last update; empty where its rate was accepted.
    holding : frozenset of str
        What held before: a condition that holds ends later than it begins.

    Returns
    -------
    frozenset of str
        Names of `sspd.live.hints.HINTS`.

    >>> sorted(conditions(None, 0, "running", ["no_face"]))
    ['face_the_camera']
    """
    found = {_OF_REASONS[reason] for reason in reasons if reason in _OF_REASONS}
    if camera not in ("running", "opening", "ended"):
        found.add(camera)
    if gauges is None:
        found -= {"unclear", "sit_still", "more_light", "less_light"}
        return frozenset(found | ({"face_the_camera"} if camera in _SEEING else set()))
    found |= {"one_person"} if faces > 1 else set()
    found |= {name for name, is_so in _of_gauges(gauges, holding).items() if is_so}
    return frozenset(found)


_SEEING = ("running", "too_slow", "overloaded")


def _of_gauges(gauges: Gauges, holding: frozenset[str]) -> dict[str, bool]:
    def below(value: float, bound: Bound, name: str) -> bool:
        return value < (bound.ends if name in holding else bound.begins)

    def above(value: float, bound: Bound, name: str) -> bool:
        return value > (bound.ends if name in holding else bound.begins)

    closer, more = "move_closer", "more_light"
    return {
        closer: below(gauges.width, SMALL, closer) or below(gauges.width_px, FEW_PIXELS, closer),
        "move_back": above(gauges.width, LARGE, "move_back"),
        "center": above(gauges.aside, ASIDE, "center"),
        more: below(gauges.brightness, DIM, more) or above(gauges.dark, BLACK, more),
        "less_light": above(gauges.overexposed, GLARE, "less_light"),
        "sit_still": above(gauges.motion, RESTLESS, "sit_still"),
    }
