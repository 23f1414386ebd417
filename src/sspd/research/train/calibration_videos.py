"""Simulated videos with a known pulse.

Some fix the sign and integration order of a network, others fit its equalizer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sspd.types import Frames

if TYPE_CHECKING:
    from sspd.simulation import Truth, VideoSpec

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
#: Videos for the equalizer: how many for each of `VIDEOS`, the range of their heart rates, which
#: has slow and fast ones, and a seed of their own.
EQUALIZER_SHARE = 2
EQUALIZER_BPM = (34.0, 180.0)
EQUALIZER_SEED = 20_261_130


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
    from sspd.simulation import simulate_faces, truth

    rates = np.linspace(SLOWEST_BPM, FASTEST_BPM, VIDEOS)
    for spec in _specs(CALIBRATION_SEED, rates, fs):
        faces, known = simulate_faces(spec, size), truth(spec)
        between = (faces.t[1:] + faces.t[:-1]) / 2
        yield CalibrationVideo(faces, np.interp(between, known.t, known.bvp))


def equalizer_videos(fs: float, size: int) -> Iterator[tuple[Frames, Truth]]:
    """Simulate the videos for the equalizer, the same ones at every call.

    Parameters
    ----------
    fs : float
        Frame rate, Hz.
    size : int
        Height and width of the crops, pixels.

    Yields
    ------
    faces : Frames
        Crops, uint16, shape (time, size, size, 3).
    known : Truth
        Blood volume at the times of the faces.

    Examples
    --------
    >>> faces, known = next(equalizer_videos(30.0, 32))
    >>> faces.rgb.shape, known.bvp.shape
    ((300, 32, 32, 3), (300,))
    """
    from sspd.simulation import simulate_faces, truth

    for spec in _specs(EQUALIZER_SEED, equalizer_rates_bpm(), fs):
        yield simulate_faces(spec, size), truth(spec)


def equalizer_rates_bpm() -> NDArray[np.float64]:
    """Return the mean heart rate of each video for the equalizer.

    Returns
    -------
    float64 array, shape (videos,)
        Beats per minute.

    >>> equalizer_rates_bpm()[[0, -1]]
    array([ 34., 180.])
    """
    return np.linspace(*EQUALIZER_BPM, EQUALIZER_SHARE * VIDEOS)


def _specs(seed: int, rates_bpm: NDArray[np.float64], fs: float) -> Iterator[VideoSpec]:
    from sspd.simulation import random_spec

    rng = np.random.default_rng(seed)
    for k, hr_bpm in enumerate(rates_bpm):
        yield random_spec(
            rng,
            CALIBRATION_MOTIONS[k % len(CALIBRATION_MOTIONS)],
            hr_bpm=float(hr_bpm),
            duration_s=DURATION_S,
            fps=fs,
            face_px=FACE_PX,
            pulse_percent=PULSE_PERCENT,
        )
