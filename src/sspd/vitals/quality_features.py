"""Quality features of a reading, from the waveform, the colours, the light and the motion.

Blood changes the colours of all skin, green most, in phase with the network's waveform.
Flicker changes all colours equally, and the background too. A head that nods moves hair and
background in and out of the edges of its box. A rate that is read at twice its value leaves
lines at odd multiples of its half. Each of these is one number here; a calibrated model
combines them (`sspd.vitals.confidence`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sspd.signal import bandpass, detrend, interval_spread, pulse_frequency, resample_times
from sspd.signal.color.pos import POS_WINDOW_S, pos_waveform
from sspd.types import FrameStats, Signal
from sspd.vitals.colour_direction import colour_features
from sspd.vitals.flicker import is_flicker
from sspd.vitals.groups import group_lines
from sspd.vitals.heart_rate import PASS_HZ, SEARCH_HZ, Reading, search_band
from sspd.vitals.lines import (
    TREND_HZ,
    bounded_db,
    complex_cosine,
    late_cosine,
    line_db,
    near,
    part,
    size_db,
)

#: The heart moves a head by less than this, in widths of the face box (half a millimetre).
SMALL_MOTION = 2e-3


@dataclass(frozen=True)
class QualityFeatures:
    """Quality features of one window; ``_db`` are of power, ``_bpm`` are rate differences."""

    duration_s: float
    snr_db: float
    """Signal-to-noise ratio of the waveform, see `sspd.signal.snr_db`."""
    peaks_bpm: float
    """Difference between the spectral rate and the rate by peaks."""
    halves_bpm: float
    """Difference between the rate and those of the window's two halves, the larger one."""
    line_db: float
    """Spectral line at the rate, relative to its neighbourhood."""
    odd_lines_db: float
    """Lines at 1/2 and 3/2 of the rate, relative to their neighbourhoods, their sum."""
    uneven: float
    """Spread of the intervals between maxima, see `sspd.signal.interval_spread`; at the clock of
    the beats where the rate is tracked."""
    pos_bpm: float
    """Difference between the rate and that of POS."""
    pos_half_bpm: float
    """Difference between half of the rate and the rate of POS."""
    with_pos: float
    """Cosine between waveform and POS near the rate, -1 to 1; small delays do not count."""
    change_db: float
    """Certainty that the colours of the face change at the rate, dB, whatever the colour of the
    pulse; see `sspd.vitals.colour_direction`, as for the next seven. NaN: unknown."""
    half_change_db: float
    """Certainty that they change at half of the rate, dB. NaN: unknown, as under 54 bpm."""
    beyond_grey_db: float
    """Certainty that they do not all change alike, dB."""
    beyond_blood_db: float
    """Certainty that they change in other proportions or phases than a pulse does, dB."""
    beside_blood: float
    """Part of their change, 0 to 1, that surely is no pulse's."""
    with_mix: float
    """Cosine between the waveform and the mix of colours that changes most clearly, -1 to 1."""
    alike: float
    """Part of the change of four quarters of the face that has one colour and phase, to 1."""
    box_share: float
    """Change of the whole face box, with hair and edges, along that of its middle: about 0.5 for
    a pulse, 1 for a light."""
    background_share: float
    """Change of the background along that of the face: 0 for a pulse, 0.3 or more for a light on
    both. NaN: not visible."""
    background_share_sd: float
    """Standard deviation of that share by noise alone."""
    sway_db: float
    """Change at the edges of the face box beyond that of its middle, in phase with the
    waveform, relative to the change of the middle; root mean square of the colours."""
    with_sway: float
    """Cosine between that change at the edges and the waveform, 0 to 1."""
    nod_db: float
    """Amplitude of the face's motion or scaling in phase with the waveform, relative to
    `SMALL_MOTION`."""
    with_nod: float
    """Cosine between that motion and the waveform, 0 to 1."""
    group_db: float
    """Lines between the harmonics, from beats in groups, relative to the line at the rate;
    see `sspd.vitals.groups.group_lines`."""
    group_size: float
    """Ratio of the rate that was read to the rate of groups; 1 without groups."""
    track_bpm: float
    """Range of the rate within the window; 0 if it was not tracked."""
    side_share: float
    """Change of the mix of colours on the weaker side of the face, in phase with the stronger
    side and relative to it; below 0 if the sides have opposite signs."""
    sides_bpm: float
    """Difference between the rates of POS on the two sides of the face, or to an octave."""
    sides_line_db: float
    """Line at the rate of POS on a side of the face, the weaker one of both."""
    pos_line_db: float
    """Line at the rate of POS, relative to its neighbourhood."""
    flicker: float
    """1 if `sspd.vitals.flicker.is_flicker` detects flicker, else 0."""


