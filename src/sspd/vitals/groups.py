"""Detection of beats in groups by spectral lines between the harmonics.

Regular beats give spectral lines at the rate and its multiples only. If every second beat is
early (bigeminy), or every third (trigeminy), the pattern repeats with the group: there are
lines at all multiples of the rate of groups, and the rate that was read may be any of them. A
slow heart that is read at twice its rate gives the same lines.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sspd.signal import power_spectrum
from sspd.signal.spectrum import refine

#: Possible numbers of beats in a group.
SIZES = (2, 3, 4)
#: Lines are searched up to this multiple of the rate.
UP_TO = 2.6
#: The neighbourhood of a line is between these distances from it, Hz.
AROUND_HZ = (0.10, 0.35)
#: Least strength of a line between harmonics over its neighbourhood, dB ...
LEAST_LINE_DB = 10.0
#: ... and its largest distance from the expected frequency, in cells of the spectrum's
#: resolution: the sidebands of breathing are not at such fixed frequencies.
PLACE = 0.15
#: Weaker limits for the lines at 1/2 and 3/2 of the rate, strength (dB) and distance, if both
#: are present, or if the upper one has this strength relative to the line at the rate, dB:
#: breathing has no lines there.
PAIR_LINE_DB, PAIR_PLACE, ALONE_DB = 8.0, 0.3, -15.0
#: Still weaker limits if the upper one has this strength relative to the line at the rate, dB,
#: as hearts are not perfectly regular.
STRONG_DB, STRONG_LINE_DB, STRONG_PLACE = -8.0, 7.0, 0.5
#: A line at half of the rate within these frequencies, Hz, and of this strength, dB, is enough
#: at any distance: it may be a heart below the searched range.
SLOW_HZ, SLOW_DB = (0.45, 0.667), -14.0
#: Groups of three beats, or of two that are read at 3/2 of their rate, give lines at thirds of
#: the rate. Enough are this many at the expected frequencies, each of this strength, dB; or
#: the two next to the rate, with the second pair of limits (over their neighbourhood, and
#: relative to the line at the rate, dB).
THIRDS, THIRDS_LINE_DB = 3, 6.5
BESIDE_LINE_DB, BESIDE_DB = 5.0, -13.0
#: Pairs are not searched above this rate, Hz: few hearts are read at twice their rate there.
PAIR_UP_TO_HZ = 2.2
#: Value of the feature without such lines, dB.
NO_GROUP_DB = -40.0


def group_lines(values: NDArray[np.float64], fs: float, f_hz: float) -> tuple[float, int]:
    """Return the strength of the lines between the harmonics, and the size of the group.

    Parameters
    ----------
    values : float64 array, shape (time,)
        Band-passed waveform.
    fs : float
        Sampling rate, Hz.
    f_hz : float
        The rate that was read, Hz.

    Returns
    -------
    lines_db : float
        Strength of the second strongest line between the harmonics, relative to the line at
        the rate, dB, for the group size with the largest; `NO_GROUP_DB` with fewer than two
        lines. (Breathing and body motion give a single line.)
    size : int
        Ratio of the rate that was read to the rate of groups; 1 without groups.

    Examples
    --------
    >>> t = np.arange(900) / 30
    >>> even = np.cos(2 * np.pi * 1.2 * t) + 0.4 * np.cos(2 * np.pi * 2.4 * t)
    >>> noise = 0.05 * np.random.default_rng(0).normal(size=900)
    >>> group_lines(even + noise, 30.0, 1.2)
    (-40.0, 1)
    >>> pairs = sum(np.cos(2 * np.pi * k * 0.6 * t) for k in (1, 2, 3, 4))
    >>> group_lines(pairs + noise, 30.0, 1.2)[1]
    2
    """
    spectrum = _Spectrum(values, fs)
    own = 10 * float(np.interp(f_hz, spectrum.freqs, spectrum.log_power))
    found = [(NO_GROUP_DB, 1)]
    for size in SIZES:
        places = [k / size * f_hz for k in range(1, int(UP_TO * size)) if k % size]
        lines = [spectrum.line(at_hz) for at_hz in places]
        clear = [line for line in lines if _clear(line) or (size == 3 and _strong(line, own))]
        strong = sorted((line.db for line in clear), reverse=True)
        if len(strong) >= 2:
            found.append((max(strong[1] - own, NO_GROUP_DB), size))
    half = spectrum.line(f_hz / 2)
    pair_db = _pair(half, spectrum.line(1.5 * f_hz), own)
    if SLOW_HZ[0] <= f_hz / 2 < SLOW_HZ[1] and half.over_db >= PAIR_LINE_DB:
        pair_db = half.db - own if half.db - own > SLOW_DB else pair_db
    if pair_db is not None and f_hz <= PAIR_UP_TO_HZ:
        found.append((max(pair_db, NO_GROUP_DB), 2))
    thirds_db = _thirds([spectrum.line(k / 3 * f_hz) for k in (1, 2, 4, 5, 7)], own)
    if thirds_db is not None:
        found.append((max(thirds_db, NO_GROUP_DB), 3))
    # of sizes with the same lines the smallest: a group of four also contains two pairs
    lines_db, size = max(found, key=lambda one: (one[0], -one[1]))
    return min(lines_db, -NO_GROUP_DB), size


class _Line(NamedTuple):
    """Strength of a spectral line, dB, that over its neighbourhood, and its distance in cells."""

    db: float
    over_db: float
    off: float


_NO_LINE = _Line(-np.inf, -np.inf, np.inf)


class _Spectrum:
    """Power spectrum of the waveform's derivative."""

    def __init__(self, values: NDArray[np.float64], fs: float) -> None:
        self.freqs, power = power_spectrum(values, fs, (0.2, min(12.0, 0.45 * fs)))
        self.power = power * self.freqs**2
        self.log_power = np.log10(np.maximum(self.power, 1e-30))
        self.cell_hz = fs / values.size

    def line(self, at_hz: float) -> _Line:
        """Measure the line near a frequency."""
        apart = np.abs(self.freqs - at_hz)
        near, around = apart <= AROUND_HZ[0] / 2, (apart > AROUND_HZ[0]) & (apart <= AROUND_HZ[1])
        if not (near.any() and around.any()):
            return _NO_LINE
        top = int(np.flatnonzero(near)[self.power[near].argmax()])
        off = abs(refine(self.freqs, self.power, top) - at_hz) / self.cell_hz
        over_db = 10 * float(self.log_power[top] - np.median(self.log_power[around]))
        return _Line(10 * float(self.log_power[top]), over_db, off)


