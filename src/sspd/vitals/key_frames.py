"""Detection of key-frame pumping: colours that jump at each key frame of a video.

At a low bit rate the face's colours jump at each key frame, as it is coded without the frames
before it. Regular key frames thus give spectral lines at their rate and its multiples, in the
range of heart rates.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sspd.types import FrameStats

#: A heart rate may come from key frames at these multiples of their rate ...
MULTIPLES = (0.5, 1.0, 2.0, 3.0)
#: ... within this many resolution cells (1 / length of the window).
CELLS = 1.0
#: Key frames are regular if this fraction of their distances is within a tenth of the median.
REGULAR_KEY_FRAMES = 0.7
#: Fewer key frames in a window give no spectral line.
LEAST_KEY_FRAMES = 4
#: Colours jump if they change at key frames by this many times as much as at other frames, and
#: by this much (pixel value, 0-255): 3 to 7 times at 80 kbit/s, 1 or less in a good video.
JUMP_RATIO, LEAST_JUMP = 2.5, 0.15
#: With fewer bits per pixel and frame than this, a smaller ratio is enough.
FEW_BITS_PER_PIXEL, JUMP_RATIO_OF_FEW = 0.1, 1.5


def key_frame_rate(key_frames_s: Sequence[float], start_s: float, end_s: float) -> float | None:
    """Return the rate of regular key frames in a window, Hz.

    Parameters
    ----------
    key_frames_s : sequence of float
        Times of key frames, seconds, ascending.
    start_s, end_s : float
        The window, seconds.

    Returns
    -------
    float or None
        Hz; None if there are too few key frames, or irregular ones.

    >>> key_frame_rate([0.0, 0.5, 1.0, 1.5, 2.0], 0.0, 2.5)
    2.0
    >>> key_frame_rate([0.0, 0.1, 1.0, 1.9, 2.0], 0.0, 2.5) is None
    True
    """
    times = np.asarray(key_frames_s, np.float64)
    apart_s = np.diff(times[(times >= start_s) & (times < end_s)])
    if apart_s.size + 1 < LEAST_KEY_FRAMES:
        return None
    median_s = float(np.median(apart_s))
    regular = np.abs(apart_s / median_s - 1) < 0.1
    return 1 / median_s if regular.mean() >= REGULAR_KEY_FRAMES else None


def jump_ratio(frame_stats: FrameStats, keep: NDArray[np.bool_], key: NDArray[np.bool_]) -> float:
    """Return the ratio of the colour change at key frames to that at other new frames.

    Parameters
    ----------
    frame_stats : FrameStats
    keep : bool array, shape (time,)
        Rows of the window.
    key : bool array, shape (time,)
        True for key frames.

    Returns
    -------
    float
        Ratio of the medians of the change of the face's mean colours; 0 if key frames change
        by less than `LEAST_JUMP`.
    """
    colours = np.concatenate([frame_stats.face_rgb[:, None], frame_stats.quarters_rgb], axis=1)[
        keep
    ]
    change = np.abs(np.diff(colours, axis=0)).mean(axis=(1, 2))
    at_key, others = key[keep][1:], frame_stats.new[keep][1:] > 0
    if not at_key.any() or not (others & ~at_key).any():
        return 0.0
    jump = float(np.median(change[at_key]))
    usual = float(np.median(change[others & ~at_key]))
    return jump / max(usual, 1e-6) if jump >= LEAST_JUMP else 0.0


def pumps(
    frame_stats: FrameStats,
    keep: NDArray[np.bool_],
    key_frames_s: Sequence[float],
    rate_bpm: float | None,
    bits_per_pixel: float | None,
    least_bits_per_pixel: float,
) -> bool:
    """Return whether a heart rate may come from key frames at which colours jump.

    Parameters
    ----------
    frame_stats : FrameStats
    keep : bool array, shape (time,)
        Rows of the window.
    key_frames_s : sequence of float
        Times of the video's key frames, seconds.
    rate_bpm : float or None
        Rate that was read, beats per minute.
    bits_per_pixel : float or None
        Coded bits per pixel and frame; None if unknown.
    least_bits_per_pixel : float
        Below it, regular key frames at the rate are enough.

    Returns
    -------
    bool

    >>> from sspd.vitals.acceptance import still_scene
    >>> frame_stats = still_scene(np.arange(300) / 30)
    >>> key_s = np.arange(20) / 2
    >>> pumps(frame_stats, frame_stats.t < 99, key_s, 120.0, 2.0, 0.03)
    False
    >>> pumps(frame_stats, frame_stats.t < 99, key_s, 120.0, 0.01, 0.03)
    True
    """
    t = frame_stats.t[keep]
    if rate_bpm is None or t.size < 2 or not len(key_frames_s):
        return False
    rate_hz = key_frame_rate(key_frames_s, float(t[0]) - 1e-6, float(t[-1]) + 1e-6)
    if rate_hz is None:
        return False
    cell_hz = CELLS / float(t[-1] - t[0])
    if not any(abs(rate_bpm / 60 - m * rate_hz) <= cell_hz for m in MULTIPLES):
        return False
    bits = np.inf if bits_per_pixel is None else bits_per_pixel
    if bits < least_bits_per_pixel:
        return True
    ratio = jump_ratio(frame_stats, keep, np.isin(frame_stats.t, np.asarray(key_frames_s)))
    return ratio >= (JUMP_RATIO_OF_FEW if bits < FEW_BITS_PER_PIXEL else JUMP_RATIO)
