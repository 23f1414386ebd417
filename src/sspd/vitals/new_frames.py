"""Detection of repeated frames in a video.

Cameras in dim light, screen sharing, network calls and frame-rate converters show one frame
several times; a looped video shows many frames again. Such frames contain no information
about a pulse, and a rate above half of the rate of new frames is aliased.

An exact repeat does not change at all. After lossy compression it changes a little, as the
codec refines it, and so do the true frames of a still face. Near repeats are therefore only
searched where the change within a second is concentrated in a few frames, which neither noise
nor motion causes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sspd.types import FaceSegment, FrameStats
from sspd.video.bounds import GAP_S
from sspd.vitals.colour_loops import colour_period

#: Number of frames over which the concentration of change is measured, and number over which
#: frames are classified together.
BLOCK, SECTION = 24, 240
#: Least effective fraction of the frames that contain the change, (sum c)^2 / (n sum c^2);
#: below it, the others are repeats. True frames have 0.55 or more (heavily compressed still
#: faces) or 0.8 (moving ones), but 14 of 2434 sections of simulated scenes have 0.36 to 0.5; frames
#: that are shown six times each 0.1 to 0.45, or 0.6 from the fastest encoder. A higher limit would
#: call more true frames repeats, a lower one would miss more repeats.
LEAST_SPREAD = 0.4
#: Without bidirectionally predicted frames (which change less than others) a second test
#: applies: the largest change of a block is isolated if it is this many times as large as both
#: its neighbours. In repeated frames 0.7 to 1 of them are isolated, in true ones 0 to 0.5,
#: still or moving. The last number is the highest spread at which the test applies.
ALONE_RATIO, ALONE_SHARE, MOST_SPREAD = 1.4, 0.6, 0.9
#: If half of all changes are under the second number (pixel value, 0-255), the test applies
#: up to this spread only: a codec skips most of a still face and refreshes it now and then.
#: True frames like that: spread 0.54 or more, change 0.12 or less; repeated ones of that
#: spread: change 0.15 or more.
SKIPPED_SPREAD, LEAST_CHANGE = 0.5, 0.125
#: If repeats were found, new frames change by at least this fraction of the largest change
#: nearby; or by less, from the least frequent fraction between these two on, if at most this
#: fraction of new frames then follows another new frame.
NEW_SHARE, VALLEY, MOST_IN_A_ROW = 0.5, (0.1, 0.5), 0.35
_BIN = 0.05
#: A video is looped if this fraction of the frames that could recur does so at one lag.
LOOP_SHARE = 0.5
#: A smaller fraction of repeats is ignored: frames in which a codec skipped every block.
LEAST_SHARE = 0.05
#: A smaller fraction is not reported: strong compression skips a fifth of the frames.
REPORT_SHARE = 0.25


def mark_repeats(segment: FaceSegment, key_frames_s: Sequence[float], one_way: bool) -> FaceSegment:
    """Mark the frames of a segment that repeat another one (``frame_stats.new``).

    Parameters
    ----------
    segment : FaceSegment
        Its face crops are not used.
    key_frames_s : sequence of float
        Times of key frames, seconds: a key frame changes even if it repeats a frame.
    one_way : bool
        True if the video has no bidirectionally predicted frames.

    Returns
    -------
    FaceSegment
        With ``frame_stats.new`` set.
    """
    frame_stats = segment.frame_stats
    if frame_stats.t.size == 0:
        return segment
    key = np.isin(frame_stats.t, np.asarray(key_frames_s))
    new = new_frames(frame_stats.change, key, one_way) & ~looped(frame_stats)[0]
    if new.mean() > 1 - LEAST_SHARE:
        new[:] = True
    return replace(segment, frame_stats=replace(frame_stats, new=new.astype(np.float32)))


def new_frames(
    change: NDArray[np.float32], key: NDArray[np.bool_], one_way: bool
) -> NDArray[np.bool_]:
    """Separate new frames from those that repeat the frame before.

    Parameters
    ----------
    change : float32 array, shape (time,)
        Mean change of the face from the frame before; NaN if unknown.
    key : bool array, shape (time,)
        True for key frames, which change without being new.
    one_way : bool
        See `mark_repeats`.

    Returns
    -------
    bool array, shape (time,)
        True for new frames.

    >>> held = np.array([9.0, 0.3, 0.2, 0.4, 0.1, 0.2] * 10, np.float32)
    >>> int(new_frames(held, np.zeros(60, bool), one_way=False).sum())
    10
    """
    new = np.asarray(change != 0, bool)  # a NaN is not 0
    n_sections = max(1, round(change.size / SECTION))
    rows = np.array_split(np.arange(change.size), n_sections)
    known = [row[np.isfinite(change[row]) & ~key[row]] for row in rows]
    changes = [change[row].astype(np.float64) for row in known]
    are_held = [c.size >= BLOCK and _are_held(c, one_way) for c in changes]
    most_are = np.mean(are_held) >= 0.5  # then the other sections are tested too
    for row, at, c, is_held in zip(rows, known, changes, are_held, strict=True):
        if c.size < BLOCK or not (is_held or most_are):
            continue
        held = _held(c)
        new[at[held]] = False
        # a key frame is new if most of the frames around it are
        new[row[key[row] & (change[row] > 0)]] = bool(held.mean() < 0.5)
    return new


def _are_held(c: NDArray[np.float64], one_way: bool) -> bool:
    blocks = [c[k : k + BLOCK] for k in range(0, c.size - BLOCK + 1, BLOCK // 2)]
    moving = [block for block in blocks if block.any()]
    if not moving:
        return False
    spread = float(np.median([b.sum() ** 2 / (b.size * (b**2).sum()) for b in moving]))
    if spread < LEAST_SPREAD:
        return True
    most = MOST_SPREAD if float(np.median(c)) >= LEAST_CHANGE else SKIPPED_SPREAD
    if not one_way or spread >= most:
        return False
    beside = np.maximum(np.append(0.0, c[:-1]), np.append(c[1:], 0.0))
    tops = [k + int(c[k : k + BLOCK // 2].argmax()) for k in range(0, c.size, BLOCK // 2)]
    return float(np.mean([c[k] >= ALONE_RATIO * beside[k] for k in tops])) >= ALONE_SHARE


def _held(c: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which of these changes are those of repeats."""
    edge = np.pad(c, BLOCK // 2, mode="edge")
    most = np.lib.stride_tricks.sliding_window_view(edge, BLOCK)[: c.size].max(axis=1)
    share = np.divide(c, most, out=np.ones_like(c), where=most > 0)
    counts = np.histogram(share, np.arange(0.0, 1 + _BIN, _BIN))[0]
    first, last = (round(edge / _BIN) for edge in VALLEY)
    nearby = np.convolve(counts, (1, 1), mode="valid")  # both bins beside each edge
    held = share < _BIN * (first + int(nearby[first - 1 : last].argmin()))
    new = ~held
    in_a_row = float(np.mean(new[1:][new[:-1]])) if new[:-1].any() else 0.0
    return np.asarray(held if in_a_row <= MOST_IN_A_ROW else share < NEW_SHARE)


def looped(frame_stats: FrameStats) -> tuple[NDArray[np.bool_], float | None]:
    """Find the frames of a looped video that repeat an earlier one.

    Parameters
    ----------
    frame_stats : FrameStats
        Of one segment.

    Returns
    -------
    recurring : bool array, shape (time,)
        True for frames that were shown before.
    period_s : float or None
        Length of the loop, seconds; None if there is no loop.

    >>> t, no = np.arange(90) / 30, np.zeros(90, np.float32)
    >>> rgb, four = np.ones((90, 3), np.float32), np.ones((90, 4, 3), np.float32)
    >>> lag = np.where(t >= 1, 1.0, np.nan).astype(np.float32)
    >>> again = np.where(t >= 1, 0.9, np.nan).astype(np.float32)
    >>> frame_stats = FrameStats(t, rgb, rgb, four, no, no, no, 0 * rgb, no + 1, again, lag)
    >>> recurring, period_s = looped(frame_stats)
    >>> int(recurring.sum()), period_s
    (60, 1.0)
    """
    period_s = _recurring_changes(frame_stats) or colour_period(frame_stats)
    if period_s is None:
        return np.zeros(frame_stats.t.size, bool), None
    step_s = float(np.median(np.diff(frame_stats.t)))
    return frame_stats.t - frame_stats.t[0] >= period_s - step_s / 2, period_s


def _recurring_changes(frame_stats: FrameStats) -> float | None:
    """Return the loop's length by `sspd.face.recurrence`, seconds; None if there is none."""
    lag_s = frame_stats.lag_s.astype(np.float64)
    found = np.nan_to_num(frame_stats.recurrence) > 0
    if found.sum() < BLOCK // 2:
        return None
    step_s = float(np.median(np.diff(frame_stats.t)))
    cells = np.round(lag_s[found] / step_s).astype(int)
    counts = np.bincount(cells)
    period_s = step_s * int(np.convolve(counts, np.ones(3, int), mode="same").argmax())
    near = found & (np.abs(np.nan_to_num(lag_s) - period_s) < 1.6 * step_s)
    period_s = float(np.median(lag_s[near]))
    could = (np.nan_to_num(frame_stats.change) > 0) & (frame_stats.t - frame_stats.t[0] >= period_s)
    return period_s if near.sum() >= max(LOOP_SHARE * could.sum(), BLOCK // 2) else None


def repeat_warnings(source: str, segments: Sequence[FaceSegment]) -> tuple[str, ...]:
    """Return one-line warnings about repeated frames and loops.

    Parameters
    ----------
    source : str
        Name of the video, for the warnings.
    segments : sequence of FaceSegment
        With ``frame_stats.new`` from `mark_repeats`.

    Returns
    -------
    tuple of str

    >>> repeat_warnings("a.mp4", [])
    ()
    """
    frame_stats_list = [
        segment.frame_stats for segment in segments if segment.frame_stats.t.size > 1
    ]
    n = sum(frame_stats.t.size for frame_stats in frame_stats_list)
    repeats = n - int(sum(frame_stats.new.sum() for frame_stats in frame_stats_list))
    warnings: list[str] = []
    if repeats and repeats >= REPORT_SHARE * n:
        fps = new_fps(frame_stats_list)
        rest = "" if fps is None else f"; {fps:.1f} new frames per second"
        warnings.append(f"{source}: {repeats} of {n} frames repeat an earlier one{rest}")
    periods = [
        period for frame_stats in frame_stats_list if (period := looped(frame_stats)[1]) is not None
    ]
    if periods:
        warnings.append(f"{source}: frames recur every {np.median(periods):.1f} s: a loop")
    return tuple(warnings)


def new_fps(frame_stats_list: Sequence[FrameStats]) -> float | None:
    """Return the rate of new frames, without pauses.

    Parameters
    ----------
    frame_stats_list : sequence of FrameStats
        In order of time.

    Returns
    -------
    float or None
        Frames per second; None for fewer than two frames.

    >>> new_fps([]) is None
    True
    """
    if not frame_stats_list:
        return None
    t = np.concatenate([frame_stats.t for frame_stats in frame_stats_list])
    if t.size < 2:
        return None
    pauses_s = np.diff(t)[np.diff(t) > GAP_S]
    recorded_s = float(np.ptp(t) - pauses_s.sum())
    share = sum(float(frame_stats.new.sum()) for frame_stats in frame_stats_list) / t.size
    return share * (t.size - 1 - pauses_s.size) / recorded_s if recorded_s > 0 else None
