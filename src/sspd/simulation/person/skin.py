"""Skin tones, and the strength of the pulse by colour and by region.

The dichromatic model (Wang et al., IEEE Trans. Biomed. Eng. 2017, Eq. 1-6): the camera
records the light times (specular + diffuse); blood modulates only the diffuse part, in each
channel by the relative strength of the pulse vector.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Skin under neutral light, RGB pixel values 0-255, Fitzpatrick I-VI.
TONES = np.array(
    [
        (231, 190, 168),
        (216, 170, 142),
        (196, 147, 116),
        (166, 118, 88),
        (126, 84, 60),
        (88, 60, 45),
    ],
    dtype=np.float32,
)
#: Relative strength of the pulse in RGB under white light (de Haan & van Leest, Physiol. Meas.
#: 2014, the signature [0.33, 0.77, 0.53]), scaled to green = 1.
PULSE_VECTOR = np.array([0.33, 0.77, 0.53], dtype=np.float32) / np.float32(0.77)


def skin_colour(tone: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw a skin colour near a tone, as people of one type differ too.

    Parameters
    ----------
    tone : int
        0-5: Fitzpatrick I-VI.
    rng : np.random.Generator

    Returns
    -------
    float32 array, shape (3,)
        RGB pixel values 0-255.

    >>> skin_colour(5, np.random.default_rng(0)).round(-1).tolist()
    [90.0, 60.0, 40.0]
    """
    neighbour = TONES[min(tone + 1, len(TONES) - 1)]
    mixed = TONES[tone] + rng.uniform(-0.1, 0.35) * (neighbour - TONES[tone])
    return np.asarray(mixed * rng.uniform(0.97, 1.03, 3), dtype=np.float32)


def pulse_vector(rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw the pulse vector of a video: red and blue vary by up to 15 %, green is 1.

    Parameters
    ----------
    rng : np.random.Generator

    Returns
    -------
    float32 array, shape (3,)

    >>> pulse_vector(np.random.default_rng(0)).argmax()
    np.int64(1)
    """
    spread = rng.uniform(0.85, 1.15, 3)
    spread[1] = 1.0
    return (PULSE_VECTOR * spread).astype(np.float32)


def pulse_map(
    u: NDArray[np.float32], v: NDArray[np.float32], rng: np.random.Generator
) -> NDArray[np.float32]:
    """Draw the relative strength of the pulse over the face, about 1 on the cheeks.

    It is high on forehead and cheeks, lower on nose, chin and neck.

    Parameters
    ----------
    u, v : float32 arrays, shape (h, w)
        Face coordinates: face widths from the face's centre, right and down.
    rng : np.random.Generator

    Returns
    -------
    float32 array, shape (h, w)

    >>> u, v = np.float32([[0.25, 0.0]]), np.float32([[0.1, 0.9]])
    >>> cheek, neck = pulse_map(u, v, np.random.default_rng(0))[0]
    >>> bool(cheek > 1.5 * neck)
    True
    """
    forehead = rng.uniform(0.8, 1.2)
    strength = np.full(u.shape, 0.45, np.float32)
    for cu, cv, su, sv, peak in (
        (0.0, -0.52, 0.30, 0.17, forehead - 0.45),
        (-0.26, 0.10, 0.16, 0.18, rng.uniform(0.9, 1.1) - 0.45),
        (0.26, 0.10, 0.16, 0.18, rng.uniform(0.9, 1.1) - 0.45),
        (0.0, 0.52, 0.16, 0.08, 0.2),
        (0.0, 0.95, 0.40, 0.20, -0.2),
    ):
        strength += np.float32(peak) * np.exp(
            -0.5 * (((u - cu) / su) ** 2 + ((v - cv) / sv) ** 2)
        ).astype(np.float32)
    return strength


def cheeks(u: NDArray[np.float32], v: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return the region in which ``pulse_percent`` is defined: a disc on each cheek.

    Parameters
    ----------
    u, v : float32 arrays, shape (h, w)
        Face coordinates, face widths.

    Returns
    -------
    bool array, shape (h, w)

    >>> bool(cheeks(np.float32([0.25]), np.float32([0.12]))[0])
    True
    """
    return np.asarray(((np.abs(u) - 0.25) / 0.10) ** 2 + ((v - 0.12) / 0.10) ** 2 < 1)
