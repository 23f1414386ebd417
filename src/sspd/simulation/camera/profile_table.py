"""Named kinds of camera, as ranges of their options.

A profile is a set of ranges of options of `CameraSpec`. Electrons and gains follow the sensors
that `sensor` names; drift follows the measurements on real videos that `drift` names, and the
codec's share in them is left to the codec. Mains light, readout, focus and processing follow the
modules of these names. Profiles of `HELD_OUT` are for tests alone: their sensors, steps of the
exposure, curves and processing lie outside of the others' in several options at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

#: Kinds of recording.
KINDS = ("webcam", "phone", "call", "dim")


@dataclass(frozen=True)
class Profile:
    """A camera and its use, as ranges of options.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    ranges : mapping of str to object
        What `sspd.simulation.ranges.draw_choice` takes, by the name of the option.
    """

    kind: str
    ranges: Mapping[str, Any]


# Walls and still skin of four real videos have 0.025-0.09 in green and 0.024-0.080 in red against
# green, with what the light and the codec add, which scenes have besides.
_DRIFT: dict[str, Any] = {
    "drift_percent": ("log", 0.008, 0.045),
    "balance_percent": ("log", 0.004, 0.025),
    "drift_slope": (1.0, 2.7),
    "drift_local": (0.2, 0.9),
}
_COLOR: dict[str, Any] = {
    "demosaic": "bilinear",
    "red_gain": (1.2, 2.2),
    "blue_gain": (1.3, 2.6),
    "saturation_percent": (-10.0, 30.0),
    "matrix_percent": (0.0, 4.0),
}
# Half of the recordings are under lamps of the mains; exposures are multiples of the lamps' period
# (of 50 or of 60 Hz, rightly or wrongly) or free.
_MAINS: dict[str, Any] = {
    "lamp": [
        ["none"],
        ["incandescent", "fluorescent", "electronic", "led", "led_rectified"],
    ],
    "mains_hz": [50.0, 60.0],
    "lamp_share": ("log", 0.05, 1.0),
    "exposure_ms": [[10.0, 20.0, 30.0], [25 / 3, 50 / 3, 25.0], (5.0, 30.0)],
    "readout_ms": (15.0, 33.0),
}
_WEBCAM: dict[str, Any] = {
    **_DRIFT,
    **_COLOR,
    **_MAINS,
    "temporal_denoise": [0.0, (0.2, 0.7)],
    "spatial_denoise": [0.0, (0.1, 0.6)],
    "sharpen": (0.0, 1.0),
    "full_well_e": ("log", 3000.0, 10_000.0),
    "iso_gain": ("log", 2.0, 12.0),
    "read_noise_e": (1.5, 4.0),
    "prnu_percent": (0.3, 1.2),
    "shading_percent": (0.3, 2.0),
    "row_levels": (0.0, 0.15),
    "column_levels": (0.0, 0.15),
    "band_percent": [0.0, 0.0, ("log", 0.02, 0.15)],
    "band_px": ("log", 40.0, 400.0),
    "band_hz": (-3.0, 3.0),
    "ae_speed": [0.0, ("log", 0.03, 0.3)],
    "ae_delay_frames": [1, 2, 3, 4],
    "ae_step_percent": [0.0, ("log", 0.3, 3.0)],
    "ae_band_percent": ("log", 0.3, 3.0),
    "ae_face_weight": (0.0, 0.8),
    "awb_speed": [0.0, ("log", 0.02, 0.1)],
    "awb_period_frames": [5, 10, 15, 30],
    "awb_step_percent": [0.0, ("log", 0.2, 1.0)],
    "contrast": (0.0, 0.4),
    "toe": (0.0, 0.5),
    "shoulder": (0.0, 0.7),
    "levels": ["none", "full", "limited", "limited"],
}
# several pixels of 6000 electrons add up to one; HDR by a local map, faster loops, finer steps
_PHONE: dict[str, Any] = {
    **_WEBCAM,
    "full_well_e": ("log", 24_000.0, 120_000.0),
    "iso_gain": ("log", 1.0, 12.0),
    "read_noise_e": (2.0, 6.0),
    "prnu_percent": (0.1, 0.4),
    "row_levels": (0.0, 0.05),
    "column_levels": (0.0, 0.05),
    "band_percent": 0.0,
    "ae_speed": ("log", 0.05, 0.3),
    "ae_step_percent": [0.0, ("log", 0.1, 0.8)],
    "ae_face_weight": (0.4, 0.9),
    "awb_speed": ("log", 0.02, 0.1),
    "contrast": (0.1, 0.5),
    "temporal_denoise": (0.2, 0.8),
    "spatial_denoise": (0.2, 0.8),
    "sharpen": (0.2, 1.5),
    "focus_percent": [0.0, ("log", 0.1, 0.8)],
    "focus_hunts_per_min": (0.0, 4.0),
    "local_tone": (0.0, 0.35),
    "local_tone_s": (0.1, 1.0),
}
_CALL: dict[str, Any] = {
    "beauty": [0.0, 0.0, (0.2, 0.8)],
    "beauty_unrest": (1.0, 5.0),
    "iso_gain": ("log", 3.0, 16.0),
    "ae_speed": ("log", 0.05, 0.3),
    "ae_start_percent": [0.0, (-30.0, 30.0)],
    "levels": ["limited", "limited", "full", "narrow"],
}
_DIM: dict[str, Any] = {
    "iso_gain": ("log", 6.0, 20.0),
    "drift_percent": ("log", 0.012, 0.08),
    "balance_percent": ("log", 0.01, 0.055),
    "blue_gain": (2.0, 3.5),
    "ae_speed": ("log", 0.02, 0.2),
    "toe": (0.2, 0.9),
    "exposure_ms": (20.0, 33.0),
    "temporal_denoise": (0.4, 0.85),
    "spatial_denoise": (0.3, 1.0),
}

#: Profiles by name.
PROFILES: Mapping[str, Profile] = MappingProxyType(
    {
        "laptop": Profile("webcam", _WEBCAM),
        "usb": Profile(
            "webcam",
            {
                **_WEBCAM,
                "full_well_e": ("log", 8000.0, 30_000.0),
                "toe": (0.0, 0.3),
                "focus_percent": [0.0, ("log", 0.1, 0.8)],
            },
        ),
        "old_webcam": Profile(
            "webcam",
            {
                **_WEBCAM,
                "full_well_e": ("log", 10_000.0, 20_000.0),
                "read_noise_e": (8.0, 20.0),
                "column_levels": (0.15, 0.4),
                "temporal_denoise": 0.0,
                "readout_ms": (40.0, 60.0),
                "band_percent": ("log", 0.1, 0.3),
                "ae_speed": ("log", 0.1, 0.4),
                "ae_step_percent": ("log", 3.0, 6.0),
                "ae_band_percent": (1.0, 3.0),
                "contrast": (0.3, 0.7),
                "levels": ["limited", "wide"],
            },
        ),
        "front_phone": Profile("phone", {**_PHONE, "beauty": [0.0, 0.0, (0.2, 0.7)]}),
        "rear_phone": Profile("phone", {**_PHONE, "iso_gain": ("log", 1.0, 5.0)}),
        "budget_phone": Profile(
            "phone",
            {
                **_PHONE,
                "full_well_e": ("log", 10_000.0, 24_000.0),
                "local_tone": (0.35, 0.6),
                "sharpen": (1.5, 2.5),
                "focus_percent": ("log", 0.8, 2.0),
                "ae_step_percent": ("log", 0.8, 3.0),
                "saturation_percent": (30.0, 50.0),
            },
        ),
        "laptop_call": Profile("call", {**_WEBCAM, **_CALL}),
        "phone_call": Profile("call", {**_PHONE, **_CALL}),
        "tv_call": Profile(
            "call",
            {
                **_PHONE,
                **_CALL,
                "full_well_e": ("log", 10_000.0, 24_000.0),
                "ae_face_weight": 0.0,
                "levels": "wide",
                "awb_step_percent": ("log", 1.0, 2.0),
                "beauty": (0.8, 1.0),
            },
        ),
        "laptop_dim": Profile("dim", {**_WEBCAM, **_DIM}),
        "phone_dim": Profile("dim", {**_PHONE, **_DIM}),
        "usb_dim": Profile(
            "dim",
            {
                **_WEBCAM,
                **_DIM,
                "full_well_e": ("log", 8000.0, 20_000.0),
                "read_noise_e": (4.0, 6.0),
                "iso_gain": ("log", 20.0, 30.0),
                "blue_gain": (1.8, 2.6),
                "row_levels": (0.15, 0.4),
                "temporal_denoise": (0.6, 0.88),
            },
        ),
    }
)
#: Profiles that no training may use.
HELD_OUT = ("old_webcam", "budget_phone", "tv_call", "usb_dim")
