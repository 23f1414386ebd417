"""Automatic exposure and automatic white balance: loops that meter, wait and correct.

The exposure follows the mean brightness that was metered, a share of the error per frame, in
steps, some frames late, and leaves small errors alone. The defaults are those of the libcamera
driver of the Raspberry Pi (`agc_channel.cpp`, `awb.cpp`): 0.2 of the error per frame, an error of
2 % is left alone, the sensor obeys two frames later; white balance: grey world, a new aim every
10 frames, 0.05 of the way per frame. Steps of the gain are 1/16 to 1/256 of its value. A step
larger than twice the band of errors that are left alone makes the loop hunt: it goes back and
forth between two steps for ever, at 0.5-3 Hz, which is the band of the pulse. Automatic exposure
disturbs camera PPG (Laurie, Higgins, Peynot and Roberts, IEEE Access, 2020).

Gains act on pixel values, as those of the light of the scene do; the noise of the sensor does not
follow them (see ``iso_gain``).
"""

from __future__ import annotations

from collections import deque

import cv2
import numpy as np
from numpy.typing import NDArray

from sspd.simulation.camera.options import CameraSpec
from sspd.simulation.camera.shot import Shot, Step
from sspd.simulation.person.anatomy import F32

#: Pixels are metered at this distance, at most.
_STRIDE = 8
#: The exposure stays within this factor of the first frame's right one.
_MOST = 16.0
#: White balance leaves this error alone, in logarithms.
_AWB_BAND = 0.005


def exposure_gains(
    options: CameraSpec, brightness: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the gains of the exposure for a scene of known brightness, and what is recorded.

    Parameters
    ----------
    options : CameraSpec
    brightness : float64 array, shape (time,)
        Metered pixel value under gain 1.

    Returns
    -------
    gains, recorded : float64 arrays, shape (time,)

    >>> light = np.r_[np.full(5, 100.0), np.full(40, 150.0)]
    >>> gains, recorded = exposure_gains(CameraSpec(ae_speed=0.2), light)
    >>> int(np.flatnonzero(gains < 1)[0]), bool(abs(recorded[-1] / 100 - 1) < 0.025)
    (8, True)
    """
    loop = ExposureLoop(options)
    gains = np.empty(brightness.size)
    for k, value in enumerate(brightness):
        gains[k] = loop.gain
        loop.meter(float(value * gains[k]))
    return gains, brightness * gains


class ExposureLoop:
    """State of the automatic exposure; ``gain`` is that of the next frame."""

    def __init__(self, options: CameraSpec) -> None:
        self._speed = options.ae_speed
        self._step = float(np.log1p(options.ae_step_percent / 100))
        self._band = float(np.log1p(options.ae_band_percent / 100))
        self._wanted = float(np.log1p(options.ae_start_percent / 100))
        self._asked = deque([self._wanted] * (options.ae_delay_frames + 1))
        self._aim = 0.0

    @property
    def gain(self) -> float:
        """Gain of the next frame, relative to the right one of the first."""
        return float(np.exp(self._asked[0]))

    def meter(self, brightness: float) -> None:
        """Move on by one frame.

        Parameters
        ----------
        brightness : float
            Metered pixel value of the frame, with its gain.
        """
        level = float(np.log(max(brightness, 0.5)))
        # the first frame of a video is rightly exposed but for the start's error
        self._aim = self._aim or level - self._asked[0]
        error = self._aim - level
        if abs(error) > self._band:
            most = float(np.log(_MOST))
            self._wanted = min(max(self._wanted + self._speed * error, -most), most)
        self._asked.popleft()
        step = self._step
        self._asked.append(round(self._wanted / step) * step if step else self._wanted)


class BalanceLoop:
    """State of the automatic white balance; ``gains`` are those of the next frame."""

    def __init__(self, options: CameraSpec) -> None:
        self._options = options
        self._step = float(np.log1p(options.awb_step_percent / 100))
        self._log = np.zeros(3)
        self._goal = np.zeros(3)
        self._aim: NDArray[np.float64] | None = None
        self._frames = 0

    @property
    def gains(self) -> NDArray[np.float64]:
        """Gains of red, green and blue, relative to those of the first frame."""
        return np.exp(self._log)

    def meter(self, color: NDArray[np.float64]) -> None:
        """Move on by one frame.

        Parameters
        ----------
        color : float64 array, shape (3,)
            Metered pixel values of the frame, with its gains.
        """
        level = np.log(np.maximum(color, 0.5))
        tint = level - level[1]
        if self._aim is None:
            self._aim = tint
        self._frames += 1
        if self._frames % self._options.awb_period_frames == 0:
            error = self._aim - tint
            goal = self._log + np.where(np.abs(error) > _AWB_BAND, error, 0)
            self._goal = np.round(goal / self._step) * self._step if self._step else goal
        self._log = self._log + self._options.awb_speed * (self._goal - self._log)


def metering_weights(shot: Shot, stride: int, face: float) -> NDArray[np.float64]:
    """Return the weight of each metered pixel of the window; the sum is 1.

    Parameters
    ----------
    shot : Shot
    stride : int
        Distance of metered pixels.
    face : float
        Weight of the face, 0-1; the frame has the rest.

    Returns
    -------
    float64 array, shape (rows * columns,)

    >>> from sspd.types import Box
    >>> shot = Shot(np.arange(2.0), Box(0, 0, 64, 48), 64, 48, (32.0, 24.0), 20.0)
    >>> round(float(metering_weights(shot, 8, 0.5).sum()), 6)
    1.0
    """
    box = shot.window
    y, x = np.mgrid[box.top : box.bottom : stride, box.left : box.right : stride]
    cx, cy = shot.face_at
    inside = ((x - cx) / (0.5 * shot.face_px)) ** 2 + ((y - cy) / (0.65 * shot.face_px)) ** 2 < 1
    whole = np.full(inside.shape, 1 / inside.size)
    if not inside.any():
        return whole.ravel()
    return np.asarray((1 - face) * whole + face * inside / inside.sum()).ravel()


def make_exposure(options: CameraSpec, rng: np.random.Generator, shot: Shot) -> Step | None:
    """Make the step of automatic exposure and white balance.

    Parameters
    ----------
    options : CameraSpec
    rng : np.random.Generator
        Not used: the loops have no noise of their own.
    shot : Shot
        What is metered is the window that is rendered.

    Returns
    -------
    Step or None
        None if both are off.
    """
    if not (options.ae_speed or options.awb_speed):
        return None
    stride = max(1, min(_STRIDE, min(shot.window.height, shot.window.width) // 16))
    weights = metering_weights(shot, stride, options.ae_face_weight)
    exposure, balance = ExposureLoop(options), BalanceLoop(options)

    def step(k: int, pixels: F32) -> F32:
        ones = np.ones(3)
        gain = exposure.gain if options.ae_speed else 1.0
        tint = balance.gains if options.awb_speed else ones
        seen = np.minimum(pixels[::stride, ::stride].reshape(-1, 3) * gain, 255)
        exposure.meter(float(weights @ seen.mean(axis=1)))
        balance.meter(seen.mean(axis=0) * tint)
        if gain == 1.0 and bool(np.all(tint == 1.0)):
            return pixels
        return np.asarray(cv2.transform(pixels, np.diag(gain * tint), dst=pixels))

    return step
