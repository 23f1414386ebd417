"""Light in a car: rows of lamps or trees, and tunnels, that pass."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sspd.simulation.lights.curves import Times, event_times, smooth_step
from sspd.simulation.lights.grid import Grid, Source
from sspd.simulation.lights.options import LightSpec
from sspd.simulation.person.anatomy import F32

#: Rate at which the light is tabulated, Hz.
_TABLE_HZ = 200.0
#: Height of a street lamp over the distance between two.
_HEIGHT = 0.28
#: Part of the distance over which the roof cuts a lamp off.
_ROOF = 0.04
#: Mean of a row of lamps whose peaks are 1 (computed).
_LAMP_MEAN = 0.355
#: Effect on R, G and B: street light is warm, shadows leave the blue sky.
_COLOURS = {
    "lamps": np.array([1.1, 1.0, 0.75], np.float32),
    "trees": np.array([1.04, 1.0, 0.9], np.float32),
    "tunnels": np.array([0.97, 1.0, 1.03], np.float32),
}
#: Mean time between tunnels, and range of their lengths, seconds.
_TUNNEL_EVERY_S, _TUNNEL_S = 18.0, (4.0, 12.0)


def passing_curve(options: LightSpec, rng: np.random.Generator, t: Times) -> NDArray[np.float64]:
    """Return the change of the light by what a car passes.

    Poles of street lamps stand 25-50 m apart, three to five times their height (EN 13201 in
    practice; van Bommel, Road Lighting, 2015): 0.3-1.1 Hz at 50-100 km/h. Trees of an avenue
    are taken to stand 6-12 m apart: 1.2-3 Hz at 50-70 km/h. Both change the light on drivers
    drastically (Nowara et al., SparsePPG, CVPR Workshops 2018).

    Parameters
    ----------
    options : LightSpec
    rng : np.random.Generator
    t : float64 array, shape (time,)
        Seconds.

    Returns
    -------
    float64 array, shape (time,)
        For lamps 0 to 1 (peak) less the mean, for trees and tunnels 0 to -1 (shadow).

    >>> spec = LightSpec(passing_objects="trees")
    >>> curve = passing_curve(spec, np.random.default_rng(0), np.arange(0, 60, 0.01))
    >>> bool(curve.min() >= -1), bool(curve.max() <= 0)
    (True, True)
    """
    gaps, sizes, tunnels, insides = rng.spawn(4)
    gap_s = 1 / options.passing_hz
    uneven = options.passing_irregular
    times = event_times(
        lambda: gap_s * max(1 + uneven * float(gaps.standard_normal()), 0.3), t, 3 * gap_s
    )
    size = sizes.random((times.size, 2))
    if options.passing_objects == "lamps":
        peak = 1 + 0.5 * uneven * (2 * size[:, 0] - 1) * np.sqrt(3)
        return _row(times, np.maximum(peak, 0.2), gap_s, t) - _LAMP_MEAN
    if options.passing_objects == "trees":
        width = gap_s * (0.45 + uneven * (size[:, 0] - 0.5))
        darkness = np.clip(1 - uneven * size[:, 1], 0.3, 1)
        return -_shades(times, width, darkness, t)
    starts = event_times(
        lambda: _TUNNEL_S[1] + 2 + float(tunnels.exponential(_TUNNEL_EVERY_S - 8)), t
    )
    lengths = insides.uniform(*_TUNNEL_S, starts.size)
    now = np.searchsorted(starts, t, side="right") - 1
    since = t - starts[now]
    inside = smooth_step(since / 0.5) - smooth_step((since - lengths[now]) / 0.5)
    # rows of lamps inside give a quarter of the light outside back
    return np.asarray(-inside * (1 - 0.25 * _row(times, np.ones(times.size), gap_s, t)))


def _row(times: Times, peak: Times, gap_s: float, t: Times) -> NDArray[np.float64]:
    """Return the light of a row of lamps: the inverse square, the cosine, and the roof's edge."""
    out = np.zeros_like(t)
    first = np.searchsorted(times, t)
    for k in range(-2, 3):
        lamp = np.clip(first + k, 0, times.size - 1)
        away = (t - times[lamp]) / gap_s
        light = (1 + (away / _HEIGHT) ** 2) ** -1.5
        out += peak[lamp] * light * (1 - smooth_step((away - _ROOF) / (2 * _ROOF)))
    return out


def _shades(times: Times, width: Times, darkness: Times, t: Times) -> NDArray[np.float64]:
    out = np.zeros_like(t)
    first = np.searchsorted(times, t)
    for k in range(-2, 3):
        tree = np.clip(first + k, 0, times.size - 1)
        inside = 0.5 * width[tree] - np.abs(t - times[tree])
        out = np.maximum(out, darkness[tree] * smooth_step(inside / (0.35 * width[tree])))
    return out


def passing_source(options: LightSpec, rng: np.random.Generator, t: Times, grid: Grid) -> Source:
    """Return the gains of light that moves over the face and the interior of a car.

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
    curve_rng, place = rng.spawn(2)
    direction = 1.0 if place.random() < 0.5 else -1.0
    # the edge is never quite upright in the image
    delay = (direction * grid.u + place.uniform(-0.4, 0.4) * grid.v) / options.passing_speed
    extent = float(np.abs(delay).max()) + options.wall_delay_s + 0.1
    start = float(t.min()) - extent
    n = int((t.max() + extent - start) * _TABLE_HZ) + 2
    # on a clock of its own, so that a part of the times has the table of all
    start = np.floor(start * _TABLE_HZ) / _TABLE_HZ
    clock = start + np.arange(n) / _TABLE_HZ
    table = passing_curve(options, curve_rng, clock)
    size = options.passing_percent / 100 * _COLOURS[options.passing_objects]

    def at(time_s: float) -> F32:
        place_in_table = (time_s - start - delay) * _TABLE_HZ
        below = place_in_table.astype(np.int64)
        part = place_in_table - below
        return np.asarray(table[below] + part * (table[below + 1] - table[below]), np.float32)

    return Source(
        lambda k: 1 + size * at(t[k]),
        lambda k: 1 + options.wall_share * size * at(t[k] - options.wall_delay_s),
    )
