"""Boundaries of the parts of a long video, and the test that measured parts fit together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from sspd.face.chunker import SEGMENT_S, SHORTEST_SEGMENT_S, TINY_S, ChunkerState
from sspd.face.identity import FaceTracker
from sspd.types import Box, VideoInfo
from sspd.video.bounds import GAP_S
from sspd.video.part import Seam

#: Length of a part, seconds: a few minutes of work, of which the lead-in is a hundredth.
PART_S = 600.0


class Look(NamedTuple):
    """A look for faces: its time, seconds, and the boxes that were found, largest first."""

    t: float
    boxes: list[Box]


class PartRange(NamedTuple):
    """A part of a video: ``start_s <= t < end_s``, seconds; ``end_s`` None: to its end."""

    start_s: float
    end_s: float | None
    state: ChunkerState | None
    """Known or predicted state of the run up to here; None: the video begins here."""


@dataclass(frozen=True)
class PartFacts:
    """Facts about a measured part beside its segments.

    Parameters
    ----------
    range : PartRange
    info : VideoInfo or None
    first, after : Seam or None
        See `sspd.video.part.VideoPart`.
    last_s : float or None
        Time of its last frame, seconds.
    gaps : list of (float, float)
        Times of the frames around each gap, seconds.
    looks : list of Look
    n_frames, n_both_ways : int
    key_s : list of float
        See `sspd.video.coding.Coding`.
    warnings, ending : list of str
        See `sspd.video.part.VideoPart`.
    trouble : str or None
        Why the video is to be measured as a whole.
    spent_s : dict of str to float
        See `sspd.pipeline.session.Session`.
    """

    range: PartRange
    info: VideoInfo | None = None
    first: Seam | None = None
    after: Seam | None = None
    last_s: float | None = None
    gaps: list[tuple[float, float]] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    n_frames: int = 0
    n_both_ways: int = 0
    key_s: list[float] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    ending: list[str] = field(default_factory=list)
    trouble: str | None = None
    spent_s: dict[str, float] = field(default_factory=dict)


def segment_starts(end_s: float, gaps: Iterable[tuple[float, float]] = ()) -> list[float]:
    """Return the times at which a whole run ends all segments and begins others.

    Parameters
    ----------
    end_s : float
        Where the video ends, seconds; it begins at 0.
    gaps : iterable of (float, float)
        Times of the frames before and after each gap, seconds, in order.

    Returns
    -------
    list of float
        Seconds, each the sum that `sspd.face.chunker.FaceChunker` makes, to the bit.

    >>> segment_starts(100.0), segment_starts(100.0, [(40.0, 47.5)])
    ([0.0, 30.0, 60.0, 90.0], [0.0, 30.0, 47.5, 77.5])
    """
    found, waiting = [0.0], list(gaps)
    while True:
        start_s = found[-1] + SEGMENT_S
        if waiting and waiting[0][0] < start_s - TINY_S:
            start_s = waiting.pop(0)[1]
        if start_s >= end_s:
            return found
        found.append(start_s)


def plan_parts(
    end_s: float, part_s: float, gaps: Iterable[tuple[float, float]] = ()
) -> list[PartRange]:
    """Cut a video into parts where a whole run begins a segment.

    Parameters
    ----------
    end_s : float
        Where it is said to end, seconds.
    part_s : float
        Shortest length of a part but for the last, which has half of it or more.
    gaps : iterable of (float, float)
        See `segment_starts`.

    Returns
    -------
    list of PartRange
        One or more; no face is known before any.

    >>> [(part.start_s, part.end_s) for part in plan_parts(100.0, 45.0)]
    [(0.0, 59.999999), (59.999999, None)]
    >>> plan_parts(80.0, 60.0)
    [PartRange(start_s=0.0, end_s=None, state=None)]
    """
    least_s = max(SHORTEST_SEGMENT_S, part_s / 2)
    cuts: list[float] = []
    for start_s in segment_starts(end_s, gaps):
        long_enough = start_s - (cuts[-1] if cuts else 0.0) >= part_s - TINY_S
        if long_enough and end_s - start_s >= least_s:
            cuts.append(start_s)
    edges_s = [0.0, *(cut - TINY_S for cut in cuts)]
    states = [None, *(ChunkerState(cut) for cut in cuts)]
    return [
        PartRange(start_s, after_s, state)
        for start_s, after_s, state in zip(edges_s, [*edges_s[1:], None], states, strict=True)
    ]


class Unfit(NamedTuple):
    """A video whose parts are not those of the whole, and why."""

    why: str


class Round(NamedTuple):
    """The parts of a video as they are to be, and which of them are to be measured (again)."""

    ranges: list[PartRange]
    missing: list[int]


def next_round(
    parts: Sequence[PartFacts], end_s: float, part_s: float, every_face: bool
) -> Round | Unfit:
    """Return what is still to be measured before a video can be joined.

    Parameters
    ----------
    parts : sequence of PartFacts
        Measured, in order, from the video's beginning to its end.
    end_s, part_s : float
        See `plan_parts`.
    every_face : bool
        See `sspd.types.MeasureOptions`.

    Returns
    -------
    Round or Unfit
        With nothing missing where all parts are as a whole run would have measured them.
    """
    if why := _unfit(parts):
        return Unfit(why)
    wanted = plan_parts(end_s, part_s, gaps_of(parts))
    measured = {part.range[:2]: part.range for part in parts}
    if list(measured) != [part[:2] for part in wanted]:  # a gap moves all cuts behind it
        missing = [k for k, each in enumerate(wanted) if not _begins_so(measured, each)]
        kept = [measured[each[:2]] if k not in missing else each for k, each in enumerate(wanted)]
        return Round(kept, missing)
    ranges, missing = [part.range for part in parts], []
    for k, known in enumerate(known_faces(parts, every_face)):
        state = ranges[k].state
        if state is not None and not _guessed_right(parts[k], known, every_face):
            ranges[k] = ranges[k]._replace(state=ChunkerState(state.boundary_s, known))
            missing.append(k)
    return Round(ranges, missing)


def known_faces(parts: Sequence[PartFacts], every_face: bool) -> list[tuple[tuple[int, Box], ...]]:
    """Return which faces a whole run knows at the beginning of each part.

    Parameters
    ----------
    parts : sequence of PartFacts
        In order.
    every_face : bool

    Returns
    -------
    list of tuple of (int, Box)
    """
    tracker, found = FaceTracker(every_face), []
    for part in parts:
        found.append(tuple(tracker.known.items()))
        for look in part.looks:
            tracker.assign(look.boxes)
    return found


def gaps_of(parts: Sequence[PartFacts]) -> list[tuple[float, float]]:
    """Return the gaps of a video, also those between two parts.

    Parameters
    ----------
    parts : sequence of PartFacts
        In order.

    Returns
    -------
    list of (float, float)
        Times of the frames before and after each, seconds.
    """
    found = [gap for part in parts for gap in part.gaps]
    for one, other in pairwise(parts):
        before_s, first = one.last_s, other.first
        if before_s is not None and first is not None and first.t - before_s > GAP_S:
            found.append((before_s, first.t))
    return sorted(found)


def _unfit(parts: Sequence[PartFacts]) -> str | None:
    """Return the reason why parts cannot be joined, or None."""
    for part in parts:
        if part.trouble is not None:
            return part.trouble
        if part.first is None or part.info is None:
            return "a part without frames"
    for one, other in pairwise(parts):
        if one.after != other.first:
            return "a part that begins with another frame than the one before ends with"
        if one.info != other.info:
            return "parts that state different facts"
    return None


def _begins_so(measured: Mapping[tuple[float, float | None], PartRange], wanted: PartRange) -> bool:
    """Return whether a part was measured from the same boundary on."""
    found = measured.get(wanted[:2])
    if found is None or found.state is None or wanted.state is None:
        return found is not None and found.state is wanted.state
    return found.state.boundary_s == wanted.state.boundary_s


def _guessed_right(part: PartFacts, known: tuple[tuple[int, Box], ...], every_face: bool) -> bool:
    """Return whether a part selected and numbered the faces as a run over the whole video does."""
    guess = () if part.range.state is None else part.range.state.known
    ours, true = FaceTracker(every_face, dict(guess)), FaceTracker(every_face, dict(known))
    return all(ours.assign(look.boxes) == true.assign(look.boxes) for look in part.looks)
