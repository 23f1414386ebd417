"""The measured parts of a long video, joined and read out as a whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from sspd.errors import SourceError
from sspd.methods import Method
from sspd.pipeline.by_face import by_face
from sspd.pipeline.context import video_context
from sspd.pipeline.parts.plan import PartFacts, gaps_of
from sspd.pipeline.reading import face_vitals
from sspd.pipeline.segments import SegmentWaveform
from sspd.report.result import Vitals
from sspd.types import MeasureOptions
from sspd.video.bounds import gap_warning
from sspd.video.coding import Coding

#: A part that was measured: what is to be known of it, and its segments.
MeasuredPart = tuple[PartFacts, Sequence[SegmentWaveform]]


def join_parts(
    parts: Sequence[MeasuredPart],
    options: MeasureOptions,
    method: Method,
    on_phase: Callable[[str, float], object] | None = None,
) -> list[Vitals]:
    """Join the parts of a video, and read everything.

    Parameters
    ----------
    parts : sequence of MeasuredPart
        In order, such that `sspd.pipeline.parts.plan.next_round` misses nothing.
    options : MeasureOptions
    method : Method
    on_phase : callable, optional
        See `sspd.pipeline.session.Session.close`.

    Returns
    -------
    list of Vitals
        See `sspd.pipeline.session.Session.close`.

    Raises
    ------
    SourceError
        The parts hold no frames.
    """
    facts = [part for part, _ in parts]
    info = facts[0].info if facts else None
    segments = joined_segments(parts)
    if info is None or not segments:
        raise SourceError("parts of a video without frames")
    coding = Coding()
    spent_s: dict[str, float] = {}
    for part in facts:
        coding.extend(part.n_frames, part.n_both_ways, part.key_s)
        for stage, seconds in part.spent_s.items():
            spent_s[stage] = spent_s.get(stage, 0.0) + seconds
    if on_phase is not None:
        on_phase("vitals", 0.0)
    context = video_context(info, coding, options, method, _warnings(facts, info.name), spent_s)
    return [face_vitals(context, face_id, own) for face_id, own in by_face(segments)]


def joined_segments(parts: Sequence[MeasuredPart]) -> list[SegmentWaveform]:
    """Return the segments of all parts, numbered as those of one video.

    Parameters
    ----------
    parts : sequence of MeasuredPart
        In order.

    Returns
    -------
    list of SegmentWaveform
    """
    found: list[SegmentWaveform] = []
    for _, own in parts:
        first = found[-1].segment.segment_index + 1 if found else 0
        for each in own:
            number = first + each.segment.segment_index
            segment = replace(each.segment, segment_index=number)
            found.append(SegmentWaveform(segment, each.wave))
    return found


def _warnings(parts: Sequence[PartFacts], name: str) -> tuple[str, ...]:
    """Return the warnings of a run over the whole video, in its order."""
    gaps = gaps_of(parts)
    longest_s = max((after_s - before_s for before_s, after_s in gaps), default=0.0)
    said = [gap_warning(name, len(gaps), longest_s)] if gaps else []
    return (*parts[0].warnings, *parts[-1].ending, *said)
