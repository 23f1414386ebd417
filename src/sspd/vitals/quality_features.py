"""What speaks for a reading and against it: waveform, colours and light side by side.

Blood moves the colours of all skin alike: green most, in step with the network's
waveform. A lamp moves all colours equally, and the wall behind; a head that nods moves
hair and wall in and out of the edges of its box; a rate that is read double leaves lines
at the odd multiples of its half. Each of these is one number here; what they mean
together is learned (`sspd.vitals.confidence`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sspd.signal import bandpass, detrend, pulse_frequency, resample_times
from sspd.signal.color.pos import WINDOW_S, pos_waveform
from sspd.types import FrameStats, Signal
from sspd.vitals.flicker import is_flicker
from sspd.vitals.groups import group_lines
from sspd.vitals.heart_rate import PASS_HZ, SEARCH_HZ, Reading
from sspd.vitals.lines import (
    TREND_HZ,
    Complex,
    bounded_db,
    complex_cosine,
    cosine,
    line_db,
    near,
    part,
    relative,
    size_db,
)

#: Below this the half of a rate is none that is looked for, Hz.
SLOWEST_HZ = SEARCH_HZ[0]
#: A background darker than this shows no light that changes, 8-bit pixel value.
DARK_WALL = 8.0
#: What a head moves with each beat is less than this, in widths of its box (half a millimetre).
SMALL_MOTION = 2e-3


@dataclass(frozen=True)
class QualityFeatures:
    """One window's numbers; decibels are of power, ``_bpm`` are distances between rates."""

    duration_s: float
    snr_db: float
    """Of the waveform, see `sspd.signal.snr_db`."""
    peaks_bpm: float
    """From the spectral reading to the one by peaks."""
    halves_bpm: float
    """From the reading to those of the window's two halves, the larger."""
    line_db: float
    """The line at the rate over what is around it."""
    odd_lines_db: float
    """Lines at 1/2 and 3/2 of the rate over what is around them, their sum."""
    pos_bpm: float
    """From the reading to that of POS."""
    pos_half_bpm: float
    """From the half of the reading to that of POS."""
    with_pos: float
    """Cosine between waveform and POS near the rate, -1 to 1."""
    with_colour: float
    """Cosine between waveform and what green does more than red and blue."""
    grey_db: float
    """How much all colours move together, over what green does more; the second least of
    the quarters: one may have a mouth that talks."""
    red_over_green: float
    """What red does where green does 1."""
    sway_db: float
    """What the box's edges show beyond its middle and goes with the waveform, likewise."""
    with_sway: float
    """How much of what the edges show goes with it, 0 to 1."""
    background_db: float
    """The background's part that goes with the waveform, over what green does more; its
    colours one by one, since coloured lights may cancel in grey. NaN: none is seen."""
    blue_over_green: float
    """What blue does where green does 1."""
    nod_db: float
    """Amplitude with which the face moves or grows in step with the waveform, over
    `SMALL_MOTION` of the box's width."""
    with_nod: float
    """How much of that motion goes with the waveform, 0 to 1."""
    group_db: float
    """Lines between the harmonics, of beats that come in groups, over the line at the
    rate; see `sspd.vitals.groups.group_lines`."""
    group_size: float
    """How many multiples of the rate of groups the reading is; 1 where there are none."""
    track_bpm: float
    """How far the rate moves within the window, 0 where it was not followed."""
    side_share: float
    """Green's surplus that goes with the waveform on one side of the face, over that on the
    other, the weaker over the stronger; below 0 where they oppose each other."""
    sides_bpm: float
    """How far apart POS reads the two sides of the face; a harmonic of the other is no other."""
    sides_line_db: float
    """The line at POS's own reading of a side over what is around it, the weaker one."""
    pos_line_db: float
    """The line at POS's own reading over what is around it."""
    lamp: float
    """1 where `sspd.vitals.flicker.is_flicker` says so, else 0."""


