"""Geometry of the head: depth, outline and features in face coordinates.

``u`` is to the right and ``v`` down from the face's centre (about the nose bridge), in face
widths: cheeks at u = ±0.5, chin at v = 0.63, eyes at v = -0.13.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: float32 images and maps; `Any`, because OpenCV's type stubs have no dtypes.
F32 = NDArray[Any]

#: Heights of eyes, brows, mouth, chin and hairline, face widths.
EYE_V, BROW_V, MOUTH_V, CHIN_V, HAIRLINE_V = -0.13, -0.255, 0.325, 0.63, -0.70


@dataclass(frozen=True)
class Anatomy:
    """Proportions of a person, in face widths unless stated otherwise.

    >>> 0.2 < Anatomy.draw(np.random.default_rng(0)).eye_u < 0.26
    True
    """

    eye_u: float
    eye_half: float
    eye_open: float
    brow_thick: float
    brow_arch: float
    nose_width: float
    nose_length: float
    nose_height: float
    mouth_half: float
    lip_full: float
    jaw_power: float
    chin: float
    hair_volume: float
    hair_length: float
    hairline: float
    bald: bool
    beard: float
    glasses: bool

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Anatomy:
        """Draw a random person.

        Parameters
        ----------
        rng : np.random.Generator

        Returns
        -------
        Anatomy
        """
        return cls(
            eye_u=rng.uniform(0.215, 0.245),
            eye_half=rng.uniform(0.095, 0.115),
            eye_open=rng.uniform(0.030, 0.043),
            brow_thick=rng.uniform(0.018, 0.032),
            brow_arch=rng.uniform(0.0, 0.03),
            nose_width=rng.uniform(0.85, 1.15),
            nose_length=rng.uniform(0.115, 0.155),
            nose_height=rng.uniform(0.8, 1.15),
            mouth_half=rng.uniform(0.16, 0.20),
            lip_full=rng.uniform(0.8, 1.25),
            jaw_power=rng.uniform(2.3, 3.1),
            chin=rng.uniform(0.60, 0.67),
            hair_volume=rng.uniform(0.06, 0.15),
            hair_length=float(rng.choice([-0.15, 0.0, 0.35, 0.8])),
            hairline=rng.uniform(-0.74, -0.60),
            bald=bool(rng.random() < 0.12),
            beard=float(rng.choice([0.0, 0.0, 0.3, 0.8])),
            glasses=bool(rng.random() < 0.2),
        )


def step(x: F32, soft: float) -> F32:
    """Return a smooth step: 0 below ``-soft``, 1 above ``soft``.

    Parameters
    ----------
    x : float32 array
    soft : float
        Half width of the transition, in the unit of `x`.

    Returns
    -------
    float32 array, of the shape of `x`

    >>> step(np.float32([-1, 0, 1]), 0.5).tolist()
    [0.0, 0.5, 1.0]
    """
    s = np.clip(x / np.float32(2 * soft) + np.float32(0.5), 0, 1)
    return np.asarray(s * s * (3 - 2 * s), dtype=np.float32)


def blob(u: F32, v: F32, cu: float, cv: float, su: float, sv: float) -> F32:
    """Return a Gaussian bump of height 1.

    Parameters
    ----------
    u, v : float32 arrays
        Face coordinates.
    cu, cv : float
        Centre.
    su, sv : float
        Standard deviations.

    Returns
    -------
    float32 array, of the shape of `u`

    >>> float(blob(np.float32([0.1]), np.float32([0.2]), 0.1, 0.2, 1, 1)[0])
    1.0
    """
    return np.exp(
        np.float32(-0.5)
        * (
            ((u - np.float32(cu)) / np.float32(su)) ** 2
            + ((v - np.float32(cv)) / np.float32(sv)) ** 2
        )
    )


def jaw_drop(v: F32, mouth: float) -> F32:
    """Return the downward shift of the skin when the mouth opens.

    Parameters
    ----------
    v : float32 array
        Face coordinate.
    mouth : float
        Opening of the mouth, 0-1.

    Returns
    -------
    float32 array, of the shape of `v`
        Face widths.
    """
    return np.asarray(0.06 * mouth * step(v - MOUTH_V - 0.05, 0.10), dtype=np.float32)


def outline(u: F32, v: F32, who: Anatomy) -> F32:
    """Return the superellipse of the head's outline: below 1 inside, 1 on the edge.

    Parameters
    ----------
    u, v : float32 arrays
        Face coordinates.
    who : Anatomy

    Returns
    -------
    float32 array, of the shape of `u`

    >>> who = Anatomy.draw(np.random.default_rng(0))
    >>> bool(outline(np.float32([0]), np.float32([0]), who)[0] < 1)
    True
    """
    half = np.float32(0.5) * (1 - np.float32(0.03) * step(-v - 0.35, 0.3))
    below = np.abs(np.maximum(v, 0) / who.chin) ** who.jaw_power
    above = np.abs(np.minimum(v, 0) / 0.98) ** 2.6
    return np.asarray((u / half) ** 2 + below + above, dtype=np.float32)


def depth(u: F32, v: F32, who: Anatomy) -> F32:
    """Return the height of the face's surface toward the camera.

    Parameters
    ----------
    u, v : float32 arrays
        Face coordinates.
    who : Anatomy

    Returns
    -------
    float32 array, of the shape of `u`
        Face widths.
    """
    z = np.float32(0.52) * np.sqrt(np.maximum(1 - np.minimum(outline(u, v, who), 1), 0.0025))
    au = np.abs(u)
    tip = who.nose_length
    along = np.clip((v + 0.16) / (tip + 0.16), 0, 1)
    ridge = np.exp(-0.5 * (u / (who.nose_width * (0.032 + 0.035 * along))) ** 2)
    nose = ridge * (0.03 + 0.13 * along**1.3) * step(tip + 0.022 - v, 0.036) * step(v + 0.19, 0.05)
    z += who.nose_height * nose
    z += 0.05 * blob(au, v, 0.085 * who.nose_width, tip - 0.012, 0.032, 0.035)
    z -= 0.075 * blob(au, v, who.eye_u - 0.01, EYE_V - 0.005, 0.105, 0.06)
    z += 0.035 * blob(au, v, who.eye_u, EYE_V, 0.06, 0.04)
    z += 0.028 * blob(au, v, 0.2, BROW_V - 0.02, 0.17, 0.04)
    z += 0.035 * blob(au, v, 0.27, 0.07, 0.10, 0.08)
    half = who.mouth_half
    z += 0.026 * who.lip_full * blob(u, v, 0, MOUTH_V - 0.025, half * 0.6, 0.02)
    z += 0.034 * who.lip_full * blob(u, v, 0, MOUTH_V + 0.032, half * 0.5, 0.024)
    z -= 0.020 * blob(u, v, 0, MOUTH_V + 0.095, half * 0.7, 0.028)
    z += 0.045 * blob(u, v, 0, who.chin - 0.09, 0.11, 0.05)
    fold = au - (0.12 + 0.55 * (v - 0.12))
    z -= 0.012 * np.exp(-0.5 * (fold / 0.022) ** 2) * step(v - 0.12, 0.05) * step(0.40 - v, 0.06)
    return np.asarray(z, dtype=np.float32)


def lit(z: F32, pixel: float, light: NDArray[np.float64]) -> tuple[F32, F32]:
    """Compute the diffuse and specular light on a surface.

    The diffuse part is Lambert's cosine plus ambient light, the specular part Blinn's.

    Parameters
    ----------
    z : float32 array, shape (h, w)
        Height of the surface toward the camera, face widths.
    pixel : float
        Size of a pixel, face widths.
    light : float64 array, shape (3,)
        Direction to the light.

    Returns
    -------
    diffuse, shine : float32 arrays, shape (h, w)

    >>> flat = np.zeros((4, 4), np.float32)
    >>> float(lit(flat, 0.01, np.array([0, 0, 1.0]))[0][0, 0])
    1.0
    """
    zv, zu = np.gradient(z, np.float32(pixel))
    # limits the slope at the rim, which is infinite in theory
    slope = np.sqrt(zu * zu + zv * zv) + np.float32(1e-6)
    limit = np.minimum(1, 2.2 / slope)
    zu, zv = zu * limit, zv * limit
    length = 1 / np.sqrt(1 + zu * zu + zv * zv)
    lx, ly, lz = (light / np.linalg.norm(light)).astype(np.float32)
    cosine = (-zu * lx - zv * ly + lz) * length
    diffuse = np.float32(0.38) + np.float32(0.62) * np.maximum(cosine, 0)
    half = np.array([lx, ly, lz + 1.0])
    hx, hy, hz = (half / np.linalg.norm(half)).astype(np.float32)
    shine = np.maximum((-zu * hx - zv * hy + hz) * length, 0) ** 16
    return np.asarray(diffuse, dtype=np.float32), np.asarray(shine, dtype=np.float32)
