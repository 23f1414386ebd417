"""Colour of the pulse, as cameras record it.

Red, green and blue see blood in different depths and in different strength, and a camera mixes
them, so the pulse of a video has a colour of its own. It is given here as it is in the pixel
values of the cheeks, before noise: what it is in real videos stands at `PulseColor`; what skin,
light and camera make of it, in `sspd.simulation.person.recorded_pulse`.

Deeper vessels fill earlier, and red light goes deeper than green: the colours differ by some
milliseconds, and in the shape of the wave (Moço, Stuijk & de Haan, Biomed. Opt. Express 2016;
Liu et al., Biomed. Opt. Express 2016).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sspd.simulation.person.anatomy import F32
from sspd.simulation.ranges import check_choice, check_ranges

_RANGES: dict[str, tuple[float, float]] = {
    "red": (-0.3, 1.2),
    "blue": (-0.3, 1.5),
    "red_delay_ms": (-100.0, 100.0),
    "blue_delay_ms": (-100.0, 100.0),
}


@dataclass(frozen=True)
class PulseColor:
    """Colour of the pulse: AC/DC of red and blue relative to green, from pixel values.

    Parameters
    ----------
    red, blue : float
        AC/DC of the channel over AC/DC of green, on the cheeks, at the heart rate. Measured:
        webcam, five people, 0.03-0.46 (median 0.10) and 0.02-0.46 (median 0.32); six other real
        videos 0.24-0.8 and 0.16-1.0. Below 0: the channel brightens at systole, which a colour
        matrix can bring about.
    red_delay_ms, blue_delay_ms : float
        Delay of the channel relative to green, ms; exact at the mean heart rate.
    weaker_by_tone : bool
        True: ``pulse_percent`` is that of light skin, and melanin weakens it, see
        `sspd.simulation.person.recorded_pulse.tone_gain`.

    >>> round(PulseColor(0.43, 0.69).grey_db, 1)
    4.1
    """

    red: float = 0.43
    blue: float = 0.69
    red_delay_ms: float = 0.0
    blue_delay_ms: float = 0.0
    weaker_by_tone: bool = False

    def __post_init__(self) -> None:
        check_ranges(self, _RANGES)
        check_choice("weaker_by_tone", self.weaker_by_tone, (False, True))

    @property
    def vector(self) -> NDArray[np.float64]:
        """AC/DC of R, G and B relative to green, shape (3,)."""
        return np.array([self.red, 1.0, self.blue])

    @property
    def grey_db(self) -> float:
        """Mean of the three relative amplitudes over green's surplus, dB, without delays."""
        surplus = abs(1 - (self.red + self.blue) / 2)
        return 20 * math.log10(max(abs(self.vector.mean()), 1e-6) / max(surplus, 1e-6))


def color_pulse(
    change: F32,
    rest: F32,
    cheek: NDArray[np.bool_],
    options: PulseColor,
    percent: float,
) -> F32:
    """Scale the change of each channel to the colour of the pulse on the cheeks.

    Parameters
    ----------
    change : float32 array, shape (h, w, 3)
        Change of the pixel values for a blood volume of 1, of any strength in each channel.
    rest : float32 array, shape (h, w, 3) or more channels
        Pixel values without a pulse.
    cheek : bool array, shape (h, w)
        Region in which the strength is defined.
    options : PulseColor
    percent : float
        Peak-to-peak amplitude of green, percent of its mean.

    Returns
    -------
    float32 array, shape (h, w, 3)

    >>> rest = np.full((1, 1, 3), 100, np.float32)
    >>> color_pulse(-rest, rest, np.ones((1, 1), bool), PulseColor(0.1, 0.5), 2.0).tolist()
    [[[-0.20000000298023224, -2.0, -1.0]]]
    """
    unit = change[cheek].mean(axis=0, dtype=float) / rest[cheek][:, :3].mean(axis=0, dtype=float)
    scale = -percent / 100 * options.vector / unit
    return np.asarray(change * scale.astype(np.float32), np.float32)


def delay_pulse(
    change: F32, transit_s: NDArray[np.float64], options: PulseColor, hz: float
) -> tuple[F32, F32]:
    """Split a delayed change into multiples of the blood volume and of its derivative.

    With ``w = 2 pi hz`` a wave that is delayed by d is ``cos(w d) - sin(w d) / w d/dt`` of the
    wave: exact for its fundamental, so that a delay does not change the amplitude, and to the
    first order for its harmonics.

    Parameters
    ----------
    change : float32 array, shape (h, w, 3)
        Change of the pixel values for a blood volume of 1.
    transit_s : float array, shape (h, w)
        Delay of each place, seconds.
    options : PulseColor
        Its delays are added.
    hz : float
        Heart rate, Hz.

    Returns
    -------
    pulse, late : float32 arrays, shape (h, w, 3)
        Change for a blood volume of 1, and for a derivative of it of 1/s.

    >>> one = np.ones((1, 1, 3), np.float32)
    >>> pulse, late = delay_pulse(one, np.zeros((1, 1)), PulseColor(red_delay_ms=50), hz=1.0)
    >>> [round(float(layer[0, 0, 0]), 3) for layer in (pulse, late)]
    [0.951, -0.049]
    """
    w = 2 * np.pi * hz
    channels_s = np.array([options.red_delay_ms, 0.0, options.blue_delay_ms]) / 1000
    angle = (w * (transit_s[..., None] + channels_s)).astype(np.float32)
    late = change * np.sin(angle) / np.float32(-w)
    return np.asarray(change * np.cos(angle), np.float32), np.asarray(late, np.float32)
