"""Drawing of eyes, brows, mouth, beard and glasses on the albedo of a face.

Each function uses `Pen.paint`, which blends a colour over the albedo by a coverage and reduces
the fraction of pulsing skin by the same coverage.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sspd.simulation.person.anatomy import BROW_V, EYE_V, F32, MOUTH_V, Anatomy, blob, step


@dataclass(frozen=True, eq=False)
class Pen:
    """Coordinates (h, w), albedo (h, w, 3) and skin (h, w) for drawing; the last two change."""

    u: F32
    v: F32
    pixel: float
    albedo: F32
    skin: F32

    def edge(self, soft: float) -> float:
        """Return the width of a soft edge, at least 0.7 pixels.

        Parameters
        ----------
        soft : float
            Desired width, face widths.

        Returns
        -------
        float
            Face widths.
        """
        return max(soft, 0.7 * self.pixel)

    def paint(self, cover: F32, colour: NDArray[np.floating], pulses: bool = False) -> None:
        """Blend a colour over the albedo.

        Parameters
        ----------
        cover : float32 array, shape (h, w)
            Coverage, 0-1.
        colour : array, shape (3,) or (h, w, 3)
            RGB pixel values 0-255.
        pulses : bool
            True if the painted surface is pulsing skin.
        """
        part = cover[..., None]
        self.albedo[...] = self.albedo * (1 - part) + np.asarray(colour, np.float32) * part
        if not pulses:
            self.skin[...] = self.skin * (1 - cover)

    def shade(self, amount: F32) -> None:
        """Darken the albedo, a little less in red, as light scattered inside the skin does.

        Parameters
        ----------
        amount : float32 array, shape (h, w)
            0-1.
        """
        self.albedo[...] *= 1 - amount[..., None] * np.array([0.85, 1.0, 1.0], np.float32)


def redness(u: F32, v: F32) -> F32:
    """Return the additional redness of cheeks and nose.

    Parameters
    ----------
    u, v : float32 arrays
        Face coordinates.

    Returns
    -------
    float32 array, of the shape of `u`
    """
    cheeks = blob(np.abs(u), v, 0.27, 0.10, 0.11, 0.09)
    return np.asarray(0.05 * cheeks + 0.06 * blob(u, v, 0, 0.09, 0.07, 0.05), np.float32)


def draw_shadows(pen: Pen, who: Anatomy) -> None:
    """Draw the shadows of eye sockets, nose, lip and brow.

    Parameters
    ----------
    pen : Pen
    who : Anatomy
    """
    au = np.abs(pen.u)
    inner = blob(au, pen.v, who.eye_u - 0.075, EYE_V - 0.035, 0.05, 0.045)
    shadow = 0.30 * inner + 0.22 * blob(au, pen.v, who.eye_u, EYE_V - 0.03, 0.11, 0.05)
    shadow += 0.10 * blob(au, pen.v, who.eye_u, EYE_V + 0.07, 0.09, 0.02)
    shadow += 0.26 * blob(pen.u, pen.v, 0, who.nose_length + 0.036, 0.075, 0.018)
    shadow += 0.14 * blob(pen.u, pen.v, 0, MOUTH_V + 0.085, 0.11, 0.020)
    shadow += 0.12 * blob(au, pen.v, 0.11, who.nose_length - 0.01, 0.022, 0.04)
    pen.shade(np.minimum(shadow, 0.7).astype(np.float32))
    nostril = blob(au, pen.v, 0.045 * who.nose_width, who.nose_length + 0.017, 0.024, 0.011)
    pen.paint(np.clip(1.25 * nostril, 0, 0.9).astype(np.float32), pen.albedo * 0.25)


def draw_eyes(pen: Pen, who: Anatomy, iris: F32, skin: F32, lids: float) -> None:
    """Draw both eyes.

    Parameters
    ----------
    pen : Pen
    who : Anatomy
    iris, skin : float32 arrays, shape (3,)
        RGB pixel values 0-255.
    lids : float
        0 (open) to 1 (shut).
    """
    du, dv = np.abs(pen.u) - who.eye_u, pen.v - EYE_V
    x = du / who.eye_half
    inside = np.maximum(1 - x * x, 0)
    top = -who.eye_open * inside**0.8 * (1 - 1.9 * lids)
    bottom = 0.62 * who.eye_open * inside
    soft = pen.edge(0.004)
    hole = step(np.minimum(dv - top, bottom - dv), soft) * step(1 - np.abs(x), 0.05)
    white = (
        np.array([196, 186, 178], np.float32)
        * (0.75 + 0.25 * step(dv - top - 0.012, 0.012))[..., None]
    )
    pen.paint(hole, white)
    # iris and pupil do not move with the lids; both eyes have the same direction
    r = np.sqrt((np.abs(pen.u) - who.eye_u) ** 2 + (dv + 0.004) ** 2)
    radius = 0.95 * who.eye_open + 0.004
    pen.paint(hole * step(radius - r, soft), iris)
    pen.paint(hole * step(0.45 * radius - r, soft), np.array([14, 11, 10], np.float32))
    glint = blob(pen.u - np.sign(pen.u) * who.eye_u, dv, 0.010, -0.014, 0.006, 0.006)
    pen.paint(hole * glint, np.array([235, 235, 235], np.float32))
    near = step(1.08 - np.abs(x), 0.06)
    line = pen.edge(0.008)
    lash = np.exp(-0.5 * ((dv - top) / line) ** 2) * near
    pen.paint((0.85 * lash).astype(np.float32), skin * 0.18)
    lower = np.exp(-0.5 * ((dv - bottom) / (0.8 * line)) ** 2) * near
    pen.paint((0.35 * lower).astype(np.float32), skin * 0.35)
    crease = np.exp(-0.5 * ((dv + who.eye_open * (0.5 + 1.1 * inside)) / line) ** 2) * near
    pen.shade((0.30 * crease).astype(np.float32))


def draw_brows(pen: Pen, who: Anatomy, hair: F32, strands: F32) -> None:
    """Draw both brows, thicker toward the nose, with hairs.

    Parameters
    ----------
    pen : Pen
    who : Anatomy
    hair : float32 array, shape (3,)
        RGB pixel values 0-255.
    strands : float32 array, shape (h, w)
        See `sspd.simulation.canvas.Canvas`.
    """
    au = np.abs(pen.u)
    along = (au - 0.08) / 0.29
    centre = (
        BROW_V
        - who.brow_arch * np.sin(np.pi * np.clip(along, 0, 1))
        + 0.02 * np.maximum(along - 0.6, 0)
    )
    thick = who.brow_thick * np.clip(1.15 - 0.75 * along, 0.2, 1)
    cover = np.exp(-((((pen.v - centre) / thick) ** 2) ** 1.3))
    cover = cover * step(au - 0.085, 0.02) * step(0.375 - au, 0.03)
    cover = cover * np.clip(0.85 + 0.18 * strands, 0.3, 1)
    # brows of fair hair are darker than the hair
    pen.paint(np.asarray(0.9 * cover, np.float32), 0.75 * hair)


def draw_mouth(pen: Pen, who: Anatomy, lip: F32, mouth: float) -> None:
    """Draw the mouth, with the lower lip moved by the jaw.

    Parameters
    ----------
    pen : Pen
    who : Anatomy
    lip : float32 array, shape (3,)
        RGB pixel values 0-255.
    mouth : float
        0 (closed) to 1 (open).
    """
    x = pen.u / who.mouth_half
    inside = np.maximum(1 - x * x, 0)
    gap = 0.075 * mouth * inside**0.7
    dv = pen.v - MOUTH_V
    soft = pen.edge(0.006)
    bow = 1 - 0.35 * np.exp(-0.5 * (pen.u / 0.022) ** 2)
    high = 0.042 * who.lip_full * inside**0.8 * bow
    low = 0.055 * who.lip_full * inside**0.7 + gap
    here = step(1 - np.abs(x), 0.06)
    pen.paint(step(np.minimum(dv + high, -dv + 0.004), soft) * here, 0.88 * lip, pulses=True)
    pen.paint(step(np.minimum(low - dv, dv - gap), soft) * here, lip, pulses=True)
    hole = step(np.minimum(dv + 0.002, gap - dv), soft) * here
    pen.paint(hole, np.array([52, 22, 20], np.float32))
    teeth = hole * step(0.4 * gap - dv, soft) * step(0.7 - np.abs(x), 0.1)
    pen.paint(0.8 * min(1.0, 3 * mouth) * teeth, np.array([190, 180, 165], np.float32))
    width = pen.edge(0.007)
    line = np.exp(-0.5 * ((dv - 0.5 * gap) / (width + 0.5 * gap)) ** 2) * here
    pen.paint(np.asarray(0.7 * (1 - mouth) * line, np.float32), 0.30 * lip)
    corner = blob(np.abs(pen.u), pen.v, who.mouth_half, MOUTH_V + 0.004, 0.022, 0.016)
    pen.shade(np.asarray(0.35 * corner, np.float32))


def draw_beard(pen: Pen, who: Anatomy, hair: F32, strands: F32) -> None:
    """Draw the beard, from stubble to full, by ``who.beard`` (0-1).

    Parameters
    ----------
    pen : Pen
    who : Anatomy
    hair : float32 array, shape (3,)
        RGB pixel values 0-255.
    strands : float32 array, shape (h, w)
        See `sspd.simulation.canvas.Canvas`.
    """
    if who.beard == 0:
        return
    low = step(pen.v - 0.30 - 0.30 * np.abs(0.5 - np.abs(pen.u)) * (pen.v < 0.55), 0.10)
    lip = blob(pen.u, pen.v, 0, MOUTH_V - 0.075, 0.14, 0.022)
    cover = np.clip(low + 0.9 * lip, 0, 1) * np.clip(0.8 + 0.25 * strands, 0, 1)
    pen.paint(np.asarray(0.8 * who.beard * cover, np.float32), hair)


def draw_glasses(pen: Pen) -> None:
    """Draw glasses with thin wire frames and a bridge.

    Parameters
    ----------
    pen : Pen
    """
    du, dv = (np.abs(pen.u) - 0.235) / 0.165, (pen.v - EYE_V - 0.02) / 0.125
    r = (du**4 + dv**4) ** 0.25
    width = pen.edge(0.006) / 0.14
    frame = np.exp(-0.5 * ((r - 1) / width) ** 2)
    bridge = np.exp(-0.5 * ((pen.v - EYE_V + 0.01) / pen.edge(0.006)) ** 2) * (
        np.abs(pen.u) < 0.075
    )
    arm = np.exp(-0.5 * ((pen.v - EYE_V - 0.0) / pen.edge(0.006)) ** 2) * (np.abs(pen.u) > 0.40)
    cover = np.maximum(frame, np.maximum(bridge, arm))
    pen.paint(np.asarray(0.8 * cover, np.float32), np.array([58, 52, 50], np.float32))
