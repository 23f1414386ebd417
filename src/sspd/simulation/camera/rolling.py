"""Rolling shutter under mains light: bands over the rows, and a flicker at the alias.

Lamps on mains of f Hz change at 2f. A row that is exposed for T sees a change of
``sinc(2 f T)`` times the lamp's (its integral), and the rows, which are read out one after the
other, see its phases: bands that run over the frame at the alias of 2f and the frame rate. The
mean of all rows flickers at that alias, ``sinc(2 f T_readout)`` times as deep.

Depths: incandescent lamps 6-11 %, fluorescent lamps on magnetic ballasts about 35 %, on electronic
ones a few per cent; LEDs from about 0 to 100 % (Lehman et al., IEEE ECCE 2011; Miller et al.,
Lighting Res. Technol. 55, 2023). Colours: a filament that cools and heats changes by Wien's law
``c2 / (wavelength T)``, at 2,700 K and 600, 540 and 460 nm as 8.9 : 9.9 : 11.6; the phosphors of
tubes glow on for 1.1 ms (red, Y2O3:Eu), 2.8 ms (green, LaPO4:Ce,Tb) and some microseconds (blue)
(Phosphor Handbook, CRC 2006), and the phosphor of white LEDs for 0.07 microseconds. Channels of
real cameras overlap, so these colours are an upper bound. The second harmonics of tubes and of
smoothed LEDs are estimates. Readout times:
phones 27-32 ms a frame, some cheap ones 43-61 (Ringaby & Forssen, Int. J. Comput. Vis. 96, 2012).
Mains frequency: it wanders by about 0.02 Hz (Schaefer et al., Nature Energy 3, 2018).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from sspd.simulation.camera.options import CameraSpec
from sspd.simulation.camera.shot import Shot
from sspd.simulation.noise import smooth_noise
from sspd.simulation.person.anatomy import F32

#: Standard deviation of the mains frequency, Hz, and the band in which it wanders.
MAINS_STD_HZ, MAINS_BAND_HZ = 0.02, (0.002, 0.05)
_GRID_HZ = 10.0


@dataclass(frozen=True)
class Lamp:
    """A kind of lamp.

    Parameters
    ----------
    depths : (first, second)
        Amplitudes of its light at twice and four times the mains frequency, as fractions of its
        mean.
    colour : (r, g, b)
        Factors on them by channel; 1 for the luma of white.
    """

    depths: tuple[float, float]
    colour: tuple[float, float, float]


#: Kinds of lamps by their names in `options.LAMPS`. The light of ``led_rectified``, which has no
#: capacitor, is that of a rectified sine, of which 2/3 and 2/15 are the first harmonics.
LAMPS: Mapping[str, Lamp] = MappingProxyType(
    {
        "incandescent": Lamp((0.08, 0.0), (0.91, 1.01, 1.18)),
        "fluorescent": Lamp((0.35, 0.05), (1.27, 0.76, 1.54)),
        "electronic": Lamp((0.04, 0.0), (1.27, 0.76, 1.54)),
        "led": Lamp((0.10, 0.02), (1.0, 1.0, 1.0)),
        "led_rectified": Lamp((0.667, 0.133), (1.0, 1.0, 1.0)),
    }
)


def alias_hz(light_hz: float, fps: float) -> float:
    """Return the frequency at which a periodic light appears in a video.

    Parameters
    ----------
    light_hz : float
        Frequency of the light, Hz.
    fps : float
        Frame rate, Hz.

    Returns
    -------
    float
        0 to half the frame rate, Hz.

    >>> alias_hz(100.0, 30.0), round(alias_hz(120.0, 29.97), 2)
    (10.0, 0.12)
    """
    return abs(light_hz - round(light_hz / fps) * fps)


def exposed_depth(depth: float, light_hz: float, seconds: float) -> float:
    """Return what an average over some time leaves of a light's oscillation.

    Parameters
    ----------
    depth : float
        Amplitude of the light, as a fraction of its mean.
    light_hz : float
        Its frequency, Hz.
    seconds : float
        Length of the exposure (or of the readout, for the mean of all rows).

    Returns
    -------
    float
        Amplitude; negative for the opposite phase.

    >>> exposed_depth(0.4, 100.0, 0.005), abs(exposed_depth(0.4, 100.0, 0.01)) < 1e-9
    (0.25464790894703254, True)
    """
    return float(depth * np.sinc(light_hz * seconds))


@dataclass(frozen=True, eq=False)
class MainsBands:
    """Bands of one video.

    Parameters
    ----------
    turns : float64 array, shape (time,)
        Periods of the lamp's light until the exposure of the first row.
    row_turns : float64 array, shape (height, 1)
        Periods between the first row and each row of the window.
    swings : float64 array, shape (2, 3)
        Amplitude after exposure, by harmonic and channel.
    """

    turns: NDArray[np.float64]
    row_turns: NDArray[np.float64]
    swings: NDArray[np.float64]

    def gain(self, k: int) -> NDArray[np.float64]:
        """Return the gain of each row and channel at a frame.

        Parameters
        ----------
        k : int
            Number of the frame.

        Returns
        -------
        float64 array, shape (height, 3)
        """
        phase = 2 * np.pi * (self.turns[k] % 1 + self.row_turns)
        return np.asarray(
            1 + np.cos(phase) * self.swings[0] + np.cos(2 * phase) * self.swings[1],
            dtype=np.float64,
        )

    def __call__(self, k: int, pixels: F32) -> F32:
        """Apply the bands to a frame.

        Parameters
        ----------
        k : int
            Number of the frame.
        pixels : float32 array, shape (height, width, 3)
            Pixel values; overwritten.

        Returns
        -------
        float32 array, shape (height, width, 3)
        """
        # repeated over the columns, since OpenCV does not broadcast and NumPy is slow at it
        gain = cv2.repeat(self.gain(k).astype(np.float32)[:, None], 1, pixels.shape[1])
        return np.asarray(cv2.multiply(pixels, gain, dst=pixels), dtype=np.float32)


def make_bands(
    lamp: str,
    mains_hz: float,
    share: float,
    exposure_s: float,
    readout_s: float,
    rng: np.random.Generator,
    t: NDArray[np.float64],
    rows: tuple[int, int, int],
) -> MainsBands:
    """Draw the bands of one lamp.

    Parameters
    ----------
    lamp : str
        One of `LAMPS`.
    mains_hz : float
        Mean frequency of the mains, Hz.
    share : float
        Fraction of the light that is the lamp's, 0-1; the rest is daylight.
    exposure_s, readout_s : float
        Exposure of a row, and time from the first row of the frame to the last, seconds.
    rng : np.random.Generator
    t : float64 array, shape (time,)
        Seconds.
    rows : (top, bottom, height)
        Rows that are rendered, and rows of the whole frame.

    Returns
    -------
    MainsBands

    >>> t = np.arange(90) / 30
    >>> args = "fluorescent", 50.0, 1.0, 0.005, 0.03, np.random.default_rng(0), t, (0, 60, 60)
    >>> make_bands(*args).gain(0).shape
    (60, 3)
    """
    kind, light_hz = LAMPS[lamp], 2 * mains_hz
    fine = np.arange(t[0], t[-1] + 2 / _GRID_HZ, 1 / _GRID_HZ)
    wander_hz = 2 * MAINS_STD_HZ * smooth_noise(rng, fine, MAINS_BAND_HZ)
    wander = np.cumsum(wander_hz) / _GRID_HZ
    turns = rng.uniform() + light_hz * t + np.interp(t, fine, wander - wander[0])
    top, bottom, height = rows
    row_turns = light_hz * readout_s * np.arange(top, bottom)[:, None] / height
    depths = [exposed_depth(d, n * light_hz, exposure_s) for n, d in enumerate(kind.depths, 1)]
    return MainsBands(turns, row_turns, share * np.outer(depths, kind.colour))


def make_mains(options: CameraSpec, rng: np.random.Generator, shot: Shot) -> MainsBands | None:
    """Draw the bands of mains light in a video.

    Parameters
    ----------
    options : CameraSpec
    rng : np.random.Generator
    shot : Shot

    Returns
    -------
    MainsBands or None
        None if they are left out.
    """
    if options.lamp == "none" or not options.lamp_share:
        return None
    return make_bands(
        options.lamp,
        options.mains_hz,
        options.lamp_share,
        options.exposure_ms / 1000,
        options.readout_ms / 1000,
        rng,
        shot.t,
        (shot.window.top, shot.window.bottom, shot.height),
    )