def _clear(line: _Line) -> bool:
    """Return whether a line is strong enough and at its expected frequency."""
    return line.over_db >= LEAST_LINE_DB and line.off <= PLACE


def _strong(line: _Line, own_db: float) -> bool:
    """Return whether a line between thirds is clear by the limits for a strong one."""
    strong = line.db - own_db > ALONE_DB
    return strong and line.over_db >= PAIR_LINE_DB and line.off <= PAIR_PLACE


def _thirds(lines: list[_Line], own_db: float) -> float | None:
    """Return the strength of the lines at thirds of the rate; None if there are too few.

    `lines` are those at 1/3, 2/3, 4/3, 5/3 and 7/3.
    """
    placed = [line if line.off <= PAIR_PLACE else _NO_LINE for line in lines]
    clear = sorted((line.db for line in placed if line.over_db >= THIRDS_LINE_DB), reverse=True)
    if len(clear) >= THIRDS:
        return clear[1] - own_db
    beside = placed[1:3]
    weaker_db = min(line.db for line in beside) - own_db
    stand_out = all(line.over_db >= BESIDE_LINE_DB for line in beside)
    return weaker_db if stand_out and weaker_db > BESIDE_DB else None


def _pair(half: _Line, three_halves: _Line, own_db: float) -> float | None:
    """Return the stronger of the lines of beats in pairs; None if they are absent."""
    both = all(
        line.over_db >= PAIR_LINE_DB and line.off <= PAIR_PLACE for line in (half, three_halves)
    )
    upper = (
        three_halves.over_db >= LEAST_LINE_DB
        and three_halves.off <= PAIR_PLACE
        and three_halves.db - own_db > ALONE_DB
    )
    strong = (
        three_halves.over_db >= STRONG_LINE_DB
        and three_halves.off <= STRONG_PLACE
        and three_halves.db - own_db > STRONG_DB
    )
    return max(half.db, three_halves.db) - own_db if both or upper or strong else None
