"""Draws of cameras from named profiles (`sspd.simulation.camera.profile_table`)."""

from __future__ import annotations

import numpy as np

from sspd.errors import UsageError
from sspd.simulation.camera.options import CameraSpec
from sspd.simulation.camera.profile_table import HELD_OUT, KINDS, PROFILES
from sspd.simulation.ranges import draw_choice


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
    options = {key: draw_choice(rng, choice) for key, choice in PROFILES[name].ranges.items()}
    return CameraSpec(**options)


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
