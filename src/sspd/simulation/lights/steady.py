"""Lights that change everywhere at once: lamps and clouds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sspd.simulation.lights.curves import Times, power_law_noise, wandering_phase
from sspd.simulation.lights.grid import Grid, Source
from sspd.simulation.lights.options import LightSpec

#: Band of the changes by clouds, Hz, and the exponent of their power.
_CLOUD_HZ, _CLOUD_SLOPE = (0.005, 0.5), 5 / 3
#: Effect of clouds on R, G and B: the sun is warmer than the sky that remains.
_CLOUD_COLOUR = np.array([1.06, 1.0, 0.9])
#: Second harmonic of a limit cycle, and the peak-to-peak value of the sum.
_HARMONIC, _SWING = 0.25, 2.2018


def lamp_curve(options: LightSpec, rng: np.random.Generator, t: Times) -> NDArray[np.float64]:
    """Return the gain of lamps: a circling hue, the ripple of a dimmer, a limit cycle.

    IEEE Std 1789-2015 recommends a ripple (modulation) below 0.08 % per Hz above 90 Hz: 8 % at
    100 Hz, 9.6 % at 120 Hz; many lamps exceed it (Miller et al., Lighting Res. Technol. 2023),
    and TRIAC dimmers that misfire give visible changes at low frequencies.

    Parameters
    ----------
    options : LightSpec
    rng : np.random.Generator
    t : float64 array, shape (time,)
        Seconds.

    Returns
    -------
    float64 array, shape (time, 3)
        Of mean near 1.

    >>> gain = lamp_curve(LightSpec(hunting_percent=3.0), np.random.default_rng(0), np.arange(9.0))
    >>> gain.shape
    (9, 3)
    """
    hue, ripple, cycle = rng.spawn(3)
    angle = wandering_phase(hue, t, options.hue_hz, 0.3)[:, None] + 2 * np.pi / 3 * np.arange(3)
    gain = 1 + options.hue_percent / 100 * np.cos(angle)
    phase = 2 * np.pi * options.pwm_hz * t + ripple.uniform(0, 2 * np.pi)
    gain *= 1 + options.pwm_percent / 200 * np.sin(phase)[:, None]
    phase = wandering_phase(cycle, t, options.hunting_hz, options.hunting_wander)
    wave = (np.sin(phase) + _HARMONIC * np.sin(2 * phase)) / _SWING
    return np.asarray(gain * (1 + options.hunting_percent / 100 * wave[:, None]))


def cloud_curve(options: LightSpec, rng: np.random.Generator, t: Times) -> NDArray[np.float64]:
    """Return the gain of daylight under clouds.

    Sizes of cloud shadows follow a power law over orders of magnitude (Mol et al., J. Geophys.
    Res. Atmos. 2023); an exponent of 5/3, that of turbulence, is assumed. The walls of the four
    real videos, indoors, have 1.6, 1.6, 1.8 and 0.9 (0.06-0.7 Hz; 10-30 s each, so rough).

    Parameters
    ----------
    options : LightSpec
    rng : np.random.Generator
    t : float64 array, shape (time,)
        Seconds.

    Returns
    -------
    float64 array, shape (time, 3)
        Of mean near 1.

    >>> gain = cloud_curve(LightSpec(cloud_percent=20.0), np.random.default_rng(0), np.arange(9.0))
    >>> bool((gain > 0).all())
    True
    """
    size = options.cloud_percent / 100
    # log-normal, so that strong changes stay positive; of mean 1 and the asked deviation
    spread = np.sqrt(np.log1p(size**2))
    noise = power_law_noise(rng, t, _CLOUD_HZ, _CLOUD_SLOPE)
    exponent = spread * _CLOUD_COLOUR
    return np.asarray(np.exp(noise[:, None] * exponent - exponent**2 / 2))


def steady_source(
    curve: Callable[[LightSpec, np.random.Generator, Times], NDArray[np.float64]],
    options: LightSpec,
    rng: np.random.Generator,
    t: Times,
    grid: Grid,
) -> Source:
    """Return the gains of a light from one direction that changes everywhere at once.

    Parameters
    ----------
    curve : callable
        `lamp_curve` or `cloud_curve`.
    options : LightSpec
    rng : np.random.Generator
    t : float64 array, shape (time,)
        Seconds.
    grid : Grid

    Returns
    -------
    Source
    """
    seed = int(rng.integers(2**62))
    near, far = (
        (curve(options, np.random.default_rng(seed), t - delay_s) - 1).astype(np.float32)
        for delay_s in (0.0, options.wall_delay_s)
    )
    # the side of the face toward the light gets more of the change; 1 at the face's centre
    lean, tilt = rng.uniform(-0.4, 0.4, 2), rng.uniform(-0.08, 0.08, 2)
    on_face = 1 + np.clip(lean[0] * grid.u + lean[1] * 0.5 * grid.v, -0.3, 0.3)
    on_wall = options.wall_share * (1 + np.clip(tilt[0] * grid.u + tilt[1] * grid.v, -0.3, 0.3))
    on_face, on_wall = on_face.astype(np.float32), on_wall.astype(np.float32)
    return Source(lambda k: 1 + on_face * near[k], lambda k: 1 + on_wall * far[k])
