"""Optics before the sensor and processing after it, as steps of a camera."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sspd.simulation.anatomy import F32
from sspd.simulation.camera.beauty import BeautyFilter
from sspd.simulation.camera.denoise import Denoiser
from sspd.simulation.camera.focus import make_focus
from sspd.simulation.camera.options import CameraSpec
from sspd.simulation.camera.rolling import make_bands
from sspd.simulation.camera.sharpen import sharpen
from sspd.types import Box

if TYPE_CHECKING:
    from sspd.simulation.camera.pipeline import Step


def optics_steps(
    options: CameraSpec,
    rng: np.random.Generator,
    t: NDArray[np.float64],
    window: Box,
    frame: tuple[int, int],
) -> list[Step]:
    """Make the steps before the sensor: focus, and mains light on a rolling shutter.

    Parameters
    ----------
    options : CameraSpec
    rng : np.random.Generator
    t : float64 array, shape (time,)
        Seconds.
    window : Box
        Part of the frame that is rendered, pixels.
    frame : (width, height)
        Size of the whole frame, pixels.

    Returns
    -------
    list of Step
        Without those that are left out.
    """
    # one generator a step, also for those that are left out
    for_focus, for_lamp = rng.spawn(2)
    steps: list[Step] = []
    if options.focus_percent:
        hunts = options.focus_hunts_per_min
        steps.append(make_focus(options.focus_percent, hunts, for_focus, t, window, frame))
    if options.lamp != "none" and options.lamp_share:
        bands = make_bands(
            options.lamp,
            options.mains_hz,
            options.lamp_share,
            options.exposure_ms / 1000,
            options.readout_ms / 1000,
            for_lamp,
            t,
            (window.top, window.bottom, frame[1]),
        )
        steps.append(bands)
    return steps


def processing_steps(options: CameraSpec, rng: np.random.Generator) -> list[Step]:
    """Make the steps after the tone curve: denoising, sharpening, beauty filter.

    Parameters
    ----------
    options : CameraSpec
    rng : np.random.Generator

    Returns
    -------
    list of Step
        Without those that are left out. They hold state, and are given each frame once.
    """
    (for_beauty,) = rng.spawn(1)
    steps: list[Step] = []
    if options.temporal_denoise or options.spatial_denoise:
        steps.append(Denoiser(options.temporal_denoise, options.spatial_denoise))
    if options.sharpen:
        steps.append(partial(_sharpened, options.sharpen, options.sharpen_halo))
    if options.beauty:
        steps.append(BeautyFilter(options.beauty, options.beauty_unrest, for_beauty))
    return steps


def _sharpened(amount: float, halo: float, k: int, pixels: F32) -> F32:
    return sharpen(pixels, amount, halo)
