"""Coordinates, textures and colours for drawing a person, drawn once per video."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from sspd.simulation.lights.light import lamp_colour
from sspd.simulation.person.anatomy import F32, Anatomy
from sspd.simulation.person.skin import pulse_vector, skin_colour
from sspd.simulation.spec import VideoSpec

#: Extent of the patch around the face's centre, face widths: to each side, and up.
SIDE, UP = 1.45, 1.18


@dataclass(frozen=True, eq=False)
class Canvas:
    """Face coordinates and textures of each pixel, all of shape (h, w).

    ``texture`` is the relative variation of skin, ``strands`` vertically stretched noise,
    ``blotch`` smooth noise; ``pixel`` is the size of a pixel in face widths.
    """

    u: F32
    v: F32
    pixel: float
    texture: F32
    strands: F32
    blotch: F32

    def part(self, at: tuple[slice, slice]) -> Canvas:
        """Return the canvas of a rectangle.

        Parameters
        ----------
        at : tuple of two slices
            Rows and columns.

        Returns
        -------
        Canvas
        """
        names = ("u", "v", "texture", "strands", "blotch")
        return replace(self, **{name: getattr(self, name)[at] for name in names})

    def rectangle(self, u: tuple[float, float], v: tuple[float, float]) -> tuple[slice, slice]:
        """Return the rows and columns of a rectangle in face coordinates.

        Parameters
        ----------
        u, v : (low, high)
            Bounds, face widths.

        Returns
        -------
        tuple of two slices
        """
        rows = np.searchsorted(self.v[:, 0], v)
        columns = np.searchsorted(self.u[0], u)
        return slice(int(rows[0]), int(rows[1])), slice(int(columns[0]), int(columns[1]))


def blurred_noise(
    rng: np.random.Generator, shape: tuple[int, int], sigma: tuple[float, float]
) -> F32:
    """Draw Gaussian noise that is blurred, with standard deviation 1.

    Parameters
    ----------
    rng : np.random.Generator
    shape : (height, width)
        Pixels.
    sigma : (across, down)
        Standard deviations of the blur, pixels.

    Returns
    -------
    float32 array, shape (height, width)

    >>> blurred_noise(np.random.default_rng(0), (8, 9), (2.0, 1.0)).shape
    (8, 9)
    """
    reduce = max(1, int(min(sigma) / 3))
    small = (shape[0] // reduce + 2, shape[1] // reduce + 2)
    raw: F32 = rng.standard_normal(small).astype(np.float32)
    across, down = (max(s / reduce, 0.3) for s in sigma)
    raw = cv2.GaussianBlur(raw, (0, 0), across, sigmaY=down)
    if reduce > 1:
        raw = cv2.resize(raw, None, fx=reduce, fy=reduce, interpolation=cv2.INTER_LINEAR)
    raw = raw[: shape[0], : shape[1]]
    return np.asarray(raw / max(float(raw.std()), 1e-6), dtype=np.float32)


def make_canvas(face_px: int, down: float, rng: np.random.Generator) -> Canvas:
    """Make the canvas of one person.

    Parameters
    ----------
    face_px : int
        Width of the face, pixels.
    down : float
        Extent of the patch below the face's centre, face widths.
    rng : np.random.Generator

    Returns
    -------
    Canvas
    """
    f = face_px
    shape = (round((UP + down) * f), round(2 * SIDE * f))
    x = np.arange(shape[1], dtype=np.float32) / np.float32(f) - np.float32(SIDE)
    y = np.arange(shape[0], dtype=np.float32) / np.float32(f) - np.float32(UP)
    u, v = np.meshgrid(x, y)
    texture = sum(
        np.float32(gain) * blurred_noise(rng, shape, (size * f, size * f))
        for gain, size in ((0.012, 0.006), (0.014, 0.02), (0.022, 0.08))
    )
    strands = blurred_noise(rng, shape, (0.006 * f, 0.05 * f))
    blotch = blurred_noise(rng, shape, (0.12 * f, 0.12 * f))
    return Canvas(u, v, 1 / f, np.asarray(texture, np.float32), strands, blotch)


@dataclass(frozen=True, eq=False)
class Look:
    """Appearance of one person under one light; colours are RGB pixel values 0-255, shape (3,)."""

    who: Anatomy
    skin: F32
    pulse: F32
    hair: F32
    shirt: F32
    iris: F32
    lip: F32
    lamp: F32
    light: NDArray[np.float64]
    shine: float


def draw_look(spec: VideoSpec, rng: np.random.Generator) -> Look:
    """Draw the random appearance of a person of the given skin tone.

    Parameters
    ----------
    spec : VideoSpec
    rng : np.random.Generator

    Returns
    -------
    Look
    """
    skin = skin_colour(spec.skin_tone, rng)
    hair = np.array([40, 30, 24]) * rng.uniform(0.6, 1.4)
    if spec.skin_tone < 2 and rng.random() < 0.5:
        hair = np.array([rng.uniform(90, 170), rng.uniform(70, 130), rng.uniform(45, 80)])
    if rng.random() < 0.2:
        hair = np.full(3, rng.uniform(80, 150))
    eyes = np.array([[70, 45, 30], [95, 75, 45], [90, 110, 130]])
    iris = eyes[rng.integers(0, 3 if spec.skin_tone < 3 else 1)]
    lip = skin * np.array([0.86, 0.62, 0.64]) * rng.uniform(0.9, 1.1)
    light = np.array([rng.uniform(-0.5, 0.5), rng.uniform(-0.8, -0.2), 1.0])
    return Look(
        who=Anatomy.draw(rng),
        skin=skin,
        pulse=pulse_vector(rng),
        hair=hair.astype(np.float32),
        shirt=rng.uniform(20, 225, 3).astype(np.float32),
        iris=iris.astype(np.float32),
        lip=lip.astype(np.float32),
        lamp=lamp_colour(rng),
        light=light,
        shine=rng.uniform(8, 34),
    )
