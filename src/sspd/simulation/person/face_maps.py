"""Delays and strengths of the pulse that differ smoothly over the face.

Maps of the face by imaging photoplethysmography are patchy, in amplitude and in phase, and
differ from person to person and from side to side (Kamshilin et al., Sci. Rep. 2015; Kamshilin
et al., Biomed. Opt. Express 2016 for the delays). In a real video with a strong pulse (0.5 %,
10 s, 46 blocks of an eighth of the crop) both halves of the time share a part of the maps whose
standard deviation is 24 % in strength and at most 28 ms in delay. The mean maps by region are
in `sspd.simulation.person.skin`; these come on top. A delay is rendered to first order, so delays
that are long against a wave of the pulse also raise its amplitude: 6 % at 50 ms and 70 bpm.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sspd.simulation.hearts.options import HeartSpec
from sspd.simulation.person.anatomy import F32

#: Correlation length of the maps, face widths.
_PATCH = 0.2
_WAVES = 24
#: Weakest relative strength.
_WEAKEST = 0.05
#: Longest delay, standard deviations.
_LATEST = 2.5


def smooth_map(
    u: F32, v: F32, skin: NDArray[np.bool_], rng: np.random.Generator
) -> NDArray[np.float32]:
    """Draw a smooth map with mean 0 and standard deviation 1 over the skin of the face.

    Parameters
    ----------
    u, v : float32 arrays, shape (h, w)
        Face coordinates, face widths.
    skin : bool array, shape (h, w)
        Skin; that of the neck does not count.
    rng : np.random.Generator

    Returns
    -------
    float32 array, shape (h, w)

    >>> u, v = np.meshgrid(*[np.linspace(-0.5, 0.5, 40, dtype=np.float32)] * 2)
    >>> drawn = smooth_map(u, v, np.ones((40, 40), bool), np.random.default_rng(0))
    >>> round(float(drawn.std()), 3), round(abs(float(drawn.mean())), 3)
    (1.0, 0.0)
    """
    out = np.zeros(u.shape, np.float32)
    # a sum of plane waves; their numbers are Gaussian, as the correlation shall be
    for ku, kv in rng.standard_normal((_WAVES, 2)) / _PATCH:
        phase = rng.uniform(0, 2 * np.pi)
        out += np.cos(np.float32(ku) * u + np.float32(kv) * v + np.float32(phase))
    face = skin & (v < 0.7)
    if face.any():
        out -= out[face].mean()
        out /= max(float(out[face].std()), 1e-6)
    return out


def vary_over_face(
    heart: HeartSpec,
    rng: np.random.Generator,
    place: tuple[F32, F32],
    skin: NDArray[np.bool_],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Draw the strength and the delay of the pulse over the face.

    Parameters
    ----------
    heart : HeartSpec
    rng : np.random.Generator
    place : (u, v)
        Face coordinates, float32 arrays of the shape (h, w), face widths.
    skin : bool array, shape (h, w)

    Returns
    -------
    strength, delay_s : float32 arrays, shape (h, w)
        Factor on the strength, and delay, seconds.

    >>> u, v = np.meshgrid(*[np.linspace(-0.5, 0.5, 40, dtype=np.float32)] * 2)
    >>> drawn = vary_over_face(HeartSpec(), np.random.default_rng(0), (u, v), u > -1)
    >>> [round(float(part.std()), 3) for part in drawn]
    [0.2, 0.01]
    """
    strong, late = (smooth_map(*place, skin, child) for child in rng.spawn(2))
    strength = np.maximum(1 + np.float32(heart.strength_percent / 100) * strong, _WEAKEST)
    delay_s = np.float32(heart.delay_ms / 1000) * np.clip(late, -_LATEST, _LATEST)
    return strength.astype(np.float32), np.asarray(delay_s, np.float32)
