"""Temporal and spatial denoising, as phones and webcams do it, and what it does to a pulse.

Temporal: a recursive filter of each pixel whose weight of the past falls to 0 where something
moves, and rises with the noise (Dubois & Sabri, IEEE Trans. Commun. 32, 1984; Brailean et al.,
Proc. IEEE 83, 1995, Sec. III). Spatial: a guided filter of each plane (He et al., IEEE Trans.
Pattern Anal. Mach. Intell. 35, 2013). Both filter chroma more than luma.

A pulse of skin is far below what counts as motion. The recursive filter therefore takes it for
noise: with the weight ``a`` of the past it multiplies a sine of frequency f by
``|H| = (1 - a) / |1 - a exp(-2 pi i f / fs)|`` and delays it (`recursive_response`). At 30 frames
per second, amplitude and delay (ms) are

====== ========= ========= =========
weight 1 Hz      2 Hz      3 Hz
====== ========= ========= =========
0.3    0.99 14   0.95 13   0.90 12
0.5    0.96 32   0.86 29   0.75 24
0.7    0.86 69   0.65 53   0.50 40
0.85   0.61 129  0.36 79   0.25 54
====== ========= ========= =========

The guided filter keeps the mean of a region, so a pulse passes it unchanged and undelayed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from sspd.simulation.camera.options import CameraSpec
from sspd.simulation.camera.planes import join_planes, split_planes
from sspd.simulation.camera.shot import Shot
from sspd.simulation.person.anatomy import F32

#: Noise, pixel values, at which the weight of the past is half of that for strong noise: less
#: noise needs less filtering (Wiener's ratio of the powers of noise and of changes of the scene).
HALF_NOISE = 1.0
#: Mean absolute changes, in noise, at which the filter begins to yield to motion and has yielded.
MOTION = (1.5, 3.0)
#: Chroma keeps this power of the part that luma takes from the new frame.
CHROMA_POWER = 1.5
#: Edges that the spatial filter spares, in noise, at strength 1: luma and chroma.
EDGES = (2.0, 4.0)
_RADIUS = 2
#: Reduction of the maps of motion, and of the samples that noise is estimated from.
_COARSE, _SPARSE = 4, 3
#: The noise is estimated anew over about so many frames, and is at least that of rounding.
_NOISE_FRAMES, _LEAST_NOISE = 30, 0.29


def recursive_response(weight: float, f_hz: float, fs: float) -> tuple[float, float]:
    """Compute the effect of the recursive filter on a sine.

    Parameters
    ----------
    weight : float
        Weight of the past, 0 to below 1.
    f_hz : float
        Frequency, Hz.
    fs : float
        Frame rate, Hz.

    Returns
    -------
    gain : float
        Factor on the amplitude.
    delay_s : float
        Delay, seconds.

    >>> gain, delay_s = recursive_response(0.7, 1.0, 30.0)
    >>> round(gain, 2), round(delay_s, 3)
    (0.86, 0.069)
    """
    turn = 2 * np.pi * f_hz / fs
    response = (1 - weight) / (1 - weight * np.exp(-1j * turn))
    return float(abs(response)), float(-np.angle(response) / (2 * np.pi * f_hz))


def past_weight(strength: float, noise: float) -> tuple[float, float]:
    """Return the weight of the past where nothing moves.

    Parameters
    ----------
    strength : float
        Weight for luma under strong noise, 0 to below 1.
    noise : float
        Standard deviation of the noise of luma, pixel values.

    Returns
    -------
    luma, chroma : float

    >>> luma, chroma = past_weight(0.8, 2.0)
    >>> round(luma, 2), round(chroma, 2)
    (0.64, 0.78)
    """
    luma = strength * noise**2 / (noise**2 + HALF_NOISE**2)
    return luma, 1 - (1 - luma) ** CHROMA_POWER


@dataclass(eq=False)
class Denoiser:
    """A denoiser that is given the frames of one video in order.

    Parameters
    ----------
    temporal : float
        Weight of the past for luma under strong noise, 0 to below 1; 0 leaves it out.
    spatial : float
        Strength of the spatial filter, 0-1; 0 leaves it out.

    Attributes
    ----------
    noise : float
        Estimated standard deviation of the noise of luma, pixel values.
    """

    temporal: float
    spatial: float
    noise: float = field(default=1.0, init=False)
    _past: tuple[F32, F32] | None = field(default=None, init=False)
    _sample: F32 | None = field(default=None, init=False)
    _seen: int = field(default=0, init=False)

    def __call__(self, k: int, pixels: F32) -> F32:
        """Filter a frame.

        Parameters
        ----------
        k : int
            Number of the frame.
        pixels : float32 array, shape (height, width, 3)
            Pixel values; overwritten.

        Returns
        -------
        float32 array, shape (height, width, 3)
        """
        luma, chroma = split_planes(pixels)
        self._estimate_noise(luma)
        if self.temporal:
            luma, chroma = self._recurse(luma, chroma)
        if self.spatial:
            for_luma, for_chroma = (self.spatial * edge * self.noise for edge in EDGES)
            luma = guided_smooth(luma, _RADIUS, for_luma)
            chroma = guided_smooth(chroma, _RADIUS, for_chroma)
        return join_planes(luma, chroma, pixels)

    def _estimate_noise(self, luma: F32) -> None:
        """Update the noise from the median change between frames, which motion hardly moves."""
        sample = luma[::_SPARSE, ::_SPARSE].copy()
        if self._sample is not None:
            now = float(np.median(cv2.absdiff(sample, self._sample))) / (0.6745 * np.sqrt(2))
            now = max(now, _LEAST_NOISE)
            self._seen += 1
            self.noise += (now - self.noise) / min(self._seen, _NOISE_FRAMES)
        self._sample = sample

    def _recurse(self, luma: F32, chroma: F32) -> tuple[F32, F32]:
        """Return the planes after the recursive filter; its state is their own copy."""
        if self._past is None:
            self._past = luma, chroma
            return luma, chroma
        past_luma, past_chroma = self._past
        change = cv2.subtract(luma, past_luma)
        still = self._still(change)
        for_luma, for_chroma = past_weight(self.temporal, self.noise)
        h, w = luma.shape
        # the new plane minus the part of the change that is taken for noise
        change = cv2.multiply(change, cv2.resize(still, (w, h)), scale=for_luma)
        luma = cv2.subtract(luma, change)
        still = cv2.merge([cv2.resize(still, (chroma.shape[1], chroma.shape[0]))] * 2)
        change = cv2.multiply(cv2.subtract(chroma, past_chroma), still, scale=for_chroma)
        chroma = cv2.subtract(chroma, change)
        self._past = luma, chroma
        return luma, chroma

    def _still(self, change: F32) -> F32:
        """Return a coarse map that is 1 where nothing moves and 0 where something does."""
        h, w = change.shape
        size = (max(w // _COARSE, 1), max(h // _COARSE, 1))
        mean = cv2.resize(np.abs(change), size, interpolation=cv2.INTER_AREA)
        mean = cv2.blur(mean, (3, 3))
        low, high = (edge * self.noise for edge in MOTION)
        still = np.clip((np.float32(high) - mean) / np.float32(high - low), 0, 1)
        return np.asarray(still, dtype=np.float32)


def guided_smooth(plane: F32, radius: int, edge: float) -> F32:
    """Smooth a plane by a guided filter that is guided by itself.

    Parameters
    ----------
    plane : float32 array, shape (height, width) or (height, width, channels)
    radius : int
        Pixels.
    edge : float
        Standard deviation, pixel values, within a window: one that varies less is averaged,
        one that varies more is kept.

    Returns
    -------
    float32 array, of the shape of `plane`

    >>> noise = np.random.default_rng(0).normal(100, 1, (40, 40)).astype(np.float32)
    >>> smooth = guided_smooth(noise, 2, 3.0)
    >>> bool(smooth.std() < 0.4), bool(abs(smooth.mean() - noise.mean()) < 0.05)
    (True, True)
    """
    size = (2 * radius + 1, 2 * radius + 1)
    # squares of small numbers, as float32 loses the variance of large ones
    centre = np.float32(128)
    low = plane - centre
    mean = cv2.blur(low, size)
    variance = cv2.blur(cv2.multiply(low, low), size)
    cv2.subtract(variance, cv2.multiply(mean, mean), dst=variance)
    np.maximum(variance, 0, out=variance)
    kept = cv2.divide(variance, variance + np.float32(edge**2 + 1e-6), dst=variance)
    cv2.subtract(mean, cv2.multiply(kept, mean), dst=mean)
    # the mean over all windows that hold a pixel
    cv2.multiply(cv2.blur(kept, size), low, dst=low)
    cv2.add(low, cv2.blur(mean, size), dst=low)
    low += centre
    return np.asarray(low, dtype=np.float32)


def make_denoise(options: CameraSpec, rng: np.random.Generator, shot: Shot) -> Denoiser | None:
    """Make the denoiser of a video.

    Parameters
    ----------
    options : CameraSpec
    rng : np.random.Generator
        Not used: a denoiser draws nothing.
    shot : Shot

    Returns
    -------
    Denoiser or None
        None if it is left out.
    """
    if not (options.temporal_denoise or options.spatial_denoise):
        return None
    return Denoiser(options.temporal_denoise, options.spatial_denoise)
