"""Simulated videos with a known pulse, by which a finished network is set upright."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sspd.types import Frames

#: Videos, spread over the rates of the heart, and their length.
VIDEOS = 12
SLOWEST_BPM, FASTEST_BPM = 45.0, 175.0
DURATION_S = 10.0
#: What faces do, in turn. Of faces at rest alone every sum reads nearly every rate, and the
#: one that does so best may drown in what a head that talks adds.
DOING = ("still", "talking", "drift")
#: Near enough, with a pulse as strong as many people have it.
FACE_PX = 140
PULSE_PERCENT = 0.5
SEED = 20_261_122


class CalibrationVideo(NamedTuple):
    """Faces and what their blood does."""

    faces: Frames
    """Crops, uint16, shape (time, size, size, 3)."""
    pulse: NDArray[np.float64]
    """Blood volume half way between one face and the next, shape (time - 1,)."""


def calibration_videos(fs: float, size: int) -> Iterator[CalibrationVideo]:
    """The videos, always the same ones.

    Parameters
    ----------
    fs : float
        Frames a second, Hz.
    size : int
        Height and width of the crops, pixels.

    Examples
    --------
    >>> video = next(calibration_videos(30.0, 32))
    >>> video.faces.rgb.shape, video.pulse.shape
    ((300, 32, 32, 3), (299,))
    """
    from sspd.simulation import random_spec, simulate_faces, truth

    rng = np.random.default_rng(SEED)
    for k, hr_bpm in enumerate(np.linspace(SLOWEST_BPM, FASTEST_BPM, VIDEOS)):
        spec = random_spec(
            rng,
            DOING[k % len(DOING)],
            hr_bpm=float(hr_bpm),
            duration_s=DURATION_S,
            fps=fs,
            face_px=FACE_PX,
            pulse_percent=PULSE_PERCENT,
        )
        faces, known = simulate_faces(spec, size), truth(spec)
        between = (faces.t[1:] + faces.t[:-1]) / 2
        yield CalibrationVideo(faces, np.interp(between, known.t, known.bvp))
