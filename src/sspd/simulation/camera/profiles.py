"""Named kinds of camera, and draws from them.

A profile is a set of ranges of options of `CameraSpec`. Electrons and gains follow the sensors
that `sensor` names; drift follows the measurements on real videos that `drift` names, and the
codec's share in them is left to the codec. Profiles of `HELD_OUT` are for tests alone: their
sensors, steps of the exposure and curves lie outside of the others' in several options at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from sspd.errors import UsageError
from sspd.simulation.camera.options import CameraSpec
from sspd.simulation.camera.processing import PROCESSING
from sspd.simulation.ranges import draw_choice

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
        What `sspd.simulation.ranges.draw_choice` takes, by the name of the option. Optics and
        processing are those of `processing.PROCESSING` unless they are given here.
    """

    kind: str
    ranges: Mapping[str, Any]


# Walls and still skin of four real videos: 0.025-0.09 in green, with what a codec adds.
_DRIFT: dict[str, Any] = {
    "drift_percent": ("log", 0.01, 0.09),
    "balance_percent": ("log", 0.01, 0.08),
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
_WEBCAM: dict[str, Any] = {
    **_DRIFT,
    **_COLOR,
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
    "local_tone": (0.0, 0.35),
    "local_tone_s": (0.1, 1.0),
}
_CALL: dict[str, Any] = {
    "iso_gain": ("log", 3.0, 16.0),
    "ae_speed": ("log", 0.05, 0.3),
    "ae_start_percent": [0.0, (-30.0, 30.0)],
    "levels": ["limited", "limited", "full", "narrow"],
}
_DIM: dict[str, Any] = {
    "iso_gain": ("log", 6.0, 20.0),
    "drift_percent": ("log", 0.02, 0.2),
    "balance_percent": ("log", 0.02, 0.15),
    "blue_gain": (2.0, 3.5),
    "ae_speed": ("log", 0.02, 0.2),
    "toe": (0.2, 0.9),
}

#: Profiles by name.
PROFILES: Mapping[str, Profile] = MappingProxyType(
    {
        "laptop": Profile("webcam", _WEBCAM),
        "usb": Profile(
            "webcam", {**_WEBCAM, "full_well_e": ("log", 8000.0, 30_000.0), "toe": (0.0, 0.3)}
        ),
        "old_webcam": Profile(
            "webcam",
            {
                **_WEBCAM,
                "full_well_e": ("log", 10_000.0, 20_000.0),
                "read_noise_e": (8.0, 20.0),
                "column_levels": (0.15, 0.4),
                "band_percent": ("log", 0.1, 0.3),
                "ae_speed": ("log", 0.1, 0.4),
                "ae_step_percent": ("log", 3.0, 6.0),
                "ae_band_percent": (1.0, 3.0),
                "contrast": (0.3, 0.7),
                "levels": ["limited", "wide"],
            },
        ),
        "front_phone": Profile("phone", _PHONE),
        "rear_phone": Profile("phone", {**_PHONE, "iso_gain": ("log", 1.0, 5.0)}),
        "budget_phone": Profile(
            "phone",
            {
                **_PHONE,
                "full_well_e": ("log", 10_000.0, 24_000.0),
                "local_tone": (0.35, 0.6),
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
                "iso_gain": ("log", 20.0, 40.0),
                "blue_gain": (1.8, 2.6),
                "row_levels": (0.15, 0.4),
            },
        ),
    }
)
#: Profiles that no training may use.
HELD_OUT = ("old_webcam", "budget_phone", "tv_call", "usb_dim")


def draw_profile(rng: np.random.Generator, name: str) -> CameraSpec:
    """Draw a camera of a profile.

    Parameters
    ----------
    rng : np.random.Generator
    name : str
        A name of `PROFILES`.

    Returns
    -------
    CameraSpec

    Raises
    ------
    UsageError
        There is no such profile; the message lists them.

    >>> draw_profile(np.random.default_rng(0), "laptop").demosaic
    'bilinear'
    """
    if name not in PROFILES:
        raise UsageError(f"simulate: profile must be one of {', '.join(PROFILES)}, got {name!r}")
    profile = PROFILES[name]
    # a profile's own options are drawn first, and keep their ranges
    ranges = {**profile.ranges, **PROCESSING[profile.kind], **profile.ranges}
    return CameraSpec(**{key: draw_choice(rng, choice) for key, choice in ranges.items()})


def profile_names(kind: str, *, held_out: bool = False) -> tuple[str, ...]:
    """Return the names of the profiles of a kind.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    held_out : bool
        True for those of `HELD_OUT` alone, False for the others.

    Returns
    -------
    tuple of str

    Raises
    ------
    UsageError
        There is no such kind; the message lists them.

    >>> profile_names("dim"), profile_names("dim", held_out=True)
    (('laptop_dim', 'phone_dim'), ('usb_dim',))
    """
    if kind not in KINDS:
        raise UsageError(
            f"simulate: kind of camera must be one of {', '.join(KINDS)}, got {kind!r}"
        )
    return tuple(
        name
        for name, profile in PROFILES.items()
        if profile.kind == kind and (name in HELD_OUT) == held_out
    )


def draw_camera(rng: np.random.Generator, kind: str, *, held_out: bool = False) -> CameraSpec:
    """Draw a camera of a kind.

    Parameters
    ----------
    rng : np.random.Generator
    kind : str
        One of `KINDS`.
    held_out : bool
        True for cameras that no training may use.

    Returns
    -------
    CameraSpec

    Raises
    ------
    UsageError
        There is no such kind; the message lists them.

    >>> draw_camera(np.random.default_rng(1), "phone").full_well_e > 20_000
    True
    """
    names = profile_names(kind, held_out=held_out)
    return draw_profile(rng, names[int(rng.integers(len(names)))])