def compute_quality_features(
    filtered: Signal, reading: Reading, frame_stats: FrameStats
) -> QualityFeatures | None:
    """Compute the quality features of a reading.

    Parameters
    ----------
    filtered : Signal
        Window of the filtered waveform from which the rate was read.
    reading : Reading
        Rate of that window.
    frame_stats : FrameStats
        Frame statistics; rows outside of the window are ignored.

    Returns
    -------
    QualityFeatures or None
        None if there is no reading, there are too few frames, or nothing changes in them.

    >>> from dataclasses import replace
    >>> from sspd.vitals.acceptance import still_scene
    >>> from sspd.vitals.heart_rate import read_rate
    >>> wave = Signal(np.sin(np.arange(900) / 4), 30.0)
    >>> rgb = 120 * (1 - 0.003 * wave.values[:, None, None] * np.array([0.4, 1.0, 0.6]))
    >>> frame_stats = replace(still_scene(wave.t), quarters_rgb=rgb.repeat(4, 1).astype(np.float32))
    >>> found = compute_quality_features(wave, read_rate(wave.values, 30.0), frame_stats)
    >>> found.with_mix > 0.99, round(found.peaks_bpm, 1)
    (True, 0.0)
    """
    start_s, end_s = filtered.start_s, filtered.start_s + filtered.duration_s
    fs, n = filtered.fs, len(filtered.values)
    keep = (frame_stats.t >= start_s - 1.0) & (frame_stats.t < end_s + 1.0)
    if reading.spectral_bpm is None or reading.snr_db is None or keep.sum() < 4 * POS_WINDOW_S:
        return None
    f_hz = reading.spectral_bpm / 60
    # (time, 4, 3), (time, 3), (time, 3) and (time, 3) on the waveform's time grid
    quarters, box, background, place = (
        resample_times(rows[keep], frame_stats.t[keep], fs, start_s, n)
        for rows in (
            frame_stats.quarters_rgb,
            frame_stats.face_rgb,
            frame_stats.background_rgb,
            _places(frame_stats),
        )
    )
    if not np.ptp(quarters, axis=0).any():  # a waveform without a video
        return None
    quarters, box = np.maximum(quarters, 1e-3), np.maximum(box, 1e-3)
    pos = _pos(quarters, fs)
    sides = np.stack([_pos(quarters[:, side::2], fs) for side in (0, 1)], axis=1)  # (time, 2)
    if reading.track is not None:  # the line is only sharp in beat time
        to_beat_clock = reading.track.on_beat_clock
        filtered = Signal(to_beat_clock(filtered.values), fs, start_s)
        rows = (quarters, box, background, place, pos, sides)
        quarters, box, background, place, pos, sides = map(to_beat_clock, rows)
    return QualityFeatures(
        duration_s=filtered.duration_s,
        snr_db=bounded_db(reading.snr_db),
        peaks_bpm=abs((reading.peaks_bpm or 0.0) - reading.spectral_bpm),
        track_bpm=reading.track.range_bpm if reading.track else 0.0,
        **_of_waveform(filtered, f_hz),
        **_of_pos(filtered, pos, f_hz),
        **_of_sides(sides, fs, f_hz),
        **colour_features(filtered, quarters, box, background, f_hz),
        **_of_motion(filtered, place, f_hz),
        flicker=float(is_flicker(frame_stats, start_s, end_s, f_hz)),
    )


def on_wall(features: QualityFeatures) -> float:
    """Return the least share of the face's change that is on the background too.

    Parameters
    ----------
    features : QualityFeatures

    Returns
    -------
    float
        The share less two of its standard deviations; NaN if no background is visible.
    """
    return features.background_share - 2 * features.background_share_sd


def _places(frame_stats: FrameStats) -> NDArray[np.float64]:
    """Return position and size of the face, (time, 3): the cumulative sum of its motion."""
    return np.cumsum(frame_stats.moved, axis=0, dtype=np.float64)


def _of_waveform(filtered: Signal, f_hz: float) -> dict[str, float]:
    values, fs = filtered.values, filtered.fs
    half = values.size // 2
    halves = [
        pulse_frequency(part, fs, search_band(f_hz)) for part in (values[:half], values[half:])
    ]
    apart = [abs(f - f_hz) for f in halves if np.isfinite(f)]
    odd = 0.0
    if f_hz / 2 >= SEARCH_HZ[0]:
        odd = sum(line_db(values, fs, k * f_hz) for k in (0.5, 1.5))
    lines_db, size = group_lines(values, fs, f_hz)
    return {
        "halves_bpm": 60 * max(apart, default=SEARCH_HZ[1]),
        "line_db": line_db(values, fs, f_hz),
        "odd_lines_db": odd,
        "uneven": interval_spread(values, fs, f_hz),
        "group_db": lines_db,
        "group_size": float(size),
    }


def _of_pos(filtered: Signal, pos: NDArray[np.float64], f_hz: float) -> dict[str, float]:
    fs = filtered.fs
    pos_hz = pulse_frequency(pos, fs, search_band(f_hz))
    apart = [60 * abs(pos_hz - f) if np.isfinite(pos_hz) else 60 * f for f in (f_hz, f_hz / 2)]
    ours, theirs = (near(part[:, None], fs, f_hz)[:, 0] for part in (filtered.values, pos))
    return {
        "pos_bpm": apart[0],
        "pos_half_bpm": apart[1],
        "with_pos": late_cosine(theirs, ours, f_hz),
        "pos_line_db": line_db(pos, fs, pos_hz) if np.isfinite(pos_hz) else 0.0,
    }


def _pos(quarters: NDArray[np.float64], fs: float) -> NDArray[np.float64]:
    """Compute the filtered POS waveform, (time,), of the mean of face parts, (time, parts, 3)."""
    return bandpass(-pos_waveform(quarters.mean(axis=1), fs), fs, PASS_HZ)


def _of_sides(sides: NDArray[np.float64], fs: float, f_hz: float) -> dict[str, float]:
    """Compare the POS waveforms of the left and right side of the face, (time, 2)."""
    left, right = (pulse_frequency(side, fs, search_band(f_hz)) for side in sides.T)
    if not (np.isfinite(left) and np.isfinite(right)):
        return {"sides_bpm": 0.0, "sides_line_db": 0.0}
    apart = [abs(left - right), abs(left - 2 * right), abs(2 * left - right)]
    lines = [line_db(side, fs, f) for side, f in zip(sides.T, (left, right), strict=True)]
    return {"sides_bpm": 60 * min(apart), "sides_line_db": min(lines)}


def _of_motion(filtered: Signal, place: NDArray[np.float64], f_hz: float) -> dict[str, float]:
    """Compare the face's motion with the waveform: the largest of x, y and scale."""
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
