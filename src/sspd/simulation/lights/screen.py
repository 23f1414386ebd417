"""A screen in front of the face."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sspd.simulation.lights.curves import Times, event_times, power_law_noise, smooth_step
from sspd.simulation.lights.grid import Grid, Source
from sspd.simulation.lights.options import LightSpec
from sspd.simulation.person.anatomy import F32

#: Standard deviation of the lengths of scenes over their mean.
_LENGTH_SPREAD = 1.2
#: Shape of the gamma distribution of mean levels: the relative deviation is 1/sqrt(shape).
_LEVEL_SHAPE = {"video": 4.0, "scroll": 25.0}
#: Fluctuation within a scene, relative, and its band, Hz.
_FLUTTER, _FLUTTER_HZ = 0.08, (0.05, 5.0)
#: Deviation of the logarithm of red and blue against green, and of the two halves, per scene.
_TINT, _HALVES = 0.25, 0.2
#: Length of a scroll, seconds.
_SCROLL_S = 0.35
#: Relative amplitude of an animation, and of its second harmonic over the first.
_LOOP, _LOOP_HARMONIC = 0.4, 0.35


def screen_levels(options: LightSpec, rng: np.random.Generator, t: Times) -> NDArray[np.float64]:
    """Return the light of the left and right half of a screen, of mean 1.

    Shots of films last 4 s in the mean (Cutting, DeLong and Nothelfer, Psychol. Sci. 2010),
    log-normally with a deviation of 1.2 means (Salt, Film Style and Technology). Within a shot
    moving images fluctuate as 1/f (Billock, de Guzman and Kelso, Physica D 2001). The sizes of
    that fluctuation, of the levels of scenes and of their colours are assumed, not measured.

    Parameters
    ----------
    options : LightSpec
    rng : np.random.Generator
    t : float64 array, shape (time,)
        Seconds.

    Returns
    -------
    float64 array, shape (time, 2, 3)

    >>> screen_levels(LightSpec(), np.random.default_rng(0), np.arange(5.0)).shape
    (5, 2, 3)
    """
    if options.screen_content == "loop":
        return _loop(options, rng, t)
    lengths, levels, tints, flutters = rng.spawn(4)
    sigma = np.sqrt(np.log1p(_LENGTH_SPREAD**2))
    mean = np.log(options.screen_scene_s) - sigma**2 / 2
    cuts = event_times(lambda: max(float(lengths.lognormal(mean, sigma)), 0.3), t)
    shape = _LEVEL_SHAPE[options.screen_content]
    level = levels.gamma(shape, 1 / shape, cuts.size)
    spread = tints.standard_normal((cuts.size, 2, 4))
    tint = options.screen_color * _TINT * spread[:, :1, [0, 3, 1]] * [1.0, 0.0, 1.0]
    logs = tint + _HALVES / np.sqrt(shape / 4) * spread[:, :, 2:3]
    variance = (options.screen_color * _TINT) ** 2 * np.array([1.0, 0.0, 1.0])
    logs -= (variance + (_HALVES / np.sqrt(shape / 4)) ** 2) / 2
    scenes = level[:, None, None] * np.exp(logs)
    now = np.searchsorted(cuts, t, side="right") - 1
    out = scenes[now]
    if options.screen_content == "scroll":
        done = smooth_step((t - cuts[now]) / _SCROLL_S)[:, None, None]
        before = scenes[np.maximum(now - 1, 0)]
        return np.asarray(before + done * (out - before))
    flutter = 1 + _FLUTTER * power_law_noise(flutters, t, _FLUTTER_HZ, 1.0)
    return np.asarray(out * np.maximum(flutter, 0.0)[:, None, None])


def _loop(options: LightSpec, rng: np.random.Generator, t: Times) -> NDArray[np.float64]:
    phase = 2 * np.pi * options.screen_hz * t + rng.uniform(0, 2 * np.pi)
    wave = np.sin(phase) + _LOOP_HARMONIC * np.sin(2 * phase + rng.uniform(0, 2 * np.pi))
    size = 1 + options.screen_color * rng.uniform(-0.6, 0.6, (2, 3))
    return np.asarray(1 + _LOOP * wave[:, None, None] * size)


def screen_source(options: LightSpec, rng: np.random.Generator, t: Times, grid: Grid) -> Source:
    """Return the gains of a screen near the camera.

    The rest of the light is taken to be equal at face and wall; the screen's light on the wall
    is less by the square of the distances. (What the wall reflects cancels in its gain.)

    Parameters
    ----------
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
    at_face, at_wall = (
        (screen_levels(options, np.random.default_rng(seed), t - delay_s) - 1).astype(np.float32)
        for delay_s in (0.0, options.wall_delay_s)
    )
    share = options.screen_percent / 100
    against_rest = share / (1 - share) / options.screen_wall_ratio**2
    on_wall = options.wall_share * against_rest / (1 + against_rest)
    # each half of the screen lights its side of the face more; 0.5 in the middle
    right = np.clip(0.5 + 0.5 * grid.u, 0.2, 0.8).astype(np.float32)
    # a screen is a little below or above the eyes
    tilt = (1 + np.clip(rng.uniform(-0.3, 0.3) * grid.v, -0.3, 0.3)).astype(np.float32)
    on_face = np.float32(share) * tilt
    aside = (grid.u - rng.uniform(-2, 2)) / (4 * options.screen_wall_ratio)
    spot = 1 / (1 + aside**2) ** 2
    spot = np.asarray(on_wall * spot / spot.mean(), np.float32)

    def person(k: int) -> F32:
        level = at_face[k]
        return np.asarray(1 + on_face * (level[0] + right * (level[1] - level[0])))

    wall = at_wall.mean(axis=1)
    return Source(person, lambda k: 1 + spot * wall[k])
