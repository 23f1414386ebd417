"""Soft shadows that move over face and wall: of people, a hand, leaves."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from sspd.simulation.lights.curves import Times, event_times, power_law_sines, smooth_step
from sspd.simulation.lights.grid import Grid, Source
from sspd.simulation.lights.options import LightSpec
from sspd.simulation.person.anatomy import F32

#: Penumbra of a passing shadow over its width.
_PENUMBRA = 0.6
#: Depth of a shadow in R, G and B: the rest of the light is a little bluer.
_COLOUR = np.array([1.02, 1.0, 0.95], np.float32)
#: Displacement of the shadow on the wall, face widths, largest.
_PARALLAX = 0.8

#: Covered part of the light (0-1) at a time, on the grid moved by a displacement (u, v).
Cover = Callable[[float, float, float], F32]


def shadow_source(options: LightSpec, rng: np.random.Generator, t: Times, grid: Grid) -> Source:
    """Return the gains of shadows that pass.

    People walk at 1.4 m/s, some 9 face widths per second, and their shadow on a face is slower
    or faster by the distances. Flecks of sun between leaves last 0.4-0.8 s most often (Pearcy,
    Roden and Gamon, Agric. For. Meteorol. 1990).

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
    kind, place = rng.spawn(2)
    make = {"people": _people, "hand": _hand, "leaves": _leaves}[options.shadow_cast_by]
    cover = make(options, kind, t, grid)
    aside, down = (float(x) for x in place.uniform(-_PARALLAX, _PARALLAX, 2))
    depth = np.minimum(options.shadow_percent / 100 * _COLOUR, 1)
    delay_s = options.wall_delay_s
    on_wall = options.wall_share * depth
    return Source(
        lambda k: 1 - depth * cover(t[k], 0.0, 0.0),
        lambda k: 1 - on_wall * cover(t[k] - delay_s, aside, down),
    )


def _crossings(
    options: LightSpec, rng: np.random.Generator, t: Times, least_s: float, lasts_s: float
) -> Times:
    """Draw the times at which shadows are at the face: `least_s` apart, each felt `lasts_s`."""
    pause_s = max(options.shadow_every_s - least_s, 0.1)
    return event_times(lambda: least_s + float(rng.exponential(pause_s)), t, lasts_s)


def _people(options: LightSpec, rng: np.random.Generator, t: Times, grid: Grid) -> Cover:
    when, looks = rng.spawn(2)
    speed, width = options.shadow_speed, options.shadow_width
    reach_s = (float(np.abs(grid.u).max() + np.abs(grid.v).max()) + 2 * width) / speed
    # a second person may come before the first has left the frame
    times = _crossings(options, when, t, 0.3 * options.shadow_every_s, reach_s)
    look = looks.random((times.size, 3))
    ways = np.where(look[:, 0] < 0.5, 1.0, -1.0)
    leans = 0.6 * (look[:, 1] - 0.5)
    widths = width * (0.75 + 0.5 * look[:, 2])

    def cover(time_s: float, du: float, dv: float) -> F32:
        out = np.zeros(grid.shape, np.float32)[..., None]
        first, last = np.searchsorted(times, (time_s - reach_s, time_s + reach_s))
        for k in range(first, last):
            place = ways[k] * speed * (time_s - times[k])
            away = np.abs(grid.u - du + leans[k] * (grid.v - dv) - place)
            soft = (0.5 * widths[k] - away) / (_PENUMBRA * 0.5 * widths[k])
            out = np.maximum(out, smooth_step(soft))
        return np.asarray(out, np.float32)

    return cover


def _hand(options: LightSpec, rng: np.random.Generator, t: Times, grid: Grid) -> Cover:
    when, looks = rng.spawn(2)
    # the hand comes from below, stays, and goes where it came from
    way_s = 3.0 / options.shadow_speed
    reach_s = way_s + 1.5
    times = _crossings(options, when, t, 2 * way_s + 1.0, reach_s)
    look = looks.random((times.size, 4))
    goal_u, goal_v = 0.8 * (look[:, 0] - 0.5), 0.7 * look[:, 1] - 0.3
    from_u, stay_s = 3.0 * (look[:, 2] - 0.5), 0.2 + 1.3 * look[:, 3]
    half = 0.5 * options.shadow_width

    def cover(time_s: float, du: float, dv: float) -> F32:
        out = np.zeros(grid.shape, np.float32)[..., None]
        first, last = np.searchsorted(times, (time_s - reach_s, time_s + reach_s))
        for k in range(first, last):
            late = abs(time_s - times[k]) - 0.5 * stay_s[k]
            gone = float(smooth_step(np.array(late / way_s)))
            u = grid.u - du - goal_u[k] - gone * (from_u[k] - goal_u[k])
            v = grid.v - dv - goal_v[k] - gone * (3.0 + 2 * half)
            away = (u * u + (0.7 * v) ** 2) / np.float32(half * half)
            out = np.maximum(out, 1 - smooth_step(np.sqrt(away) - 0.5))
        return np.asarray(out, np.float32)

    return cover


def _leaves(options: LightSpec, rng: np.random.Generator, t: Times, grid: Grid) -> Cover:
    texture_rng, sway = rng.spawn(2)
    node = float(grid.u[0, 1, 0] - grid.u[0, 0, 0])
    texture = _flecks(texture_rng, grid.shape, options.shadow_width / node)
    # the branch swings by half a gap; its speed gives the rate
    swing = 0.5 * options.shadow_width
    hz = options.shadow_speed / (2 * np.pi * swing)
    # slower swings are larger, as gusts are
    swings = [power_law_sines(sway, (0.4 * hz, 1.8 * hz), 1.0, 12) for _ in range(2)]
    spare = [large - small for large, small in zip(texture.shape, grid.shape, strict=False)]

    def cover(time_s: float, du: float, dv: float) -> F32:
        place = []
        for (f_hz, phase, gain), room, shift in zip(swings, spare, (dv, du), strict=True):
            moved = swing * float(gain @ np.sin(2 * np.pi * f_hz * time_s + phase))
            place.append(float(np.clip(room / 2 + (moved - shift) / node, 0, room - 1)))
        return _shifted(texture, place, grid.shape)

    return cover


def _flecks(rng: np.random.Generator, shape: tuple[int, int], width: float) -> F32:
    """Draw a texture of shadow (1) and flecks of sun (0), three times the size of the grid."""
    size = (3 * shape[0], 3 * shape[1])
    noise = rng.standard_normal(size).astype(np.float32)
    noise = np.asarray(cv2.GaussianBlur(noise, (0, 0), max(0.4 * width, 0.8)))
    noise = (noise - noise.mean()) / noise.std()
    return np.asarray(smooth_step(0.5 + 0.45 * noise), np.float32)[..., None]


def _shifted(texture: F32, place: list[float], shape: tuple[int, int]) -> F32:
    """Cut a part out of a texture at a place between its nodes."""
    (row, column), parts = [int(p) for p in place], [np.float32(p % 1) for p in place]
    rows = texture[row : row + shape[0] + 1, column : column + shape[1] + 1]
    rows = rows[:-1] + parts[0] * (rows[1:] - rows[:-1])
    return np.asarray(rows[:, :-1] + parts[1] * (rows[:, 1:] - rows[:, :-1]))
