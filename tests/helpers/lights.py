"""Simulated videos under a changing light, for its tests."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from sspd.simulation import VideoSpec
from sspd.simulation.lights.scene_light import LightSpec
from sspd.simulation.render import render_pixels
from sspd.simulation.spec import rest_place
from sspd.simulation.stage import set_stage

STILL = VideoSpec(seed=4, width=160, height=140, face_px=80, pulse_percent=0.0, duration_s=1.0)
#: Lights that change within a second, each by itself.
LIGHTS = {
    "video": LightSpec(screen_percent=40.0, screen_scene_s=0.5),
    "scroll": LightSpec(screen_percent=40.0, screen_content="scroll", screen_scene_s=0.5),
    "loop": LightSpec(screen_percent=20.0, screen_content="loop", screen_hz=2.0),
    "people": LightSpec(shadow_percent=50.0, shadow_every_s=0.5),
    "hand": LightSpec(shadow_percent=50.0, shadow_cast_by="hand", shadow_every_s=0.5),
    "leaves": LightSpec(shadow_percent=50.0, shadow_cast_by="leaves", shadow_width=0.7),
    "side": LightSpec(side_percent=60.0, side_color_percent=20.0),
    "lamps": LightSpec(passing_percent=60.0, passing_hz=2.0),
    "trees": LightSpec(passing_percent=60.0, passing_objects="trees", passing_hz=2.0),
    "tunnels": LightSpec(passing_percent=60.0, passing_objects="tunnels"),
    "hue": LightSpec(hue_percent=20.0, hue_hz=1.0),
    "pwm": LightSpec(pwm_percent=5.0, pwm_hz=100.0),
    "hunting": LightSpec(hunting_percent=5.0, hunting_hz=2.0),
    "clouds": LightSpec(cloud_percent=20.0),
}
ALL = LightSpec(
    screen_percent=30.0, shadow_percent=30.0, side_percent=40.0, passing_percent=30.0,
    hue_percent=5.0, pwm_percent=1.0, hunting_percent=2.0, cloud_percent=5.0,
)  # fmt: skip


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def rendered(spec: VideoSpec) -> NDArray[np.float64]:
    stage = set_stage(spec)
    return np.array([render_pixels(stage, k) for k in range(len(stage.t))], np.float64)


@cache
def plain(spec: VideoSpec) -> NDArray[np.float64]:
    """Render a video without a light, once for all tests."""
    return rendered(spec)


def face_and_wall(spec: VideoSpec) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weigh pixels as those that `true_light` averages: the resting face, the wall beside."""
    x, y = rest_place(spec)
    u = (np.arange(spec.width) - x)[None] / spec.face_px
    v = (np.arange(spec.height) - y)[:, None] / spec.face_px
    face = np.exp(-0.5 * ((u / 0.21) ** 2 + (v / 0.275) ** 2))
    body = (v > 0.6) & (np.abs(u) < 1.45) | (v > -1.1) & (np.abs(u) < 0.75)
    return face, (~body).astype(float)


def corner(spec: VideoSpec) -> NDArray[np.bool_]:
    """Mark the wall beside the head."""
    mask = np.zeros((spec.height, spec.width), bool)
    x = rest_place(spec)[0]
    away = np.abs(np.arange(spec.width) - x) > 0.85 * spec.face_px
    mask[: spec.height // 3, away] = True
    return mask
