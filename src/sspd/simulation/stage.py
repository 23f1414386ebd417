"""Everything of a simulated video that is computed once, before its frames are rendered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sspd.simulation.background import draw_background
from sspd.simulation.camera.pipeline import Camera, make_camera
from sspd.simulation.camera.shot import Shot
from sspd.simulation.hearts.cardiac import beat_model, blood_volume
from sspd.simulation.lights.light import light_gain, swing_gain, swing_ramp
from sspd.simulation.lights.scene_light import SceneLight, make_scene_light
from sspd.simulation.person.anatomy import F32
from sspd.simulation.person.face import Person, draw_person
from sspd.simulation.person.motion import Poses, head_poses
from sspd.simulation.spec import VideoSpec, frame_times, rest_place
from sspd.types import Box

#: Noise is drawn once on a tile that is larger than the frame by this, pixels, and is shifted
#: for each frame.
_TILE_MARGIN = 97


@dataclass(frozen=True, eq=False)
class Stage:
    """Everything of a video that is computed once; ``window`` is the part that is rendered.

    ``scratch`` is overwritten by each frame, so a stage must be used by one thread only.
    """

    spec: VideoSpec
    window: Box
    person: Person
    background: F32
    rest: tuple[float, float]
    t: NDArray[np.float64]
    volume: NDArray[np.float64]
    volume_rate: NDArray[np.float64]
    gain: F32
    swing: NDArray[np.float64]
    ramp: F32
    poses: Poses
    scratch: F32
    noise: F32
    shifts: NDArray[np.int64]
    light: SceneLight | None
    camera: Camera | None


def set_stage(spec: VideoSpec, window: Box | None = None) -> Stage:
    """Draw the layers of a video, and compute everything that changes with time.

    Parameters
    ----------
    spec : VideoSpec
    window : Box or None
        Part of the frame to render, pixels; None means the whole frame.

    Returns
    -------
    Stage

    >>> set_stage(VideoSpec(face_px=60, duration_s=1)).background.shape
    (480, 640, 3)
    """
    whole = Box(0, 0, spec.width, spec.height)
    window = window or whole
    t = frame_times(spec)
    heart = beat_model(spec)
    step_s = 0.005
    ahead, behind = (blood_volume(spec, heart, t + s) for s in (step_s, -step_s))
    rng = spec.rng("noise")
    rest = rest_place(spec)
    tile = (spec.height + _TILE_MARGIN, spec.width + _TILE_MARGIN, 3)
    noise = rng.standard_normal(tile, dtype=np.float32) * np.float32(spec.noise_levels)
    cut = (slice(window.top, window.bottom), slice(window.left, window.right))
    person = draw_person(spec)
    poses = head_poses(spec, t)
    light = camera = None
    if spec.light is not None:
        light = make_scene_light(spec, t, poses, window)
    if spec.camera is not None:
        shot = Shot(t, window, spec.width, spec.height, rest, spec.face_px)
        camera = make_camera(spec.camera, spec.rng("camera"), shot)
    return Stage(
        spec=spec,
        window=window,
        person=person,
        scratch=person.rgba.copy(),
        background=np.ascontiguousarray(draw_background(spec)[cut]),
        rest=rest,
        t=t,
        volume=blood_volume(spec, heart, t),
        volume_rate=(ahead - behind) / (2 * step_s),
        gain=(light_gain(spec, t) * np.float32(spec.exposure)).astype(np.float32),
        swing=swing_gain(spec, t),
        ramp=swing_ramp(spec, np.arange(window.left, window.right, dtype=np.float64)),
        poses=poses,
        noise=noise,
        shifts=rng.integers(0, _TILE_MARGIN, (t.size, 2)),
        light=light,
        camera=camera,
    )
