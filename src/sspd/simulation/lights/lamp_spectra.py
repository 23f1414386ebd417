"""Spectra of lights under which faces are filmed.

Bodies that glow follow Planck; white LEDs are a blue line and a phosphor; fluorescent tubes are
the three bands at 436, 544 and 611 nm on a low continuum (CIE 15:2004, F10 to F12); a screen has
three narrow primaries. What lamps of a kind differ in is drawn.
"""

from __future__ import annotations

import numpy as np

from sspd.simulation.person.skin_optics import NM, Spectrum
from sspd.simulation.ranges import check_choice

#: Kinds of light.
LAMPS = ("daylight", "tungsten", "led_cool", "led_warm", "fluorescent", "screen")
# Temperatures of what glows, K.
_KELVIN = {"daylight": (5000.0, 7500.0), "tungsten": (2600.0, 3000.0)}
# Peaks of the others: nm, standard deviation in nm, height.
_PEAKS = {
    "led_cool": ((452.0, 11.0, 1.0), (555.0, 52.0, 0.65)),
    "led_warm": ((452.0, 11.0, 0.30), (600.0, 55.0, 1.0)),
    "fluorescent": (
        (436.0, 6.0, 0.45),
        (488.0, 9.0, 0.15),
        (544.0, 6.0, 1.0),
        (588.0, 10.0, 0.25),
        (611.0, 6.0, 1.0),
        (560.0, 90.0, 0.10),
    ),
    "screen": ((450.0, 10.0, 1.0), (537.0, 18.0, 0.60), (625.0, 13.0, 0.65)),
}
#: Spread of the heights of peaks between lamps of a kind, and of their places, nm.
_HEIGHT_SPREAD, _PLACE_SPREAD_NM = 0.2, 2.5


def lamp_spectrum(lamp: str, rng: np.random.Generator | None = None) -> Spectrum:
    """Return the spectrum of a light.

    Parameters
    ----------
    lamp : str
        One of `LAMPS`.
    rng : np.random.Generator or None
        Draws one lamp of the kind; None returns the middle one.

    Returns
    -------
    float64 array, shape (wavelengths,)
        Power at `sspd.simulation.person.skin_optics.NM`, the highest is 1.

    Raises
    ------
    UsageError
        There is no such kind.

    >>> day, tungsten = lamp_spectrum("daylight"), lamp_spectrum("tungsten")
    >>> bool(day[0] / day[-1] > 5 * tungsten[0] / tungsten[-1])
    True
    """
    check_choice("lamp", lamp, LAMPS)
    if lamp in _KELVIN:
        low, high = _KELVIN[lamp]
        power = _planck((low + high) / 2 if rng is None else rng.uniform(low, high))
    else:
        power = np.zeros(NM.size)
        for nm, width_nm, height in _PEAKS[lamp]:
            if rng is not None:
                nm += rng.normal(0, _PLACE_SPREAD_NM)
                height *= np.exp(rng.normal(0, _HEIGHT_SPREAD))
            power += height * np.exp(-0.5 * ((NM - nm) / width_nm) ** 2)
    return np.asarray(power / power.max())


def _planck(kelvin: float) -> Spectrum:
    # 14,388 micrometre kelvin is h c / k
    return np.asarray(NM**-5.0 / np.expm1(1.4388e7 / (NM * kelvin)))
