"""Colour of the pulse after skin, light and camera: which one a camera would write.

Light of a lamp returns from skin (`sspd.simulation.person.skin_optics`), passes the colour filters
of a sensor, and the camera makes pixel values of it: white balance, colour matrix, tone curve,
coding with weaker colours. White balance does not change a ratio of AC to DC, but all that comes
after it does: the matrix takes from red and blue some of what it takes of green, so that their
pulses become weaker, none, or negative; the tone curve flattens what is bright, red first;
coding and noise reduction take from the changes of colour more than from those of brightness,
and what is left is grey.

The order of the steps is that of Ramanath et al., IEEE Signal Process. Mag. 2005; the tone curve
is that of Naka and Rushton with a display's power; luma is that of ITU-R BT.601. The sizes of
filters and matrices are those of usual sensors, and what is not known is drawn wide.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sspd.simulation.lights.lamp_spectra import LAMPS, lamp_spectrum
from sspd.simulation.person.pulse_color import PulseColor
from sspd.simulation.person.skin_optics import NM, Skin, Spectrum, pulse_spectrum, skin_reflectance

#: Melanosomes in the epidermis, volume fraction, by Fitzpatrick type I-VI: within the ranges of
#: Jacques (1998) for light, moderate and dark skin.
MELANIN = (0.02, 0.04, 0.08, 0.13, 0.21, 0.32)
#: Lowest ratio, and highest of R/G and of B/G, that is drawn: a little beyond what is measured.
_WRITTEN = (-0.1, 0.9, 1.1)
# A strong colour matrix; rows sum to 1, so that grey stays grey.
_MATRIX = np.array([[1.60, -0.50, -0.10], [-0.25, 1.50, -0.25], [0.00, -0.45, 1.45]])
_LUMA = np.array([0.299, 0.587, 0.114])
#: Exponent of a display's tone curve.
_POWER = 1 / 2.2
#: Spread (of the logarithm) that is drawn on top of the physics: skins and cameras differ more
#: than the ranges here.
_UNKNOWN = 0.25
#: Share of colours that are drawn without the physics, log-uniform from this ratio up: the
#: webcam of `PulseColor`, with a median R/G of 0.10, is at the edge of what it gives.
_WIDE_SHARE, _LEAST_WIDE = 0.2, 0.02
#: Mean and standard deviation of the delays of red and blue, ms. Red leads: deeper vessels fill
#: first. Measured on the cleanest real video (``face.mp4``, 10 s, 8.8 dB): red leads green by
#: 53 ms, blue by 20; in the others the noise is as large.
_DELAYS_MS = {"red": (-15.0, 20.0), "blue": (0.0, 12.0)}


@dataclass(frozen=True, eq=False)
class Sensor:
    """Camera, as far as the colour of the pulse is concerned.

    Parameters
    ----------
    peaks_nm, widths_nm : three floats
        Sensitivities of R, G and B: Gaussians, centres and standard deviations.
    matrix : float
        Strength of the colour matrix: 0 none, 1 that of a sensor whose filters overlap much.
    shoulder : float
        Compression of bright values by the tone curve: 0 none. A value x (0-1) becomes
        ``((1 + shoulder) x / (1 + shoulder x)) ** (1 / 2.2)``.
    exposure : float
        Value of green skin before the tone curve, 0-1.
    chroma : float
        Part of the changes of colour difference that coding and noise reduction leave, 0-1.

    >>> Sensor().chroma
    1.0
    """

    peaks_nm: tuple[float, float, float] = (612.0, 535.0, 460.0)
    widths_nm: tuple[float, float, float] = (30.0, 38.0, 28.0)
    matrix: float = 0.6
    shoulder: float = 0.5
    exposure: float = 0.3
    chroma: float = 1.0


def recorded_pulse(skin: Skin, lamp: Spectrum, sensor: Sensor) -> NDArray[np.float64]:
    """Compute the relative amplitude of the pulse in the pixel values of a camera.

    Parameters
    ----------
    skin : Skin
    lamp : float64 array, shape (wavelengths,)
        Spectrum of the light, at `sspd.simulation.person.skin_optics.NM`.
    sensor : Sensor

    Returns
    -------
    float64 array, shape (3,)
        AC/DC of R, G and B per additional volume fraction of arterial blood; above 0 where the
        channel darkens with more blood.

    >>> ac_dc = recorded_pulse(Skin(), lamp_spectrum("daylight"), Sensor())
    >>> (ac_dc / ac_dc[1]).round(1).tolist()
    [0.3, 1.0, 0.6]
    """
    peaks, widths = (np.array(of)[:, None] for of in (sensor.peaks_nm, sensor.widths_nm))
    filters = np.exp(-0.5 * ((NM - peaks) / widths) ** 2) * lamp
    filters /= filters.sum(axis=1, keepdims=True)  # white balance: white becomes 1, 1, 1
    matrix = np.eye(3) + sensor.matrix * (_MATRIX - np.eye(3))
    dc, ac = (matrix @ (filters @ of) for of in (skin_reflectance(skin), pulse_spectrum(skin)))
    dc = np.maximum(dc, 1e-3)  # a saturated colour is cut at black
    value = np.minimum(dc * sensor.exposure / dc[1], 1.0)
    # the slope of the logarithms of the tone curve
    relative = ac / dc * _POWER / (1 + sensor.shoulder * value)
    pixel = ((1 + sensor.shoulder) * value / (1 + sensor.shoulder * value)) ** _POWER
    change = relative * pixel
    luma = float(_LUMA @ change)
    return np.asarray((luma + sensor.chroma * (change - luma)) / pixel)


def draw_pulse_color(
    rng: np.random.Generator, skin_tone: int, lamp: str | None = None, *, delays: bool = True
) -> PulseColor:
    """Draw the colour of the pulse of a person under a light, as some camera writes it.

    Parameters
    ----------
    rng : np.random.Generator
    skin_tone : int
        0-5: Fitzpatrick I-VI.
    lamp : str or None
        One of `sspd.simulation.lights.lamp_spectra.LAMPS`; None draws one.
    delays : bool
        False: red and blue are in time with green.

    Returns
    -------
    PulseColor

    >>> color = draw_pulse_color(np.random.default_rng(0), skin_tone=2)
    >>> -0.3 <= color.red <= 1.2 and -0.3 <= color.blue <= 1.5
    True
    """
    lamp = lamp or str(rng.choice(LAMPS))
    red, blue = np.exp(rng.uniform(np.log(_LEAST_WIDE), np.log(_WRITTEN[1:])))
    by_physics = rng.random() >= _WIDE_SHARE
    while by_physics:
        skin, sensor = _draw_skin(rng, skin_tone), _draw_sensor(rng)
        ac_dc = recorded_pulse(skin, lamp_spectrum(lamp, rng), sensor)
        red, blue = ac_dc[[0, 2]] / max(ac_dc[1], 1e-9) * np.exp(rng.normal(0, _UNKNOWN, 2))
        by_physics = not (_WRITTEN[0] < min(red, blue) and red < _WRITTEN[1] and blue < _WRITTEN[2])
    late = {of: float(np.clip(rng.normal(*_DELAYS_MS[of]), -60, 60)) for of in ("red", "blue")}
    return PulseColor(
        red=float(red),
        blue=float(blue),
        red_delay_ms=late["red"] if delays else 0.0,
        blue_delay_ms=late["blue"] if delays else 0.0,
    )


def tone_gain(skin_tone: int) -> float:
    """Return how strong the pulse of a skin tone is, relative to that of Fitzpatrick II.

    AC/DC of green in daylight by `recorded_pulse`: melanin keeps light from the blood, but not
    from the surface and the epidermis, whose light has no pulse, so that their part grows. The
    absolute change in pixel values is smaller still, by what the skin is darker, which is in the
    drawn skin. Fallow, Tarumi & Tanaka (J. Clin. Monit. Comput. 2013) measured it by contact:
    the modulation of type V is below that of all lighter types. Nowara, McDuff & Veeraraghavan
    (CVPR Workshops 2020) found the loss of accuracy by camera in type VI above all.

    Parameters
    ----------
    skin_tone : int
        0-5: Fitzpatrick I-VI.

    Returns
    -------
    float

    >>> [round(tone_gain(tone), 2) for tone in range(6)]
    [1.01, 1.0, 0.98, 0.93, 0.79, 0.51]
    """
    lamp, sensor = lamp_spectrum("daylight"), Sensor()
    of, light = (
        recorded_pulse(Skin(melanin=MELANIN[tone]), lamp, sensor)[1] for tone in (skin_tone, 1)
    )
    return float(of / light)


def _draw_skin(rng: np.random.Generator, skin_tone: int) -> Skin:
    return Skin(
        melanin=MELANIN[skin_tone] * float(np.exp(np.clip(rng.normal(0, 0.25), -0.6, 0.6))),
        blood=float(np.exp(rng.uniform(np.log(0.008), np.log(0.05)))),
        saturation=float(rng.uniform(0.6, 0.9)),
        depth_mm=float(rng.uniform(0.08, 0.45)),
        gloss=float(np.exp(rng.uniform(np.log(0.01), np.log(0.10)))),
    )


def _draw_sensor(rng: np.random.Generator) -> Sensor:
    red, green, blue = (nm + float(rng.uniform(-12, 12)) for nm in Sensor.peaks_nm)
    widths = [nm * float(rng.uniform(0.75, 1.35)) for nm in Sensor.widths_nm]
    return Sensor(
        peaks_nm=(red, green, blue),
        widths_nm=(widths[0], widths[1], widths[2]),
        matrix=float(rng.uniform(0.0, 1.8)),
        shoulder=float(rng.choice([0.0, rng.uniform(0.0, 3.0)])),
        exposure=float(rng.uniform(0.08, 0.5)),
        chroma=1.0 if rng.random() < 0.5 else float(rng.uniform(0.5, 1.0)),
    )
