"""Drawing of the parts around the face: ears, neck, shirt and hair."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sspd.simulation.canvas import Canvas, Look
from sspd.simulation.person.anatomy import F32, blob, step


def _smooth_light(x: F32, y: F32, light: NDArray[np.float64]) -> F32:
    """Return the light on a smooth round surface with a normal tilted by ``x``, ``y`` (-1 to 1)."""
    lean = np.float32(light[0]) * x + np.float32(light[1]) * y
    return np.asarray(np.clip(0.80 + 0.25 * lean, 0.2, 1.2), np.float32)


def draw_body(c: Canvas, look: Look) -> tuple[F32, F32, F32]:
    """Draw ears, neck and shirt.

    Parameters
    ----------
    c : Canvas
    look : Look
        Appearance of the person.

    Returns
    -------
    rgb : float32 array, shape (h, w, 3)
        Pixel values 0-255, times the coverage.
    cover, bare : float32 arrays, shape (h, w)
        Coverage of all parts, and of bare skin, 0-1.
    """
    u, v, au = c.u, c.v, np.abs(c.u)
    soft = max(0.012, 1.5 * c.pixel)
    chin = look.who.chin
    skin_rgb = look.skin * (1 + c.texture[..., None])

    half = 0.285 + 0.10 * step(v - chin - 0.05, 0.35) ** 2
    neck = step(half - au, soft) * step(v - 0.15, 0.02)
    collar = v - (chin + 0.22 + 0.10 * (1 - np.minimum(au / 0.3, 1) ** 2))
    shoulder = v - (chin + 0.17 + 0.36 * np.clip((au - 0.24) / 0.9, 0, 2) ** 1.3)
    shirt = step(np.minimum(collar + 10 * np.maximum(au - 0.42, 0), shoulder), soft)
    shirt = shirt * step(1.42 - au, soft)
    neck_light = _smooth_light(u / 0.33, np.float32(0.2) + 0 * v, look.light)
    # the chin's shadow on the neck
    neck_light = neck_light * (1 - 0.45 * step(chin + 0.13 - v, 0.10))
    neck_light = neck_light * (1 - 0.35 * (au / 0.4) ** 2).clip(0.3, 1)
    ear = 1 - (((au - 0.505) / 0.062) ** 2 + ((v + 0.035 + 0.12 * (au - 0.5)) / 0.165) ** 2)
    ears = step(ear, 0.35)
    ear_light = (0.78 - 0.25 * blob(au, v, 0.505, -0.03, 0.025, 0.09)) * step(ear + 0.2, 0.9)
    ear_light = ear_light * _smooth_light(np.sign(u), 0 * v, look.light)

    folds = 1 + 0.10 * c.blotch + 0.02 * c.strands
    shirt_light = _smooth_light(u, (v - 1.2) * 0.5, look.light) * folds
    rgb = skin_rgb * (neck_light * neck)[..., None]
    rgb = rgb * (1 - shirt[..., None]) + look.shirt * (shirt_light * shirt)[..., None]
    red_ear = skin_rgb * np.array([1.03, 0.90, 0.90], np.float32)
    rgb = rgb * (1 - ears[..., None]) + red_ear * (ear_light * ears)[..., None]
    cover = np.maximum(np.maximum(neck, shirt), ears)
    bare = np.maximum(neck * (1 - shirt), ears)
    return np.asarray(rgb, np.float32), np.asarray(cover, np.float32), np.asarray(bare, np.float32)


def draw_hair(c: Canvas, look: Look) -> tuple[F32, F32, F32]:
    """Draw the hair.

    Parameters
    ----------
    c : Canvas
    look : Look
        Appearance of the person.

    Returns
    -------
    rgb : float32 array, shape (h, w, 3)
        Pixel values 0-255.
    back, front : float32 arrays, shape (h, w)
        Coverage behind the head, and over the forehead, 0-1.
    """
    u, v, au, who = c.u, c.v, np.abs(c.u), look.who
    ragged = 0.012 * c.strands + 0.02 * c.blotch
    outer = 0.52 + 0.55 * who.hair_volume
    crown = -0.90 - who.hair_volume
    down = np.where(v < -0.3, np.abs((v + 0.3) / (crown + 0.3)) ** 2.3, 0)
    head = 1 - (au / outer) ** 2.4 - down + ragged
    soft = max(0.03, 3 * c.pixel)
    end = step(who.hair_length - v + ragged, 0.05)
    back = step(head, soft) * end
    if who.bald:
        # a horseshoe: sides only
        back = back * step(v + 0.50, 0.08) * step(-who.hairline * 0 - v + 0.1, 0.05)
    line = who.hairline + 0.55 * np.maximum(au - 0.22, 0) ** 1.2 + 0.03 * c.blotch
    fringe = step(line - v + ragged, 0.035)
    temple = step(au - (0.485 - 0.10 * step(-0.2 - v, 0.25)) + ragged, 0.02)
    temple = temple * step(min(who.hair_length, -0.02) - v, 0.06)
    front = np.maximum(fringe, temple) * back
    if who.bald:
        front = temple * back
    tone = 0.85 + 0.16 * c.strands + 0.10 * c.blotch
    gloss = 0.35 * blob(u, v, 0.3 * float(np.sign(look.light[0])), crown + 0.22, 0.3, 0.10)
    shade = _smooth_light(u, (v + 0.4) * 0.8, look.light) * np.clip(tone, 0.25, 1.8) * (1 + gloss)
    rgb = look.hair * shade[..., None]
    return np.asarray(rgb, np.float32), np.asarray(back, np.float32), np.asarray(front, np.float32)
