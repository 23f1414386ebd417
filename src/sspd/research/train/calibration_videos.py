"""Simulated videos with a known pulse, which fix the sign and integration order of a network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sspd.types import Frames

#: Number of videos, the range of their heart rates, and their length.
VIDEOS = 12
SLOWEST_BPM, FASTEST_BPM = 45.0, 175.0
DURATION_S = 10.0
#: Motions, in turn. With faces at rest, every integration order reads nearly every rate, and the
#: best of them may fail for a head that talks.
CALIBRATION_MOTIONS = ("still", "talking", "drift")
#: Face size, pixels, and strength of the pulse, percent: a common one.
FACE_PX = 140
PULSE_PERCENT = 0.5
CALIBRATION_SEED = 20_261_122


class CalibrationVideo(NamedTuple):
    """Simulated faces and their pulse."""

    faces: Frames
    """Crops, uint16, shape (time, size, size, 3)."""
    pulse: NDArray[np.float64]
    """Blood volume halfway between neighbouring faces, shape (time - 1,)."""


def calibration_videos(fs: float, size: int) -> Iterator[CalibrationVideo]:
    """Simulate the calibration videos, the same ones at every call.

    Parameters
    ----------
    fs : float
        Frame rate, Hz.
    size : int
        Height and width of the crops, pixels.

    Yields
    ------
    CalibrationVideo

    Examples
    --------
    >>> video = next(calibration_videos(30.0, 32))
    >>> video.faces.rgb.shape, video.pulse.shape
    ((300, 32, 32, 3), (299,))
    """
    from sspd.simulation import random_spec, simulate_faces, truth

    rng = np.random.default_rng(CALIBRATION_SEED)
    for k, hr_bpm in enumerate(np.linspace(SLOWEST_BPM, FASTEST_BPM, VIDEOS)):
        spec = random_spec(
            rng,
            CALIBRATION_MOTIONS[k % len(CALIBRATION_MOTIONS)],
            hr_bpm=float(hr_bpm),
            duration_s=DURATION_S,
            fps=fs,
            face_px=FACE_PX,
            pulse_percent=PULSE_PERCENT,
        )
        faces, known = simulate_faces(spec, size), truth(spec)
        between = (faces.t[1:] + faces.t[:-1]) / 2
        yield CalibrationVideo(faces, np.interp(between, known.t, known.bvp))
