"""Light over time: slow drift, flicker, a swinging light, and the colour of the light."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sspd.simulation.noise import smooth_noise
from sspd.simulation.spec import VideoSpec, rest_place


def light_gain(spec: VideoSpec, t: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the gain of the light on face and background, of mean near 1.

    The drift is slower than 0.4 Hz, and a tenth of it differs between the channels (clouds
    change the colour too). The flicker is a sine, equal in all channels.

    Parameters
    ----------
    spec : VideoSpec
    t : float64 array, shape (time,)
        Seconds.

    Returns
    -------
    float32 array, shape (time, 3)

    >>> spec = VideoSpec(flicker_percent=1.0, flicker_hz=1.3)
    >>> gain = light_gain(spec, np.arange(0, 10, 0.001))
    >>> round(float(np.ptp(gain[:, 1])), 4)
    0.01
    """
    rng = spec.rng("light")
    drift = smooth_noise(rng, t, (0.02, 0.4))
    colour = np.stack([smooth_noise(rng, t, (0.02, 0.4)) for _ in range(3)], axis=1)
    gain = 1 + spec.light_drift_percent / 100 * (drift[:, None] + 0.1 * colour)
    phase = rng.uniform(0, 2 * np.pi)
    lamp = np.sin(2 * np.pi * spec.flicker_hz * t + phase)
    gain = np.maximum(gain, 0.2) * (1 + spec.flicker_percent / 200 * lamp[:, None])
    return gain.astype(np.float32)


def swing_gain(spec: VideoSpec, t: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the additional relative brightness of the right cheek under a swinging light.

    Parameters
    ----------
    spec : VideoSpec
    t : float64 array, shape (time,)
        Seconds.

    Returns
    -------
    float64 array, shape (time,)

    >>> spec = VideoSpec(swing_percent=2.0, swing_hz=1.0)
    >>> round(float(np.ptp(swing_gain(spec, np.arange(0, 10, 0.001)))), 4)
    0.02
    """
    phase = spec.rng("swing").uniform(0, 2 * np.pi)
    return np.asarray(spec.swing_percent / 200 * np.sin(2 * np.pi * spec.swing_hz * t + phase))


def swing_ramp(spec: VideoSpec, x: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the fraction of `swing_gain` at each column: -1 and 1 at the cheeks.

    It is constant far from the face. The swinging light also comes closer, so the middle has a
    fifth.

    Parameters
    ----------
    spec : VideoSpec
    x : float64 array, shape (width,)
        Columns of the video, pixels.

    Returns
    -------
    float32 array, shape (width,)

    >>> spec = VideoSpec(face_px=100)
    >>> places = rest_place(spec)[0] + np.array([0.0, 50.0])
    >>> [round(float(share), 2) for share in swing_ramp(spec, places)]
    [0.2, 0.96]
    """
    across = (x - rest_place(spec)[0]) / (0.5 * spec.face_px)
    return (0.2 + np.tanh(across)).astype(np.float32)


def lamp_colour(rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw the white balance of a video, from a little cool to very warm.

    Indoors, phones and webcams record skin much warmer than in daylight.

    Parameters
    ----------
    rng : np.random.Generator

    Returns
    -------
    float32 array, shape (3,)
        Gains of R, G and B.

    >>> lamp_colour(np.random.default_rng(0)).shape
    (3,)
    """
    warm = rng.uniform(-0.25, 1.0)
    gain = np.array([1 + 0.14 * warm, 1 - 0.08 * warm, 1 - 0.42 * max(warm, 0.3 * warm)])
    return (gain * rng.uniform(0.96, 1.04, 3)).astype(np.float32)
