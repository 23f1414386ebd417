"""Noise that is coloured in time: light, gain and white balance that drift.

The mean colour of a region is not white in time: its power falls with the frequency, so that the
pulse's band has many times the noise that shot noise leaves after the mean. The table of
`sspd.simulation.camera` has it for four real videos, codec included: on walls and pillows green
has 0.025-0.09 % per sqrt(Hz) at 1 Hz, and its power falls with f^1.0 to f^2.7 (median 2.1); red
against green has 0.024-0.080, blue against green 0.075-0.133. Green of the face and of the
background correlate by -0.3 to 0.5, so a large part differs over the frame.
Ambient light that varies and camera noise are named as limits of camera PPG by Verkruysse,
Svaasand and Nelson (Optics Express, 2008) and Sun and Thakor (IEEE Transactions on Biomedical
Engineering, 2016).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sspd.simulation.camera.options import CameraSpec
from sspd.simulation.camera.shot import Shot, Step
from sspd.simulation.person.anatomy import F32

#: Below this the power rises no further, Hz: light that changes for minutes is a scene's matter.
CORNER_HZ = 0.03
#: Noise of blue over that of red, both against green: 0.9-4.8 on the walls of the four videos,
#: median 1.7.
BLUE = 1.7


def coloured_noise(
    rng: np.random.Generator, t: NDArray[np.float64], slope: float, n: int
) -> NDArray[np.float32]:
    """Draw series whose one-sided power density is 1/Hz at 1 Hz and falls with ``f ** slope``.

    Parameters
    ----------
    rng : np.random.Generator
    t : float64 array, shape (time,)
        Seconds, ascending, nearly uniform.
    slope : float
        0 is white, 1 is 1/f noise, 2 a random walk.
    n : int
        Number of series.

    Returns
    -------
    float32 array, shape (time, n)

    >>> x = coloured_noise(np.random.default_rng(0), np.arange(6000) / 30, 0.0, 1)
    >>> round(float(x.var() / 15), 1)  # 1/Hz over 15 Hz
    1.0
    """
    fs = (t.size - 1) / max(t[-1] - t[0], 1e-9)
    # twice as long as needed, and longer than the slowest wave: noise is not periodic
    size = 1 << int(np.ceil(np.log2(max(2 * t.size, fs / CORNER_HZ, 4))))
    f = np.maximum(np.fft.rfftfreq(size, 1 / fs), CORNER_HZ)
    amplitude = np.sqrt(f**-slope * fs * size / 4)
    out = np.empty((t.size, n), np.float32)
    at = (t - t[0]) * fs
    for j in range(n):
        wave = rng.standard_normal(f.size) + 1j * rng.standard_normal(f.size)
        wave[0] = wave[-1] = 0
        out[:, j] = np.interp(at, np.arange(size), np.fft.irfft(wave * amplitude, size))
    return out


def patterns(shot: Shot) -> F32:
    """Return four patterns over the frame whose squares have the sum 1 everywhere.

    Parameters
    ----------
    shot : Shot

    Returns
    -------
    float32 array, shape (12, 16, 4)
        Half a wave across and down the frame; places half a frame apart are uncorrelated.
    """
    x, y = (np.pi * (np.arange(n) + 0.5) / n for n in (16, 12))
    across, down = np.stack([np.cos(x), np.sin(x)]), np.stack([np.cos(y), np.sin(y)])
    both = down[:, None, :, None] * across[None, :, None, :]
    return np.asarray(both.reshape(4, 12, 16).transpose(1, 2, 0), np.float32)


def make_drift(options: CameraSpec, rng: np.random.Generator, shot: Shot) -> Step | None:
    """Make the step that lets light, gain and white balance drift.

    Parameters
    ----------
    options : CameraSpec
    rng : np.random.Generator
    shot : Shot

    Returns
    -------
    Step or None
        None if nothing drifts.
    """
    if not (options.drift_percent or options.balance_percent):
        return None
    common, balance = rng.spawn(2)
    red = np.float32(options.balance_percent / 100)
    # one series for the whole frame, and one for each pattern
    grey = coloured_noise(common, shot.t, options.drift_slope, 5)[:, :, None]
    tint = coloured_noise(balance, shot.t, options.drift_slope, 10).reshape(-1, 5, 2)
    change = np.repeat(np.float32(options.drift_percent / 100) * grey, 3, axis=2)
    change[..., 0] += red * tint[..., 0]
    change[..., 2] += red * np.float32(BLUE) * tint[..., 1]
    whole = 1 + np.float32(np.sqrt(1 - options.drift_local)) * change[:, 0]
    local = np.float32(np.sqrt(options.drift_local)) * change[:, 1:]
    few = patterns(shot)
    size = (shot.width, shot.height)

    def step(k: int, pixels: F32) -> F32:
        gain = np.clip(whole[k], 0.25, 4)
        if not options.drift_local:
            return np.asarray(cv2.transform(pixels, np.diag(gain), dst=pixels))
        wide = cv2.resize(gain + few @ local[k], size)
        return np.asarray(cv2.multiply(pixels, wide[shot.cut], dst=pixels))

    return step
