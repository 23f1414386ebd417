"""Random options of a changing light, by kind of scene."""

from __future__ import annotations

from typing import Any

import numpy as np

from sspd.simulation.lights.options import SCREENS, LightSpec
from sspd.simulation.ranges import check_choice, log_uniform

#: Kinds of scenes that `draw_light` knows.
LIGHT_KINDS = ("home", "screen", "car", "window", "lamp")


def draw_light(rng: np.random.Generator, kind: str) -> LightSpec:
    """Draw the options of a changing light.

    Parameters
    ----------
    rng : np.random.Generator
    kind : str
        One of `LIGHT_KINDS`: a room with steady light, a person before a screen, a car, daylight
        from a window, lamps that are not steady.

    Returns
    -------
    LightSpec

    Raises
    ------
    UsageError
        There is no such kind; the message lists them.

    >>> draw_light(np.random.default_rng(0), "screen").screen_percent > 0
    True
    """
    check_choice("kind of light", kind, LIGHT_KINDS)
    draw = {"home": _home, "screen": _screen, "car": _car, "window": _window, "lamp": _lamp}[kind]
    return LightSpec(**draw(rng))


def _sometimes(rng: np.random.Generator, chance: float, low: float, high: float) -> float:
    """Draw 0, or with a chance a value between two bounds."""
    value, happens = log_uniform(rng, low, high), rng.random() < chance
    return value if happens else 0.0


def _wall(rng: np.random.Generator) -> dict[str, Any]:
    """Draw what the wall gets: as measured, the skin may change twice as much as the wall."""
    return {"wall_share": float(rng.uniform(0.3, 1.2))}


def _side(rng: np.random.Generator, chance: float, most: float) -> dict[str, Any]:
    return {
        "side_percent": _sometimes(rng, chance, 10.0, most),
        "side_color_percent": _sometimes(rng, 0.5, 2.0, 25.0),
        "side_near": float(rng.uniform(0.0, 0.2)),
    }


def _home(rng: np.random.Generator) -> dict[str, Any]:
    # green in 0.02-0.5 Hz, of 60 draws (10, 50, 90 %): wall 0.04, 0.12, 0.39 %, face 0.06, 0.25,
    # 1.1 %; walls of four real videos 0.06-0.13 %, the two still faces 0.26 %
    return {
        **_wall(rng),
        **_side(rng, 0.6, 60.0),
        "cloud_percent": log_uniform(rng, 0.05, 0.7),
        "screen_percent": _sometimes(rng, 0.3, 0.2, 2.0),
        "screen_scene_s": log_uniform(rng, 2.0, 10.0),
        "hunting_percent": _sometimes(rng, 0.1, 0.1, 0.6),
        "hunting_hz": float(rng.uniform(0.5, 3.0)),
        "hunting_wander": float(rng.uniform(0.03, 0.15)),
        "shadow_percent": _sometimes(rng, 0.2, 1.0, 10.0),
        "shadow_every_s": log_uniform(rng, 6.0, 40.0),
    }


def _screen(rng: np.random.Generator) -> dict[str, Any]:
    return {
        **_side(rng, 0.3, 40.0),
        "screen_percent": log_uniform(rng, 1.0, 14.0),
        "screen_content": SCREENS[int(rng.choice(3, p=[0.6, 0.25, 0.15]))],
        "screen_scene_s": log_uniform(rng, 1.0, 10.0),
        "screen_hz": float(rng.uniform(0.5, 3.0)),
        "screen_color": float(rng.uniform(0.2, 1.0)),
        "screen_wall_ratio": log_uniform(rng, 1.5, 5.0),
        "cloud_percent": log_uniform(rng, 0.05, 0.5),
    }


def _car(rng: np.random.Generator) -> dict[str, Any]:
    # lamps at 25-50 m, trees at 6-12 m, 40-110 km/h
    kind = ("lamps", "trees", "tunnels")[int(rng.choice(3, p=[0.4, 0.45, 0.15]))]
    hz = (0.25, 1.2) if kind == "lamps" else (0.9, 3.0)
    return {
        **_side(rng, 0.7, 70.0),
        "wall_share": float(rng.uniform(0.3, 1.1)),
        "wall_delay_s": float(rng.uniform(0.0, 0.15)),
        "passing_percent": log_uniform(rng, 3.0, 20.0),
        "passing_objects": kind,
        "passing_hz": log_uniform(rng, *hz),
        "passing_irregular": float(rng.uniform(0.02, 0.2 if kind == "lamps" else 0.6)),
        "passing_speed": log_uniform(rng, 6.0, 90.0),
        "cloud_percent": log_uniform(rng, 0.3, 3.0),
    }


def _window(rng: np.random.Generator) -> dict[str, Any]:
    caster = ("leaves", "leaves", "people", "hand")[int(rng.integers(4))]
    width = log_uniform(rng, 0.5, 2.5)
    # flecks of sun last some tenths of a second to seconds; people walk by
    speed = width * log_uniform(rng, 0.6, 2.5) if caster == "leaves" else log_uniform(rng, 2.0, 9.0)
    return {
        **_wall(rng),
        **_side(rng, 0.9, 85.0),
        "cloud_percent": log_uniform(rng, 0.4, 5.0),
        "shadow_percent": _sometimes(rng, 0.4, 2.0, 20.0),
        "shadow_cast_by": caster,
        "shadow_width": width,
        "shadow_speed": speed,
        "shadow_every_s": log_uniform(rng, 4.0, 30.0),
    }


def _lamp(rng: np.random.Generator) -> dict[str, Any]:
    # one fault for certain, others at times
    chances = np.where(np.arange(3) == rng.integers(3), 1.0, 0.3)
    return {
        **_wall(rng),
        **_side(rng, 0.4, 50.0),
        "hunting_percent": _sometimes(rng, chances[0], 0.1, 1.5),
        "hunting_hz": float(rng.uniform(0.5, 3.0)),
        "hunting_wander": float(rng.uniform(0.0, 0.2)),
        "hue_percent": _sometimes(rng, chances[1], 0.5, 8.0),
        "hue_hz": log_uniform(rng, 0.02, 0.3),
        "pwm_percent": _sometimes(rng, chances[2], 0.2, 5.0),
        "pwm_hz": (100.0, 120.0, 200.0, 240.0, log_uniform(rng, 300.0, 4000.0))[
            int(rng.integers(5))
        ],
        "cloud_percent": log_uniform(rng, 0.05, 0.5),
    }
