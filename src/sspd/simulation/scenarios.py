"""Scenarios: whole videos as people make them, from the heart to the file.

A scenario draws everything of a video together: the heart, the colour of its pulse, the light, the
camera and the codec, and the plain options. Mixtures draw one of several scenarios for each
video: ``train`` and ``validation`` with cameras that training may use, ``suite2`` with cameras,
kinds of light and kinds of hearts that it may not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from sspd.simulation.camera.profiles import draw_camera
from sspd.simulation.codecs.draw import draw_codec
from sspd.simulation.hearts.draw import random_heart
from sspd.simulation.lights.draw import draw_light
from sspd.simulation.person.recorded_pulse import draw_pulse_color
from sspd.simulation.ranges import draw_choice
from sspd.simulation.spec import BACKGROUNDS, N_SKIN_TONES

#: Kinds of light and of hearts that `train` and `validation` do not use.
HELD_OUT_LIGHTS, HELD_OUT_HEARTS = ("lamp",), ("standing",)


@dataclass(frozen=True)
class Scenario:
    """A kind of video.

    Several kinds of a part are equally likely; repeat one to weight it.
    """

    options: Mapping[str, Any]
    """Plain options of a `VideoSpec`, as `sspd.simulation.ranges.draw_choice` takes them."""
    cameras: tuple[str, ...]
    """Kinds of `draw_camera`."""
    lights: tuple[str | None, ...]
    """Kinds of `draw_light`; None: a light that only drifts."""
    codecs: tuple[str, ...]
    """Kinds of `draw_codec`."""
    hearts: tuple[str, ...] = ("sinus",)
    """Kinds of `random_heart`."""


# Green of five people before a webcam has amplitudes of 0.04-0.24 %, that of six real videos
# 0.06-0.51 %. Of a pulse peak to peak in the light, tone curve and noise reduction leave 0.15-0.2
# as the amplitude of its first harmonic in what the camera writes: hence this range.
_COMMON: Mapping[str, Any] = {
    "hr_bpm": [(48.0, 100.0), (48.0, 100.0), (42.0, 150.0)],
    "respiration_hz": (0.13, 0.38),
    "pulse_percent": ("log", 0.35, 3.0),
    "transit_ms": (0.0, 30.0),
    "skin_tone": list(range(N_SKIN_TONES)),
    "face_px": (90.0, 260.0),
    "exposure": (0.75, 1.15),
    "background": list(BACKGROUNDS),
    "fps": [30.0, 30.0, 25.0],
    "light_drift_percent": (0.0, 0.2),
    "motion": ["still", "still", "talking"],
}
_MOVING: Mapping[str, Any] = {
    "motion": ["still", "translation", "rotation", "talking"],
    "speed_px_s": ("log", 8.0, 50.0),
    "angle_deg": (4.0, 15.0),
}

SCENARIOS: Mapping[str, Scenario] = MappingProxyType(
    {
        "home": Scenario(
            _COMMON, ("webcam", "webcam", "phone"), ("home", "window", "screen", None), ("file",)
        ),
        "call": Scenario(
            {**_COMMON, "motion": ["still", "talking", "talking"]},
            ("call", "webcam"),
            ("home", "screen"),
            ("call",),
        ),
        "phone": Scenario(
            {**_COMMON, **_MOVING, "motion": ["still", "talking", "translation"]},
            ("phone",),
            ("home", "window", "lamp"),
            ("phone", "web"),
        ),
        "car": Scenario({**_COMMON, **_MOVING}, ("phone", "webcam"), ("car",), ("file", "phone")),
        "ward": Scenario(
            {**_COMMON, "hr_bpm": (40.0, 110.0), "face_px": (80.0, 180.0)},
            ("webcam",),
            ("window", "lamp", None),
            ("file",),
            ("sinus", "sinus", "early", "standing"),
        ),
        "gym": Scenario(
            {**_COMMON, **_MOVING, "hr_bpm": (100.0, 200.0), "pulse_percent": ("log", 0.4, 3.0)},
            ("phone", "webcam"),
            ("home", "window"),
            ("phone", "file"),
            ("sinus", "exercise", "recovery"),
        ),
        "dim": Scenario(
            {**_COMMON, "exposure": (0.3, 0.7)}, ("dim",), ("screen", "home", None), ("file",)
        ),
        "null2": Scenario(
            {**_COMMON, "pulse_percent": 0.0, "motion": ["still", "talking", "rotation"]}
            | {"angle_deg": (4.0, 15.0)},
            ("webcam", "phone", "call", "dim"),
            ("home", "screen", "car", "window", "lamp", None),
            ("file", "call", "phone", "web"),
        ),
    }
)
#: Scenarios of each mixture; a scenario that stands there twice is twice as frequent.
MIXTURES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "train": ("home", "home", "call", "call", "phone", "phone", "car", "ward", "gym", "dim"),
        "validation": ("home", "call", "phone", "car", "ward", "gym", "dim"),
        "suite2": ("home", "call", "phone", "car", "ward", "gym", "dim"),
    }
)
#: Mixtures with what no training may use.
_HELD_OUT = ("suite2",)


def draw_scenario(
    rng: np.random.Generator, name: str, fixed: Mapping[str, Any], *, held_out: bool | None = None
) -> dict[str, Any]:
    """Draw the options of one video of a scenario or a mixture.

    Parameters
    ----------
    rng : np.random.Generator
    name : str
        A name of `SCENARIOS` or `MIXTURES`.
    fixed : mapping
        Options that are given; what follows from them follows.
    held_out : bool or None
        True for cameras, lights and hearts that no training may use, where the scenario has
        some; False for the others; None for those that the mixture says (a scenario: False).

    Returns
    -------
    dict
        Options of a `VideoSpec`, without a seed.

    Examples
    --------
    >>> drawn = draw_scenario(np.random.default_rng(0), "gym", {"hr_bpm": 150.0})
    >>> drawn["hr_bpm"], drawn["camera"] is not None
    (150.0, True)
    """
    held = name in _HELD_OUT if held_out is None else held_out
    if name in MIXTURES:
        name = _one_of(rng, MIXTURES[name])
    scenario = SCENARIOS[name]
    drawn = {key: draw_choice(rng, choice) for key, choice in scenario.options.items()}
    drawn |= fixed
    light = _one_of(rng, _allowed(scenario.lights, HELD_OUT_LIGHTS, held))
    heart = _one_of(rng, _allowed(scenario.hearts, HELD_OUT_HEARTS, held))
    camera, codec = _one_of(rng, scenario.cameras), _one_of(rng, scenario.codecs)
    # each from a generator of its own, so that a fixed part changes no other
    own = dict(zip(("heart", "color", "light", "camera", "codec"), rng.spawn(5), strict=True))
    color = draw_pulse_color(own["color"], drawn["skin_tone"])
    parts = {
        "heart": random_heart(own["heart"], drawn["hr_bpm"], heart),
        "pulse_color": replace(color, weaker_by_tone=True),
        "light": None if light is None else draw_light(own["light"], light),
        "camera": draw_camera(own["camera"], camera, held_out=held),
        "codec": draw_codec(own["codec"], codec),
    }
    return {**parts, **drawn}


def _allowed(
    kinds: tuple[str | None, ...], reserved: tuple[str, ...], held_out: bool
) -> tuple[str | None, ...]:
    """Return the kinds that are reserved or not; all where that leaves none."""
    return tuple(kind for kind in kinds if (kind in reserved) == held_out) or kinds


def _one_of(rng: np.random.Generator, choices: tuple[Any, ...]) -> Any:
    return choices[int(rng.integers(len(choices)))]
