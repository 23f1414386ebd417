"""Optics of skin: how much light it returns, and how much less with more blood.

Two layers. The epidermis absorbs by its melanin, on the way in and out; the dermis scatters and
absorbs by its blood, a half-space after Kubelka and Munk. The vessels that pulsate lie below a
depth, so that light which is soon absorbed (blue) hardly reaches them, and light which goes deep
(red) meets blood that hardly absorbs it.

- Haemoglobin: S. Prahl, tabulated molar extinction coefficients
  (omlc.org/spectra/hemoglobin, data of Gratzer and Kollias), every 10 nm; 150 g/l, 64,500 g/mol.
- Melanin, bloodless skin and scattering: S. L. Jacques, Optical properties of biological
  tissues: a review, Phys. Med. Biol. 2013, and Skin Optics, Oregon Medical Laser Center News
  1998.
- Kubelka-Munk coefficients from those of transport: Star, Marijnissen & van Gemert, Phys. Med.
  Biol. 1988.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sspd.simulation.ranges import check_ranges

Spectrum = NDArray[np.float64]

#: Wavelengths of all spectra, nm.
NM: Spectrum = np.arange(400.0, 701.0, 10.0)
# Molar extinction at these wavelengths, 1/cm/M, of oxygenated and of deoxygenated haemoglobin.
_OXY = """
266232 466840 480360 246072 102580 62816 44480 33209.2 26629.2 23684.4 20932.8 20035.2 24202.4
39956.8 53236 43016 32613.2 44496 50104 14400.8 3200 1506 942 610 442 368 319.6 294 277.6 276 290
"""
_DEOXY = """
223296 303956 407560 528600 413280 103292 23388.8 16156.4 14550 16684 20862 25773.6 31589.6
39036.4 46592 53412 53788 45072 37020 28324.4 14677.2 9443.6 6509.6 5148.8 4345.2 3750.12 3226.56
2795.12 2407.92 2051.96 1794.28
"""
#: Haemoglobin of whole blood, mol/l.
_BLOOD_MOLAR = 150 / 64_500
#: Oxygen saturation of the blood in the arteries, which pulsate.
_ARTERIAL = 0.97
#: Length of the way through the epidermis, down and up, cm: two times 60 micrometres, longer by
#: half as light goes aslant.
_EPIDERMIS_CM = 2 * 0.006 * 1.5

_RANGES: dict[str, tuple[float, float]] = {
    "melanin": (0.0, 0.6),
    "blood": (0.001, 0.2),
    "saturation": (0.0, 1.0),
    "depth_mm": (0.0, 2.0),
    "gloss": (0.0, 0.5),
}


@dataclass(frozen=True)
class Skin:
    """Skin of a face, as far as light is concerned.

    Parameters
    ----------
    melanin : float
        Volume fraction of melanosomes in the epidermis: 0.013-0.063 in light skin, 0.11-0.16 in
        moderately and 0.18-0.43 in darkly pigmented skin (Jacques 1998).
    blood : float
        Volume fraction of blood in the dermis; some percent in a face.
    saturation : float
        Oxygen saturation of that blood, most of it in veins.
    depth_mm : float
        Depth from which on vessels pulsate; the plexus of arterioles begins at 0.1 to 0.5 mm.
    gloss : float
        Light that the surface and the epidermis return, relative to a white surface: it has
        seen no blood.

    >>> Skin().melanin
    0.04
    """

    melanin: float = 0.04
    blood: float = 0.02
    saturation: float = 0.75
    depth_mm: float = 0.2
    gloss: float = 0.03

    def __post_init__(self) -> None:
        check_ranges(self, _RANGES)


def blood_absorption(saturation: float) -> Spectrum:
    """Return the absorption coefficient of whole blood.

    Parameters
    ----------
    saturation : float
        Fraction of oxygenated haemoglobin.

    Returns
    -------
    float64 array, shape (wavelengths,)
        1/cm, at `NM`.

    >>> absorbed = blood_absorption(1.0)
    >>> float(NM[absorbed.argmax()]), bool(absorbed[NM == 540] > 50 * absorbed[NM == 630])
    (420.0, True)
    """
    oxy, deoxy = (np.array(table.split(), float) for table in (_OXY, _DEOXY))
    molar = saturation * oxy + (1 - saturation) * deoxy
    return np.asarray(np.log(10) * molar * _BLOOD_MOLAR)


def skin_reflectance(skin: Skin) -> Spectrum:
    """Return the fraction of light that skin returns, gloss included.

    Parameters
    ----------
    skin : Skin

    Returns
    -------
    float64 array, shape (wavelengths,)

    >>> light, dark = (skin_reflectance(Skin(melanin=part)) for part in (0.03, 0.3))
    >>> bool((light > dark).all()), bool(light[-1] > 2 * light[0])
    (True, True)
    """
    absorbed, scattered = _dermis(skin)
    ratio = absorbed / scattered
    returned = 1 + ratio - np.sqrt(ratio**2 + 2 * ratio)
    return np.asarray(skin.gloss + _through_epidermis(skin) * returned)


def pulse_spectrum(skin: Skin) -> Spectrum:
    """Return how much less light skin returns per additional volume fraction of arterial blood.

    By the theory of Kubelka and Munk, an absorber below the depth z changes the light by
    ``exp(-2 k z)`` of what it would change if it were everywhere, with ``k^2 = K (K + 2 S)``.

    Parameters
    ----------
    skin : Skin

    Returns
    -------
    float64 array, shape (wavelengths,)
        Fraction of the light for a volume fraction of 1, above 0.

    >>> change = pulse_spectrum(Skin()) / skin_reflectance(Skin())
    >>> bool(change[NM == 540] > 5 * change[NM == 630])
    True
    """
    absorbed, scattered = _dermis(skin)
    ratio = absorbed / scattered
    root = np.sqrt(ratio**2 + 2 * ratio)
    slope = ((1 + ratio) / root - 1) / scattered
    reached = np.exp(-2 * np.sqrt(absorbed * (absorbed + 2 * scattered)) * skin.depth_mm / 10)
    return np.asarray(_through_epidermis(skin) * slope * reached * 2 * blood_absorption(_ARTERIAL))


def _dermis(skin: Skin) -> tuple[Spectrum, Spectrum]:
    """Return the coefficients K and S of the dermis, 1/cm."""
    absorbed = skin.blood * blood_absorption(skin.saturation) + (1 - skin.blood) * _bloodless()
    scattered = 46.0 * (NM / 500) ** -1.421
    return 2 * absorbed, 0.75 * scattered


def _through_epidermis(skin: Skin) -> Spectrum:
    melanosomes = 6.6e11 * NM**-3.33
    absorbed = skin.melanin * melanosomes + (1 - skin.melanin) * _bloodless()
    return np.asarray(np.exp(-absorbed * _EPIDERMIS_CM))


def _bloodless() -> Spectrum:
    return np.asarray(0.244 + 85.3 * np.exp(-(NM - 154) / 66.2))
