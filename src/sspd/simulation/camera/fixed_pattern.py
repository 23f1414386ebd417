"""Patterns of the sensor that stay while the face moves, and bands that move.

A pixel answers to light with its own gain (photo-response non-uniformity, PRNU: 0.7 % in the
IMX363, Lyu et al., Electronic Imaging 2021, arXiv 2105.04106; less where pixels are added up), the
correction of the lens leaves a smooth rest, and amplifiers give rows and columns offsets (El
Gamal and Eltoukhy, IEEE Circuits and Devices Magazine, 2005). A face that moves over the pattern
turns it into noise in time; one that rests does not. Bands that move come from supplies and from
mains light that is not quite a multiple of the frame rate.
"""

from __future__ import annotations

import cv2
import numpy as np

from sspd.simulation.camera.options import CameraSpec
from sspd.simulation.camera.shot import Shot, Step
from sspd.simulation.person.anatomy import F32

#: A change of light by 1 % changes a pixel value by 1 % over this (mean slope of sRGB).
GAMMA = 2.2


def gain_map(options: CameraSpec, rng: np.random.Generator, shot: Shot) -> F32 | None:
    """Draw the gain of each pixel value that stays.

    Parameters
    ----------
    options : CameraSpec
    rng : np.random.Generator
    shot : Shot

    Returns
    -------
    float32 array, shape (height, width, 3), or None
        That of the window; None if there is none.
    """
    pixels, smooth = rng.spawn(2)
    if not (options.prnu_percent or options.shading_percent):
        return None
    gain = np.ones((shot.window.height, shot.window.width, 3), np.float32)
    if options.prnu_percent:
        response = pixels.standard_normal((shot.height, shot.width, 3), dtype=np.float32)
        gain += np.float32(options.prnu_percent / 100 / GAMMA) * response[shot.cut]
    if options.shading_percent:
        few = smooth.standard_normal((4, 5, 3), dtype=np.float32)
        few += 1.5 * smooth.standard_normal((4, 5, 1), dtype=np.float32)
        wide = cv2.resize(few, (shot.width, shot.height), interpolation=cv2.INTER_CUBIC)
        wide = wide / np.float32(wide.std()) * np.float32(options.shading_percent / 100 / GAMMA)
        gain += wide[shot.cut]
    return gain


def offset_map(options: CameraSpec, rng: np.random.Generator, shot: Shot) -> F32 | None:
    """Draw the offsets of rows and columns that stay.

    Parameters
    ----------
    options : CameraSpec
    rng : np.random.Generator
    shot : Shot

    Returns
    -------
    float32 array, shape (height, width, 3), or None
        Pixel values of the window; None if there is none.
    """
    rows, columns = (
        side.standard_normal((n, 1), dtype=np.float32)
        for side, n in zip(rng.spawn(2), (shot.height, shot.width), strict=True)
    )
    if not (options.row_levels or options.column_levels):
        return None
    down, right = shot.cut
    offset = options.row_levels * rows[down, None] + options.column_levels * columns[None, right]
    return np.ascontiguousarray(np.broadcast_to(offset, (*offset.shape[:2], 3)), np.float32)


def make_fixed_pattern(options: CameraSpec, rng: np.random.Generator, shot: Shot) -> Step | None:
    """Make the step that applies the patterns of the sensor.

    Parameters
    ----------
    options : CameraSpec
    rng : np.random.Generator
    shot : Shot

    Returns
    -------
    Step or None
        None if there is no pattern.
    """
    of_gain, of_offset, of_band = rng.spawn(3)
    gain = gain_map(options, of_gain, shot)
    offset = offset_map(options, of_offset, shot)
    phase = of_band.uniform()
    if gain is None and offset is None and not options.band_percent:
        return None
    y = np.arange(shot.window.top, shot.window.bottom) / options.band_px + phase

    def step(k: int, pixels: F32) -> F32:
        if gain is not None:
            cv2.multiply(pixels, gain, dst=pixels)
        if offset is not None:
            cv2.add(pixels, offset, dst=pixels)
        if options.band_percent:
            wave = np.sin(2 * np.pi * (y - options.band_hz * shot.t[k]))
            rows = (1 + options.band_percent / 100 * wave).astype(np.float32)[:, None]
            flat = pixels.reshape(len(pixels), -1)
            np.multiply(flat, rows, out=flat)
        return pixels

    return step