def compute_quality_features(
    filtered: Signal, reading: Reading, frame_stats: FrameStats
) -> QualityFeatures | None:
    """Gather what speaks for a reading and against it.

    Parameters
    ----------
    filtered : Signal
        The window of the filtered waveform that was read.
    reading : Reading
    frame_stats : FrameStats
        What was seen; rows outside of the window are not looked at.

    Returns
    -------
    QualityFeatures or None
        None where there is no reading, hardly a frame, or nothing in them that changes.

    >>> from dataclasses import replace
    >>> from sspd.vitals.acceptance import still_scene
    >>> from sspd.vitals.heart_rate import read_rate
    >>> wave = Signal(np.sin(np.arange(900) / 4), 30.0)
    >>> rgb = 120 * (1 - 0.003 * wave.values[:, None, None] * np.array([0.4, 1.0, 0.6]))
    >>> frame_stats = replace(still_scene(wave.t), quarters_rgb=rgb.repeat(4, 1).astype(np.float32))
    >>> found = compute_quality_features(wave, read_rate(wave.values, 30.0), frame_stats)
    >>> round(found.with_colour, 3), round(found.peaks_bpm, 1)
    (1.0, 0.0)
    """
    start_s, end_s = filtered.start_s, filtered.start_s + filtered.duration_s
    fs, n = filtered.fs, len(filtered.values)
    keep = (frame_stats.t >= start_s - 1.0) & (frame_stats.t < end_s + 1.0)
    if reading.spectral_bpm is None or reading.snr_db is None or keep.sum() < 4 * WINDOW_S:
        return None
    f_hz = reading.spectral_bpm / 60
    # (time, 4, 3), (time, 3), (time, 3) and (time, 3) on the waveform's clock
    quarters, box, background, place = (
        resample_times(rows[keep], frame_stats.t[keep], fs, start_s, n)
        for rows in (
            frame_stats.quarters_rgb,
            frame_stats.face_rgb,
            frame_stats.background_rgb,
            _places(frame_stats),
        )
    )
    if not np.ptp(quarters, axis=0).any():  # a waveform that came without a video
        return None
    quarters, box = np.maximum(quarters, 1e-3), np.maximum(box, 1e-3)
    pos = _pos(quarters, fs)
    sides = np.stack([_pos(quarters[:, side::2], fs) for side in (0, 1)], axis=1)  # (time, 2)
    if reading.track is not None:  # a line is one on the beat's clock alone
        beat_clock = reading.track.on_beat_clock
        filtered = Signal(beat_clock(filtered.values), fs, start_s)
        rows = (quarters, box, background, place, pos, sides)
        quarters, box, background, place, pos, sides = map(beat_clock, rows)
    return QualityFeatures(
        duration_s=filtered.duration_s,
        snr_db=bounded_db(reading.snr_db),
        peaks_bpm=abs((reading.peaks_bpm or 0.0) - reading.spectral_bpm),
        track_bpm=reading.track.range_bpm if reading.track else 0.0,
        **_of_waveform(filtered, f_hz),
        **_of_pos(filtered, pos, f_hz),
        **_of_sides(sides, fs),
        **_of_colours(filtered, quarters, box, background, f_hz),
        **_of_motion(filtered, place, f_hz),
        lamp=float(is_flicker(frame_stats, start_s, end_s, f_hz)),
    )


def _places(frame_stats: FrameStats) -> NDArray[np.float64]:
    """Where the face is and how large, (time, 3): its motion added up."""
    return np.cumsum(frame_stats.moved, axis=0, dtype=np.float64)


def _of_waveform(filtered: Signal, f_hz: float) -> dict[str, float]:
    values, fs = filtered.values, filtered.fs
    half = values.size // 2
    halves = [pulse_frequency(part, fs, SEARCH_HZ) for part in (values[:half], values[half:])]
    apart = [abs(f - f_hz) for f in halves if np.isfinite(f)]
    odd = 0.0
    if f_hz / 2 >= SLOWEST_HZ:
        odd = sum(line_db(values, fs, k * f_hz) for k in (0.5, 1.5))
    lines_db, size = group_lines(values, fs, f_hz)
    return {
        "halves_bpm": 60 * max(apart, default=SEARCH_HZ[1]),
        "line_db": line_db(values, fs, f_hz),
        "odd_lines_db": odd,
        "group_db": lines_db,
        "group_size": float(size),
    }


def _of_pos(filtered: Signal, pos: NDArray[np.float64], f_hz: float) -> dict[str, float]:
    fs = filtered.fs
    pos_hz = pulse_frequency(pos, fs, SEARCH_HZ)
    apart = [60 * abs(pos_hz - f) if np.isfinite(pos_hz) else 60 * f for f in (f_hz, f_hz / 2)]
    ours, theirs = (near(part[:, None], fs, f_hz)[:, 0] for part in (filtered.values, pos))
    return {
        "pos_bpm": apart[0],
        "pos_half_bpm": apart[1],
        "with_pos": cosine(theirs, ours),
        "pos_line_db": line_db(pos, fs, pos_hz) if np.isfinite(pos_hz) else 0.0,
    }


