"""Head motion: one pose per frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from sspd.simulation.hearts.cardiac import beat_model
from sspd.simulation.hearts.recoil import recoil
from sspd.simulation.noise import smooth_noise
from sspd.simulation.spec import VideoSpec

#: Largest horizontal and vertical translation of the head, face widths.
REACH_X, REACH_Y = 0.30, 0.12
_PATH_HZ = 240.0
#: Distance of the axis of a nod behind the face, face widths.
_NECK = 0.4


@dataclass(frozen=True, eq=False)
class Poses:
    """Pose of the head in each frame; all arrays have the shape (time,).

    ``x``, ``y`` are in pixels from the resting position, ``roll``, ``yaw``, ``pitch`` in
    radians, ``mouth`` is 0 (closed) to 1 (open), ``lids`` 0 (open) to 1 (shut).
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    roll: NDArray[np.float64]
    yaw: NDArray[np.float64]
    pitch: NDArray[np.float64]
    mouth: NDArray[np.float64]
    lids: NDArray[np.float64]


def head_poses(spec: VideoSpec, t: NDArray[np.float64]) -> Poses:
    """Draw the poses of the head at given times.

    Parameters
    ----------
    spec : VideoSpec
    t : float64 array, shape (time,)
        Seconds.

    Returns
    -------
    Poses

    >>> poses = head_poses(VideoSpec(motion="rotation", angle_deg=15), np.arange(300) / 30)
    >>> round(float(np.degrees(abs(poses.yaw).max())), 2)
    15.0
    """
    rng = spec.rng("motion")
    scale = spec.face_px / 200
    # nobody is perfectly still: less than 1 px of sway, and a little turning
    x, y = (0.45 * scale * smooth_noise(rng, t, (0.05, 0.7)) for _ in range(2))
    roll, yaw, pitch = (np.radians(0.15) * smooth_noise(rng, t, (0.05, 0.5)) for _ in range(3))
    mouth = np.zeros_like(t)
    if spec.motion == "talking":
        x, y = (
            x + scale * smooth_noise(rng, t, (0.1, 1.5)),
            y + scale * smooth_noise(rng, t, (0.1, 2.5)),
        )
        roll = roll + np.radians(0.8) * smooth_noise(rng, t, (0.1, 1.0))
        yaw = yaw + np.radians(1.5) * smooth_noise(rng, t, (0.1, 1.0))
        pitch = pitch + np.radians(1.0) * smooth_noise(rng, t, (0.1, 1.5))
        mouth = _speech(rng, t)
    elif spec.motion == "translation":
        px, py = _path(rng, t, spec)
        x, y = x + px, y + py
    elif spec.motion == "rotation":
        most = np.radians(spec.angle_deg)
        yaw = yaw + _swing(rng, t, most)
        pitch = pitch + _swing(rng, t, 0.45 * most)
        roll = roll + _swing(rng, t, 0.45 * most)
        yaw = np.clip(yaw * most / max(float(np.abs(yaw).max()), 1e-9), -most, most)
    elif spec.motion == "nodding":
        phase = rng.uniform(0, 2 * np.pi)
        nod = np.radians(spec.angle_deg) * np.sin(2 * np.pi * spec.nod_hz * t + phase)
        pitch = pitch + nod
        y = y + _NECK * spec.face_px * np.sin(nod)
    # a face without a pulse has no recoil either
    if spec.heart is not None and spec.heart.bcg_mm and spec.pulse_percent:
        beats = beat_model(spec)
        y = y + recoil(spec.heart.bcg_mm, spec.face_px, spec.rng("recoil"), beats, t)
    return Poses(x, y, roll, yaw, pitch, mouth, _blinks(rng, t))


def _swing(rng: np.random.Generator, t: NDArray[np.float64], most: float) -> NDArray[np.float64]:
    wave = smooth_noise(rng, t, (0.08, 0.55), n=8)
    return np.asarray(most * wave / max(float(np.abs(wave).max()), 1e-9))


def _speech(rng: np.random.Generator, t: NDArray[np.float64]) -> NDArray[np.float64]:
    """Draw openings of the mouth at the rate of syllables (2-5 Hz), with pauses."""
    syllables = np.clip(0.35 + 0.5 * smooth_noise(rng, t, (2.0, 5.0)), 0, 1)
    talking = np.clip(0.6 + smooth_noise(rng, t, (0.1, 0.5)), 0, 1)
    return np.asarray(syllables * talking)


def _blinks(rng: np.random.Generator, t: NDArray[np.float64]) -> NDArray[np.float64]:
    """Draw a blink every few seconds, each of about 0.2 s."""
    lids = np.zeros_like(t)
    at = rng.uniform(0.5, 4.0)
    while at < t[-1]:
        half_s = rng.uniform(0.06, 0.13)
        lids = np.maximum(lids, np.clip(1.6 - 1.6 * np.abs(t - at) / (1.4 * half_s), 0, 1))
        at += rng.gamma(3.0, 1.5) + 0.4
    return lids


def _path(
    rng: np.random.Generator, t: NDArray[np.float64], spec: VideoSpec
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Draw a path between random positions at the given speed, with rounded corners."""
    reach = np.array([REACH_X, REACH_Y]) * spec.face_px
    places = [np.zeros(2)]
    length = [0.0]
    while length[-1] < spec.speed_px_s * (t[-1] + 1.0):
        place = rng.uniform(-reach, reach)
        step = float(np.hypot(*(place - places[-1])))
        # a short step would be a tremor, not a translation
        if step < 0.5 * reach[0]:
            continue
        places.append(place)
        length.append(length[-1] + step)
    fine = np.arange(0, t[-1] + 1.0, 1 / _PATH_HZ)
    # people do not move at a constant speed
    way = spec.speed_px_s * (fine + 0.15 * smooth_noise(rng, fine, (0.1, 0.5)))
    walk = np.stack(
        [np.interp(way, length, np.array(places)[:, axis]) for axis in range(2)], axis=1
    )
    walk = gaussian_filter1d(walk, 0.06 * _PATH_HZ, axis=0, mode="nearest")
    walk -= walk[0]
    walk = np.clip(walk, -1.2 * reach, 1.2 * reach)
    return np.interp(t, fine, walk[:, 0]), np.interp(t, fine, walk[:, 1])
