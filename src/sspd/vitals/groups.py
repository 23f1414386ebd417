"""Do beats come in groups? Lines between the harmonics tell.

Beats that follow each other evenly give lines at the rate and its multiples, and nowhere
else. Where every second beat is early (bigeminy), or every third (trigeminy), the pattern
repeats with the group: there are lines at all multiples of the rate of groups, and what is
read may be any of them. A slow heart that is read double leaves the same lines.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sspd.signal import power_spectrum
from sspd.signal.spectrum import refine

#: How many beats a group may have, in multiples of what is read.
SIZES = (2, 3, 4)
#: Lines are looked for up to this many times the rate.
UP_TO = 2.6
#: A line's neighbourhood, Hz: what is between the first and the second away from it.
AROUND_HZ = (0.10, 0.35)
#: A line between harmonics counts from so many dB over its neighbourhood on ...
LEAST_LINE_DB = 10.0
#: ... and within this share of the spectrum's resolution of its place: a breath's side
#: lines lie anywhere.
PLACE = 0.15
#: Of the lines at 1/2 and 3/2 of the rate less is asked where both are there, or where the
#: upper one is as strong as this against the line at the rate, dB: no breath lies there.
PAIR_LINE_DB, PAIR_PLACE, ALONE_DB = 8.0, 0.3, -15.0
#: Or where it is stronger still, dB, by less and further off its place: hearts do not keep time.
STRONG_DB, STRONG_LINE_DB, STRONG_PLACE = -8.0, 7.0, 0.5
#: A line at half of the rate that may be a heart below the range, Hz, counts alone, wherever
#: near its place and from this strength on, dB: the rate itself would not be looked for.
SLOW_HZ, SLOW_DB = (0.45, 0.667), -14.0
#: Three beats, or two that are read at 3/2 of their rate, leave lines at thirds of the rate. So
#: many of them in their places count already where each stands out by so much, dB; or the two
#: beside the rate, where both are as strong as this against it.
THIRDS, THIRDS_LINE_DB = 3, 6.5
BESIDE_LINE_DB, BESIDE_DB = 5.0, -13.0
#: Faster readings are not looked at for pairs: few hearts are read double up there.
PAIR_UP_TO_HZ = 2.2
#: What is said where there is no such pair of lines, dB.
NO_GROUP_DB = -40.0


def group_lines(values: NDArray[np.float64], fs: float, f_hz: float) -> tuple[float, int]:
    """Return how strong the lines between the harmonics are, against the line at the rate.

    Parameters
    ----------
    values : float64 array, shape (time,)
        Band-passed waveform.
    fs : float
        Hz.
    f_hz : float
        The rate that was read, Hz.

    Returns
    -------
    lines_db : float
        dB of the second strongest line between the harmonics (breath and body leave a
        single one) over the line at the rate, for the group size where that is largest;
        `NO_GROUP_DB` where fewer than two stand out.
    size : int
        How many multiples of the rate of groups the reading is; 1 where there are none.

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
    own = 10 * float(np.interp(f_hz, spectrum.freqs, spectrum.level))
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
    # of sizes that see the same lines the smallest: four beats also hold two pairs
    lines_db, size = max(found, key=lambda one: (one[0], -one[1]))
    return min(lines_db, -NO_GROUP_DB), size


class _Line(NamedTuple):
    """A line, dB, over what is around it, and how far off, in cells of the spectrum."""

    db: float
    over_db: float
    off: float


_NO_LINE = _Line(-np.inf, -np.inf, np.inf)


class _Spectrum:
    """Power of the slope, read a line at a time."""

    def __init__(self, values: NDArray[np.float64], fs: float) -> None:
        self.freqs, power = power_spectrum(values, fs, (0.2, min(12.0, 0.45 * fs)))
        self.power = power * self.freqs**2
        self.level = np.log10(np.maximum(self.power, 1e-30))
        self.cell_hz = fs / values.size

    def line(self, at_hz: float) -> _Line:
        """Look for a line near a frequency."""
        apart = np.abs(self.freqs - at_hz)
        near, around = apart <= AROUND_HZ[0] / 2, (apart > AROUND_HZ[0]) & (apart <= AROUND_HZ[1])
        if not (near.any() and around.any()):
            return _NO_LINE
        top = int(np.flatnonzero(near)[self.power[near].argmax()])
        off = abs(refine(self.freqs, self.power, top) - at_hz) / self.cell_hz
        over_db = 10 * float(self.level[top] - np.median(self.level[around]))
        return _Line(10 * float(self.level[top]), over_db, off)


def _clear(line: _Line) -> bool:
    """Whether a line stands out at its place."""
    return line.over_db >= LEAST_LINE_DB and line.off <= PLACE


def _strong(line: _Line, own_db: float) -> bool:
    """Whether it stands out enough for one as strong as the rate's own; so they do by threes."""
    strong = line.db - own_db > ALONE_DB
    return strong and line.over_db >= PAIR_LINE_DB and line.off <= PAIR_PLACE


def _thirds(lines: list[_Line], own_db: float) -> float | None:
    """How strong the lines at thirds of the rate are; None: too few of them are there.

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
    """The stronger of two lines that only every second beat leaves; None: they are not there."""
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