def _pos(quarters: NDArray[np.float64], fs: float) -> NDArray[np.float64]:
    """POS of the mean of parts of the face, (time, parts, 3): its waveform, (time,)."""
    return bandpass(-pos_waveform(quarters.mean(axis=1), fs), fs, PASS_HZ)


def _of_sides(sides: NDArray[np.float64], fs: float) -> dict[str, float]:
    """What POS reads on the left and on the right of the face; (time, 2)."""
    left, right = (pulse_frequency(side, fs, SEARCH_HZ) for side in sides.T)
    if not (np.isfinite(left) and np.isfinite(right)):
        return {"sides_bpm": 0.0, "sides_line_db": 0.0}
    apart = [abs(left - right), abs(left - 2 * right), abs(2 * left - right)]
    lines = [line_db(side, fs, f) for side, f in zip(sides.T, (left, right), strict=True)]
    return {"sides_bpm": 60 * min(apart), "sides_line_db": min(lines)}


def _of_colours(
    filtered: Signal,
    quarters: NDArray[np.float64],
    box: NDArray[np.float64],
    background: NDArray[np.float64],
    f_hz: float,
) -> dict[str, float]:
    """What in the colours goes with the waveform."""
    fs = filtered.fs
    ours = near(filtered.values[:, None], fs, f_hz)[:, 0]
    by_quarter = near(relative(quarters.reshape(len(quarters), 12), fs), fs, f_hz)
    # more blood, less light: what goes with it counts as positive; (time, 4, 3), (time, 3)
    skin = -by_quarter.reshape(-1, 4, 3)
    by_colour = skin.mean(axis=1)
    edges = (near(relative(box, fs), fs, f_hz) + by_colour).mean(axis=1)
    red, middle, blue = part(by_colour, ours)
    size = _more(red, middle, blue)
    background_db = float("nan")
    if bool(np.isfinite(background).all()) and float(background.min()) > DARK_WALL:
        wall = part(near(relative(background, fs), fs, f_hz), ours)
        background_db = size_db(float(np.sqrt((np.abs(wall) ** 2).mean())), size)
    return {
        "with_colour": cosine(by_colour[:, 1] - (by_colour[:, 0] + by_colour[:, 2]) / 2, ours),
        "grey_db": sorted(_grey_db(*part(skin[:, k], ours)) for k in range(4))[1],
        "red_over_green": float((red / middle).real) if abs(middle) > 1e-12 else 0.0,
        "blue_over_green": float((blue / middle).real) if abs(middle) > 1e-12 else 0.0,
        "sway_db": size_db(abs(complex(part(edges[:, None], ours)[0])), size),
        "with_sway": abs(complex_cosine(edges, ours)),
        "background_db": background_db,
        "side_share": _side_share(skin, ours),
    }


def _side_share(skin: Complex, ours: Complex) -> float:
    """The weaker side over the stronger; skin is (time, 4, 3), left and right in turn."""
    surplus = skin[..., 1] - (skin[..., 0] + skin[..., 2]) / 2
    sides = surplus.reshape(-1, 2, 2).mean(axis=1)
    left, right = part(sides, ours).real.tolist()
    weaker, stronger = sorted((left, right), key=abs)
    return float(weaker / stronger) if stronger else 0.0


def _of_motion(filtered: Signal, place: NDArray[np.float64], f_hz: float) -> dict[str, float]:
    """What in the face's motion goes with the waveform; of three ways to move the largest."""
    fs = filtered.fs
    ours = near(filtered.values[:, None], fs, f_hz)[:, 0]
    theirs = near(np.stack([detrend(row, fs, TREND_HZ) for row in place.T], axis=1), fs, f_hz)
    size = np.sqrt(np.mean(np.abs(ours) ** 2))
    amplitudes = np.abs(part(theirs, ours)) * size
    largest = int(amplitudes.argmax())
    return {
        "nod_db": size_db(float(amplitudes[largest]), SMALL_MOTION),
        "with_nod": abs(complex_cosine(theirs[:, largest], ours)),
    }


def _more(red: complex, green: complex, blue: complex) -> float:
    """What green does more than the two others."""
    return max(abs(green - (red + blue) / 2), 1e-12)


def _grey_db(red: complex, green: complex, blue: complex) -> float:
    return size_db(abs(red + green + blue) / 3, _more(red, green, blue))
