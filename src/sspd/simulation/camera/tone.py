"""From the sensor's colours to those of a picture: colour matrix, tone curve, local tone mapping.

Pixel values come in with the transfer function of sRGB (IEC 61966-2-1); cameras bend it further
to an S with a toe and a shoulder, each in its own way (Debevec and Malik, SIGGRAPH 1997; Grossberg
and Nayar, IEEE Transactions on Pattern Analysis and Machine Intelligence, 2004, on 201 curves). The
slope of the curve at the skin's value scales the pulse: near white it goes to nothing, red first.
The matrix that separates the colours of the sensor raises saturation, and mixes the pulse's
colour (Ramanath et al., IEEE Signal Processing Magazine, 2005).

Phones divide by local brightness (Reinhard et al., ACM Transactions on Graphics, 2002; Hasinoff et
al., ACM Transactions on Graphics, 2016): a gain of low resolution that falls where it is bright. As
it follows the face in time, it takes away its share of the pulse.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sspd.simulation.camera.options import CameraSpec
from sspd.simulation.camera.shot import Shot, Step
from sspd.simulation.person.anatomy import F32

#: Share of red, green and blue in brightness (ITU-R BT.601).
LUMA = np.array([0.299, 0.587, 0.114])
#: Pixels of a side that share one gain of local tone mapping.
_CELL = 16


def tone_curve(options: CameraSpec, value: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the pixel value after the tone curve.

    Parameters
    ----------
    options : CameraSpec
    value : float64 array
        Pixel values, 0 and more; above 255 only the shoulder has room.

    Returns
    -------
    float64 array
        0-255, rising.

    >>> curve = tone_curve(CameraSpec(contrast=0.5, shoulder=0.5), np.array([0.0, 64, 128, 250]))
    >>> curve.round().tolist()
    [0.0, 52.0, 128.0, 239.0]
    """
    u = np.maximum(value / 255, 0)
    inside = np.minimum(u, 1)
    # zero at both ends and in the middle, so the middle stays and the slope is never negative
    u = u + options.contrast * inside * (1 - inside) * (2 * inside - 1)
    knee = 0.08 * options.toe
    if knee:
        # slope 0 at black, 1 far above the knee; white stays
        bent = np.sqrt(u**2 + knee**2) - knee
        u = bent / (np.sqrt(1 + knee**2) - knee)
    if options.shoulder:
        room = max(0.5 * options.shoulder, 1e-6)
        over = np.maximum(u - (1 - room), 0)
        u = np.where(over > 0, 1 - room + room * np.tanh(over / room), u)
    return np.asarray(255 * np.clip(u, 0, 1))


def color_matrix(options: CameraSpec, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw the colour matrix; greys stay grey.

    Parameters
    ----------
    options : CameraSpec
    rng : np.random.Generator

    Returns
    -------
    float64 array, shape (3, 3)
        From R, G, B to R, G, B.

    >>> matrix = color_matrix(CameraSpec(saturation_percent=20), np.random.default_rng(0))
    >>> matrix.sum(axis=1).round(6).tolist(), bool(matrix[0, 0] > 1)
    ([1.0, 1.0, 1.0], True)
    """
    more = 1 + options.saturation_percent / 100
    matrix = more * np.eye(3) + (1 - more) * LUMA[None]
    mixed = options.matrix_percent / 100 * rng.standard_normal((3, 3))
    np.fill_diagonal(mixed, 0)
    return np.asarray(matrix + mixed - np.diag(mixed.sum(axis=1)))


def make_color(options: CameraSpec, rng: np.random.Generator, shot: Shot) -> Step | None:
    """Make the step that applies the colour matrix.

    Parameters
    ----------
    options : CameraSpec
    rng : np.random.Generator
    shot : Shot

    Returns
    -------
    Step or None
        None if the matrix changes nothing.
    """
    if not (options.saturation_percent or options.matrix_percent):
        return None
    matrix = color_matrix(options, rng).astype(np.float32)

    def step(k: int, pixels: F32) -> F32:
        return np.asarray(cv2.transform(pixels, matrix, dst=pixels))

    return step


def make_tone(options: CameraSpec, rng: np.random.Generator, shot: Shot) -> Step | None:
    """Make the step that applies the tone curve.

    Parameters
    ----------
    options : CameraSpec
    rng : np.random.Generator
    shot : Shot

    Returns
    -------
    Step or None
        None if the curve is straight.
    """
    if not (options.contrast or options.toe or options.shoulder):
        return None
    # lines that touch the curve at each second pixel value: no step of 8 bits comes in
    value = np.arange(0.0, 512.0, 2.0, dtype=np.float64)
    nearby = np.maximum(np.stack([value - 0.5, value + 0.5], axis=1), 0.0)
    ends = tone_curve(options, nearby)
    slope = (ends[:, 1] - ends[:, 0]) / np.diff(nearby)[:, 0]
    start = (tone_curve(options, value) - slope * value).astype(np.float32)
    slope = slope.astype(np.float32)
    shape = (shot.window.height, shot.window.width, 3)
    index, factor = np.empty(shape, np.uint8), np.empty(shape, np.float32)

    def step(k: int, pixels: F32) -> F32:
        cv2.threshold(pixels, 0, 0, cv2.THRESH_TOZERO, dst=pixels)
        cv2.convertScaleAbs(pixels, dst=index, alpha=0.5)
        cv2.LUT(index, slope, dst=factor)
        cv2.multiply(pixels, factor, dst=pixels)
        cv2.LUT(index, start, dst=factor)
        return np.asarray(cv2.add(pixels, factor, dst=pixels))

    return step


def make_local_tone(options: CameraSpec, rng: np.random.Generator, shot: Shot) -> Step | None:
    """Make the step that divides by a share of the local brightness.

    Parameters
    ----------
    options : CameraSpec
    rng : np.random.Generator
    shot : Shot

    Returns
    -------
    Step or None
        None if it is off.
    """
    if not options.local_tone:
        return None
    box = shot.window
    few = (max(2, box.width // _CELL), max(2, box.height // _CELL))
    luma = LUMA.astype(np.float32)[None]
    # share of the new map in each frame
    fresh = 1.0 if not options.local_tone_s else 1 - np.exp(-1 / (shot.fs * options.local_tone_s))
    kept: list[F32] = []

    def step(k: int, pixels: F32) -> F32:
        grey = cv2.transform(pixels, luma)
        small = cv2.resize(grey, few, interpolation=cv2.INTER_AREA)
        small = cv2.GaussianBlur(np.maximum(small, 4), (0, 0), 1.5)
        small = np.log(small)
        if kept:
            small = np.float32(fresh) * small + np.float32(1 - fresh) * kept[0]
        kept[:] = [small]
        # relative to the frame, whose brightness is the exposure's matter
        gain = np.exp(-options.local_tone * (small - small.mean()))
        wide = cv2.resize(gain.astype(np.float32), (box.width, box.height))
        return np.asarray(cv2.multiply(pixels, cv2.cvtColor(wide, cv2.COLOR_GRAY2RGB), dst=pixels))

    return step
