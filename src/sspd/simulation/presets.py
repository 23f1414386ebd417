"""Presets: ranges of options from which `random_spec` draws a video."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from sspd.errors import UsageError
from sspd.simulation.ranges import draw_choice
from sspd.simulation.scenarios import MIXTURES, SCENARIOS, draw_scenario
from sspd.simulation.spec import BACKGROUNDS, N_SKIN_TONES, VideoSpec

# A tuple of two floats is a range, ("log", low, high) a logarithmic range, a list a choice.
_COMMON: dict[str, Any] = {
    "hr_bpm": (42.0, 190.0),
    "lf_ms": (5.0, 40.0),
    "hf_ms": (5.0, 45.0),
    "respiration_hz": (0.15, 0.4),
    "pulse_percent": ("log", 0.3, 1.2),
    "transit_ms": (0.0, 30.0),
    "skin_tone": list(range(N_SKIN_TONES)),
    "face_px": (100.0, 300.0),
    "noise_levels": (1.0, 3.0),
    "exposure": (0.75, 1.15),
    "background": list(BACKGROUNDS),
    "light_drift_percent": (0.0, 0.4),
}
_MOVING: dict[str, Any] = {"speed_px_s": ("log", 20.0, 150.0), "angle_deg": (5.0, 20.0)}
_RATES = ("log", 200_000.0, 5_000_000.0)

#: Options that are drawn, by the name of the preset. ``varied`` has all but flicker and swinging
#: light. ``train1`` is the training data of the first shipped network: like ``varied``, with weaker
#: and stronger pulses, other frame rates and less motion.
PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "varied": {
            **_COMMON,
            **_MOVING,
            "motion": ["still", "talking", "translation", "rotation"],
            "light_drift_percent": (0.0, 2.5),
            "bit_rate": [None, _RATES],
        },
        "still": {**_COMMON, "motion": ["still"]},
        "talking": {**_COMMON, "motion": ["talking"]},
        "translation": {**_COMMON, **_MOVING, "motion": ["translation"]},
        "rotation": {**_COMMON, **_MOVING, "motion": ["rotation"]},
        "drift": {**_COMMON, "motion": ["still"], "light_drift_percent": (1.5, 4.0)},
        "flicker": {
            **_COMMON,
            "motion": ["still"],
            "flicker_percent": (0.5, 1.0),
            "flicker_hz": (0.6, 2.5),
        },
        "swinging": {
            **_COMMON,
            "motion": ["still"],
            "swing_percent": ("log", 0.5, 8.0),
            "swing_hz": (0.6, 2.5),
        },
        "nodding": {
            **_COMMON,
            "motion": ["nodding"],
            "angle_deg": ("log", 0.3, 6.0),
            "nod_hz": (0.7, 2.5),
        },
        "compressed": {**_COMMON, "motion": ["still", "talking"], "bit_rate": _RATES},
        "weak": {**_COMMON, "motion": ["still"], "pulse_percent": (0.15, 0.3)},
        "train1": {
            **_COMMON,
            **_MOVING,
            "motion": ["still", "still", "talking", "translation", "translation", "rotation"],
            "pulse_percent": ("log", 0.2, 1.8),
            "noise_levels": (0.5, 3.0),
            "exposure": (0.6, 1.25),
            "light_drift_percent": (0.0, 2.5),
            "bit_rate": [None, _RATES],
            "fps": [30.0, 30.0, 30.0, 25.0, 29.97],
        },
    }
)
#: All presets: those above, and the scenarios and mixtures of `sspd.simulation.scenarios`.
PRESET_NAMES = (*PRESETS, *SCENARIOS, *MIXTURES)
_USED_BY = {"speed_px_s": ("translation",), "angle_deg": ("rotation", "nodding")}
_WHOLE = ("skin_tone", "face_px", "bit_rate", "width", "height", "seed")


def random_spec(
    rng: np.random.Generator,
    preset: str = "varied",
    *,
    held_out: bool | None = None,
    **fixed: Any,
) -> VideoSpec:
    """Draw a random video of a preset.

    Parameters
    ----------
    rng : np.random.Generator
    preset : str
        One of `PRESET_NAMES`.
    held_out : bool or None
        See `sspd.simulation.scenarios.draw_scenario`; simple presets have no held-out parts.
    **fixed
        Options of `VideoSpec` that are not drawn.

    Returns
    -------
    VideoSpec
        The variability shrinks with the cube of the beat interval, about as it does in people
        at work (above 150 bpm a few milliseconds are left). Options that the drawn motion
        does not use are 0.

    Raises
    ------
    UsageError
        There is no such preset (the message lists them), or an option is out of range.

    >>> random_spec(np.random.default_rng(0), "still", hr_bpm=60.0).hr_bpm
    60.0
    """
    if preset not in (known := {**PRESETS, **SCENARIOS, **MIXTURES}):
        raise UsageError(f"simulate: preset must be one of {', '.join(known)}, got {preset!r}")
    if preset in PRESETS and held_out is not None:
        raise UsageError(f"simulate: preset {preset} has no held-out parts, the scenes have")
    if preset in PRESETS:
        drawn = {name: draw_choice(rng, choice) for name, choice in PRESETS[preset].items()}
        drawn["seed"] = int(rng.integers(2**62))
        drawn.update(fixed)
    else:
        drawn = draw_scenario(rng, preset, fixed, held_out=held_out)
        drawn.setdefault("seed", int(rng.integers(2**62)))
    for name in ("lf_ms", "hf_ms"):
        if name in drawn and name not in fixed:
            drawn[name] *= min(1.0, 70.0 / drawn["hr_bpm"]) ** 3
    for name, motions in _USED_BY.items():
        if name in drawn and name not in fixed and drawn["motion"] not in motions:
            drawn[name] = 0.0
    small = 0.65 * min(drawn.get("width", 640), drawn.get("height", 480))
    if "face_px" not in fixed:
        drawn["face_px"] = min(drawn["face_px"], small)
    for name in _WHOLE:
        if drawn.get(name) is not None:
            drawn[name] = round(drawn[name])
    return VideoSpec(**drawn)
