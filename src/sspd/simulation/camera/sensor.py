"""Shot and read noise of the sensor, by pixel value.

The sensor counts electrons: their number has the variance of a Poisson law, the amplifier adds
noise of constant variance (Foi, Trimeche, Katkovnik and Egiazarian, IEEE Transactions on Image
Processing, 2008, eq. 1). The pixel value is the light through the transfer function of sRGB
(IEC 61966-2-1), whose slope carries the noise with it; so dark pixels are noisier in proportion
than bright ones. The colour mosaic is interpolated (bilinear: weights 1/4, 1/2, 1), so the noise
of neighbours is correlated, and the mean of a region is noisier than its pixels tell: by sqrt(2)
in green, by 2 in red and blue.

A phone's pixel of 1.4 um holds 6000 electrons at the lowest ISO and reads with about 1 (Sony
IMX363: Lyu et al., Electronic Imaging 2021, arXiv 2105.04106, and the model of the sensor in
ISETCam); frames are smaller than the sensor, so 4-20 pixels add up to one. A webcam's pixels
hold some thousand, at gains of 2-16 indoors.

Noise is drawn once as a tile without its means over squares of `BLOCK` pixels. Each frame shows
another part of it, with either sign, and has new means: regions of a face then have as much noise
as if each pixel were drawn anew, at a sixth of the time.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sspd.simulation.camera.options import CameraSpec
from sspd.simulation.camera.shot import Shot, Step
from sspd.simulation.person.anatomy import F32

#: Side of the squares whose means are drawn anew in each frame, pixels.
BLOCK = 16
#: The tile is larger than the frame by this, squares; it is shifted by whole squares, so that the
#: means of a frame's squares are those that are drawn.
_MARGIN = 8
_KERNEL = np.array([[0.25, 0.5, 0.25], [0.5, 1.0, 0.5], [0.25, 0.5, 0.25]], np.float32)
_GREEN = np.array([[0, 0.25, 0], [0.25, 1.0, 0.25], [0, 0.25, 0]], np.float32)


def noise_table(options: CameraSpec) -> NDArray[np.float32]:
    """Return the standard deviation of a sensor pixel's noise at each pixel value.

    Parameters
    ----------
    options : CameraSpec

    Returns
    -------
    float32 array, shape (256, 3)
        Pixel values, before the mosaic is interpolated.

    >>> table = noise_table(CameraSpec(full_well_e=6000, iso_gain=8, read_noise_e=2))
    >>> [round(float(table[value, 1]), 1) for value in (10, 128, 250)]
    [11.0, 4.7, 4.1]
    """
    value = np.arange(256) / 255
    low = value <= 0.04045
    light = np.where(low, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    slope = np.where(low, 12.92, 1.055 / 2.4 * np.maximum(light, 1e-6) ** (1 / 2.4 - 1))
    balance = np.array([options.red_gain, 1.0, options.blue_gain])
    # a channel that is amplified by the white balance had fewer electrons
    white_e = options.full_well_e / options.iso_gain / balance
    electrons = light[:, None] * white_e
    sigma = np.sqrt(electrons + options.read_noise_e**2) / white_e
    return np.asarray(255 * slope[:, None] * sigma, np.float32)


def noise_tile(rng: np.random.Generator, shape: tuple[int, int], demosaic: str) -> F32:
    """Draw noise of a sensor whose pixels have the standard deviation 1.

    Parameters
    ----------
    rng : np.random.Generator
    shape : (height, width)
        Pixels.
    demosaic : str
        One of `DEMOSAICS`.

    Returns
    -------
    float32 array, shape (height, width, 3)

    >>> tile = noise_tile(np.random.default_rng(0), (200, 200), "bilinear")
    >>> bool(abs(tile.var() - 0.58) < 0.02)
    True
    """
    if demosaic == "none":
        return rng.standard_normal((*shape, 3), dtype=np.float32)
    raw = rng.standard_normal(shape, dtype=np.float32)
    mosaic = np.zeros((*shape, 3), np.float32)
    mosaic[::2, ::2, 0] = raw[::2, ::2]
    mosaic[::2, 1::2, 1], mosaic[1::2, ::2, 1] = raw[::2, 1::2], raw[1::2, ::2]
    mosaic[1::2, 1::2, 2] = raw[1::2, 1::2]
    kernels = (_KERNEL, _GREEN, _KERNEL)
    for channel, kernel in enumerate(kernels):
        mosaic[..., channel] = cv2.filter2D(mosaic[..., channel], -1, kernel)
    return mosaic


def make_sensor(options: CameraSpec, rng: np.random.Generator, shot: Shot) -> Step | None:
    """Make the step that adds the noise of the sensor, and ends at black and white.

    Parameters
    ----------
    options : CameraSpec
    rng : np.random.Generator
    shot : Shot

    Returns
    -------
    Step or None
        None if there is no noise.
    """
    if not options.full_well_e:
        return None
    table = noise_table(options)[None]
    alike = options.red_gain == options.blue_gain == 1.0
    sigma = np.ascontiguousarray(table[..., :1] if alike else table)
    rows, columns = ((-(-n // BLOCK) + _MARGIN) * BLOCK for n in (shot.height, shot.width))
    tile = noise_tile(rng, (rows, columns), options.demosaic)
    squares = tile.reshape(rows // BLOCK, BLOCK, columns // BLOCK, BLOCK, 3)
    squares -= squares.mean(axis=(1, 3), keepdims=True)
    shifts = rng.integers(0, _MARGIN + 1, (shot.t.size, 2)) * BLOCK
    signs = rng.choice(np.array([-1, 1], np.float32), shot.t.size)
    # noise of a mean: a mosaic has one red and one blue pixel of four, and two green ones
    low = [1.0, 1.0, 1.0] if options.demosaic == "none" else [2.0, np.sqrt(2), 2.0]
    gain = np.array(low, np.float32) / BLOCK
    cells = (-(-shot.height // BLOCK), -(-shot.width // BLOCK), 3)
    box = shot.window
    first = (box.top // BLOCK, box.left // BLOCK)
    last = (-(-box.bottom // BLOCK), -(-box.right // BLOCK))
    at = (box.top - first[0] * BLOCK, box.left - first[1] * BLOCK)
    large = ((last[1] - first[1]) * BLOCK, (last[0] - first[0]) * BLOCK)
    index = np.empty((box.height, box.width, 3), np.uint8)
    scale, noise = np.empty(index.shape, np.float32), np.empty(index.shape, np.float32)

    def step(k: int, pixels: F32) -> F32:
        down, right = shifts[k]
        means = rng.standard_normal(cells, dtype=np.float32) * (gain * signs[k])
        means = means[first[0] : last[0], first[1] : last[1]]
        wide = cv2.resize(means, large, interpolation=cv2.INTER_NEAREST)
        cut = tile[down + box.top : down + box.bottom, right + box.left : right + box.right]
        cv2.add(wide[at[0] : at[0] + box.height, at[1] : at[1] + box.width], cut, dst=noise)
        cv2.threshold(pixels, 0, 0, cv2.THRESH_TOZERO, dst=pixels)
        cv2.convertScaleAbs(pixels, dst=index)
        cv2.LUT(index, sigma, dst=scale)
        cv2.multiply(noise, scale, dst=noise, scale=float(signs[k]))
        cv2.add(pixels, noise, dst=pixels)
        cv2.threshold(pixels, 0, 0, cv2.THRESH_TOZERO, dst=pixels)
        return np.asarray(cv2.threshold(pixels, 255, 255, cv2.THRESH_TRUNC, dst=pixels)[1])

    return step
