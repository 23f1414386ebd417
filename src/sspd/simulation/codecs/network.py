"""Network of a call: frames that are lost, repeated or late, and a size and rate that change.

Losses and freezes come in bursts by two states (Gilbert, "Capacity of a burst-noise channel", Bell
System Technical Journal 1960; Elliott, ibid. 1963). The steps of the size are those of the
degradation of real calls: 1, 3/4, 1/2, 1/4, one step at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sspd.errors import UsageError
from sspd.simulation.codecs.options import CodecSpec
from sspd.simulation.spec import VideoSpec, frame_times
from sspd.video.encoders import ticks_hz

#: Scales of a call, and how the time below full size is shared by the smaller ones.
SCALES, SHARES = (1.0, 0.75, 0.5, 0.25), (4 / 7, 2 / 7, 1 / 7)
#: Largest error of a timestamp, in distances to the neighbouring frames.
MOST_JITTER = 0.4


@dataclass(frozen=True, eq=False)
class Delivery:
    """Frames of a file.

    Parameters
    ----------
    t : float64 array, shape (time,)
        Their timestamps, seconds, strictly rising from 0.
    frame : int64 array, shape (time,)
        Number of the camera's frame that each shows: it repeats where the video freezes, and
        steps over frames that were lost.
    """

    t: NDArray[np.float64]
    frame: NDArray[np.int64]


class Span(NamedTuple):
    """Frames of the camera that are sent at one size and bit rate.

    >>> Span(0, 30, 1.0, 0.5).stop
    30
    """

    start: int
    stop: int
    scale: float
    rate: float


def delivery(spec: VideoSpec) -> Delivery:
    """Return which frames a video's file has, and when.

    Parameters
    ----------
    spec : VideoSpec

    Returns
    -------
    Delivery
        Without a codec every frame of the camera at its time. With one the timestamps are those
        of its container, rounded as they are stored.

    Raises
    ------
    UsageError
        The container has no timestamps, and the camera's are uneven.

    >>> lossy = VideoSpec(duration_s=10, codec=CodecSpec(drop_percent=20))
    >>> 200 < delivery(lossy).t.size < 280
    True
    """
    t = frame_times(spec)
    frames = np.arange(t.size)
    codec = spec.codec
    if codec is None:
        return Delivery(t, frames)
    if codec.suffix == ".avi" and spec.jitter_s:
        raise UsageError(
            "simulate: an .avi file has no timestamps, so no jitter_s; use the container mov or mkv"
        )
    lost, frozen, slow, late, _ = spec.rng("network").spawn(5)
    skipped = two_states(lost, t.size, codec.drop_percent / 100, codec.burst_frames)
    if codec.slow_percent:
        stay = codec.dwell_s * spec.fps
        slowed = two_states(slow, t.size, codec.slow_percent / 100, stay)
        skipped |= slowed & (frames % codec.slow_factor > 0)
    shown = two_states(frozen, t.size, codec.repeat_percent / 100, codec.burst_frames)
    skipped[0] = shown[0] = False  # a video begins with its first frame
    source = np.maximum.accumulate(np.where(shown | skipped, 0, frames))
    kept = ~skipped
    return Delivery(_stamps(spec, codec, t[kept], late), source[kept])


def _stamps(
    spec: VideoSpec, codec: CodecSpec, t: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return timestamps with their errors, as the container stores them."""
    if codec.jitter_ms:
        gaps = np.diff(t, prepend=-np.inf, append=np.inf)
        most = MOST_JITTER * np.minimum(gaps[:-1], gaps[1:])
        error = np.clip(rng.standard_normal(t.size) * codec.jitter_ms / 1000, -most, most)
        error[0] = 0.0
        t = t + error
    ticks = ticks_hz(codec.suffix[1:], spec.fps)
    count = np.rint(t * ticks).astype(np.int64)
    order = np.arange(count.size)
    # no two frames have one timestamp
    return np.asarray((np.maximum.accumulate(count - order) + order) / ticks)


def two_states(
    rng: np.random.Generator, n: int, share: float, mean_length: float
) -> NDArray[np.bool_]:
    """Draw a chain of two states (Gilbert).

    Parameters
    ----------
    rng : np.random.Generator
    n : int
        Number of steps.
    share : float
        Mean share of the second state, below 1; 0 is never.
    mean_length : float
        Mean length of a run in the second state, steps; independent steps have
        ``1 / (1 - share)``, and shorter runs are not possible.

    Returns
    -------
    bool array, shape (n,)
        True in the second state.

    >>> lost = two_states(np.random.default_rng(0), 100_000, 0.1, 5.0)
    >>> abs(round(float(lost.mean()), 2) - 0.1) <= 0.01
    True
    """
    out = np.zeros(n, np.bool_)
    if not share:
        return out
    length = max(mean_length, 1 / (1 - share))
    leave, enter = 1 / length, share / ((1 - share) * length)
    at, second = 0, bool(rng.random() < share)
    while at < n:
        run = int(rng.geometric(min(1.0, leave if second else enter)))
        out[at : at + run] = second
        at, second = at + run, not second
    return out


def spans(spec: VideoSpec) -> list[Span]:
    """Return the stretches of a call with one size and bit rate.

    Parameters
    ----------
    spec : VideoSpec

    Returns
    -------
    list of Span
        They cover all frames of the camera; ``rate`` is a factor on the bit rate.

    >>> spans(VideoSpec(duration_s=1))
    [Span(start=0, stop=30, scale=1.0, rate=1.0)]
    """
    n, codec = spec.n_frames, spec.codec
    if codec is None or not codec.recorded:
        return [Span(0, n, 1.0, 1.0)]
    rng = spec.rng("network").spawn(5)[4]
    below = codec.scale_percent / 100
    weights = np.array([1 - below, *(below * share for share in SHARES)])
    level = int(rng.choice(len(SCALES), p=weights))
    found: list[Span] = []
    start = 0
    while start < n:
        stop = min(n, start + max(2, round(rng.exponential(codec.dwell_s) * spec.fps)))
        rate = float((1 - codec.rate_drop_percent / 100) ** rng.random())
        if found and (SCALES[level], rate) == found[-1][2:]:
            found[-1] = found[-1]._replace(stop=stop)
        else:
            found.append(Span(start, stop, SCALES[level], rate))
        start, level = stop, _step(rng, level, weights)
    return found


def _step(rng: np.random.Generator, level: int, weights: NDArray[np.float64]) -> int:
    """Step to a neighbouring size, or stay: each has its share of the time (Metropolis)."""
    other = level + int(rng.choice((-1, 1)))
    if not 0 <= other < weights.size or not weights[other]:
        return level
    return other if rng.random() < weights[other] / weights[level] else level
