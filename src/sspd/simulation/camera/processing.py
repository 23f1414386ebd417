"""Optics, mains light and processing of the kinds of recording, as ranges of options.

Exposures: 1/100 and 1/120 s and their multiples are what cameras choose against flicker, others
what they choose in daylight or by mistake. Readout: 27-33 ms a frame (see `rolling`), less for
newer sensors. Focus: 0.1-1 % is a refocus by some centimetres (see `focus`). How strongly cameras
denoise, sharpen and smooth is not published: the ranges go from nothing to what is plainly seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from sspd.simulation.camera.options import LAMPS

_LIT: dict[str, Any] = {
    # half of the videos are in daylight
    "lamp": [*LAMPS[1:], *["none"] * len(LAMPS[1:])],
    "mains_hz": [50.0, 60.0],
    "lamp_share": (0.2, 1.0),
    "exposure_ms": [10.0, 20.0, 1000 / 120, 2000 / 120, ("log", 2.0, 33.0)],
    "readout_ms": (8.0, 33.0),
}
_WEBCAM: dict[str, Any] = {
    **_LIT,
    "focus_percent": [0.0, 0.0, ("log", 0.1, 1.0)],
    "focus_hunts_per_min": (0.0, 3.0),
    "temporal_denoise": [0.0, (0.2, 0.7)],
    "spatial_denoise": [0.0, (0.1, 0.5)],
    "sharpen": [0.0, (0.2, 1.5)],
    "sharpen_halo": (4.0, 20.0),
}
_PHONE: dict[str, Any] = {
    **_WEBCAM,
    "focus_percent": [0.0, ("log", 0.1, 1.0)],
    "temporal_denoise": (0.2, 0.8),
    "spatial_denoise": (0.1, 0.7),
    "beauty": [0.0, 0.0, (0.1, 0.6)],
    "beauty_unrest": (1.0, 6.0),
}

#: Ranges by the kind of recording, as `sspd.simulation.ranges.draw_choice` takes them.
PROCESSING: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "webcam": _WEBCAM,
        "phone": _PHONE,
        "call": {**_PHONE, "beauty": [0.0, (0.1, 1.0)], "sharpen": [0.0, (0.2, 2.0)]},
        # little light: long exposures, much denoising, and no daylight
        "dim": {
            **_WEBCAM,
            "lamp": list(LAMPS[1:]),
            "exposure_ms": [20.0, 30.0, 2000 / 120, 4000 / 120, ("log", 15.0, 40.0)],
            "focus_percent": [0.0, ("log", 0.1, 2.0)],
            "focus_hunts_per_min": (0.0, 8.0),
            "temporal_denoise": (0.4, 0.9),
            "spatial_denoise": (0.2, 0.9),
        },
    }
)
