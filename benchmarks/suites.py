"""The videos of the suites: which kinds, how many, by which seed.

`suite` was fixed before the first training of the shipped weights, `suite2` before the second: its
cameras, kinds of light and kinds of hearts are held out (`sspd.simulation.scenarios`). No suite may
choose anything; `validation` and `validation2` are other videos of the same kinds, for choices,
the latter with the cameras and lights that training may use.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from sspd.simulation import VideoSpec, random_spec
from sspd.simulation.lights.draw import draw_light

SEEDS = {"suite": 20_261_122, "validation": 1777, "suite2": 20_261_130, "validation2": 1778}
#: Kinds of the first suites: names of presets.
SLICES = (
    *("still", "talking", "translation", "rotation"),
    *("drift", "flicker", "compressed", "weak"),
)
#: Videos of each kind, unless other numbers are asked for.
VIDEOS_A_SLICE = {"suite": 20, "validation": 20, "suite2": 30, "validation2": 30}
#: Options of every video, besides its length.
_SIZE = {"width": 480, "height": 360, "fps": 30.0}
Options = dict[str, Any]


def _still(rng: np.random.Generator) -> Options:
    return {"motion": "still"}


def _talk(rng: np.random.Generator) -> Options:
    return {"motion": "talking"}


def _motion(rng: np.random.Generator) -> Options:
    if rng.random() < 0.5:
        return {"motion": "rotation", "angle_deg": float(rng.uniform(4, 15))}
    return {"motion": "translation", "speed_px_s": float(rng.uniform(10, 80))}


def _side_light(rng: np.random.Generator) -> Options:
    percent = float(rng.uniform(35, 70))
    return {"light": replace(draw_light(rng, "window"), side_percent=percent)}


def _screen_light(rng: np.random.Generator) -> Options:
    return {"light": draw_light(rng, "screen")}


def _dark_skin(rng: np.random.Generator) -> Options:
    return {"skin_tone": int(rng.integers(4, 6))}


def _gym(rng: np.random.Generator) -> Options:
    return {"hr_bpm": float(rng.uniform(110, 200))}


def _slow(rng: np.random.Generator) -> Options:
    return {"hr_bpm": float(rng.uniform(34, 50)), "motion": "still"}


def _anything(rng: np.random.Generator) -> Options:
    return {}


#: Kind of video to its scenario and what is fixed in it; `call_150k` has its bit rate besides.
SLICES2: Mapping[str, tuple[str, Callable[[np.random.Generator], Options]]] = {
    "still": ("home", _still),
    "talk": ("home", _talk),
    "motion": ("home", _motion),
    "side_light": ("home", _side_light),
    "screen_light": ("home", _screen_light),
    "call_150k": ("call", _anything),
    "phone": ("phone", _anything),
    "dark_skin_dim": ("dim", _dark_skin),
    "gym": ("gym", _gym),
    "slow": ("home", _slow),
}


def slices_of(name: str) -> tuple[str, ...]:
    """Return the kinds of videos of a suite."""
    return tuple(SLICES2) if name.endswith("2") else SLICES


def suite(name: str, videos_a_slice: int, duration_s: float) -> list[tuple[str, VideoSpec]]:
    """List the videos of a suite: slice and options of each."""
    return [
        (kind, video_of(name, number, i, duration_s))
        for number, kind in enumerate(slices_of(name))
        for i in range(videos_a_slice)
    ]


def video_of(name: str, number: int, i: int, duration_s: float) -> VideoSpec:
    """Return the options of the i-th video of a slice, which is given by its place."""
    return (_draw2 if name.endswith("2") else _draw)(name, number, i, duration_s)


def _draw(name: str, number: int, i: int, duration_s: float) -> VideoSpec:
    rng = np.random.default_rng([SEEDS[name], number, i])
    fixed: Options = {"duration_s": duration_s, "skin_tone": i % 6, "fps": 30.0}
    return random_spec(rng, SLICES[number], **fixed)


def _draw2(name: str, number: int, i: int, duration_s: float) -> VideoSpec:
    rng = np.random.default_rng([SEEDS[name], number, i])
    kind = tuple(SLICES2)[number]
    scenario, options = SLICES2[kind]
    fixed = {"skin_tone": i % 6, **_SIZE, "duration_s": duration_s, **options(rng)}
    spec = random_spec(rng, scenario, held_out=name == "suite2", **fixed)
    if kind == "call_150k" and spec.codec is not None:
        spec = spec.replace(codec=replace(spec.codec, bit_rate=150_000, scale_percent=0.0))
    return spec
