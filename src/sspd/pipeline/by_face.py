"""The segments of a video, sorted by face; where a face is not seen, a segment says so."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import fields, replace

from sspd.pipeline.segments import SegmentWaveform
from sspd.types import FaceSegment, FrameStats
from sspd.video.bounds import GAP_S

#: Neighbouring segments are a frame or two apart; shorter holes than this are none, seconds.
_BRIEF_S = 0.25


def by_face(segments: Sequence[SegmentWaveform]) -> list[tuple[int, list[SegmentWaveform]]]:
    """Sort segments by face; each face's fill the video, without a box where it is not seen.

    A gap in the video's times (`sspd.video.bounds.GAP_S`) is filled by nothing.

    Parameters
    ----------
    segments : sequence of SegmentWaveform
        One or more, as `run_segments` gives them.

    Returns
    -------
    list of (face_id, segments)
        By number. Face 0 without any box where no face was found at all.
    """
    seen = _seen(segments)
    faces: dict[int, list[SegmentWaveform]] = {}
    for each in segments:
        if each.segment.box is not None:
            faces.setdefault(each.segment.face_id, []).append(each)
    if not faces:
        return [(0, list(segments))]
    return [(who, _without_holes(faces[who], seen)) for who in sorted(faces)]


def _seen(segments: Sequence[SegmentWaveform]) -> list[tuple[float, float]]:
    """First and last time of the frames, with or without a face."""
    spans: list[tuple[float, float]] = []
    for each in sorted(segments, key=lambda each: each.segment.start_s):
        start_s, end_s = each.segment.start_s, each.segment.end_s
        if spans and start_s - spans[-1][1] <= GAP_S:
            spans[-1] = (spans[-1][0], max(spans[-1][1], end_s))
        else:
            spans.append((start_s, end_s))
    return spans


def _without_holes(
    own: Sequence[SegmentWaveform], seen: Sequence[tuple[float, float]]
) -> list[SegmentWaveform]:
    whole: list[SegmentWaveform] = []
    waiting = deque(own)
    near = own[0].segment
    for start_s, end_s in seen:
        while waiting and waiting[0].segment.start_s <= end_s:
            near = waiting[0].segment
            whole += [*_hole(near, start_s, near.start_s), waiting.popleft()]
            start_s = near.end_s
        whole += _hole(near, start_s, end_s)
    return whole


def _hole(near: FaceSegment, start_s: float, end_s: float) -> list[SegmentWaveform]:
    """A segment in which a face is not seen, where it lasts at all."""
    if end_s - start_s < _BRIEF_S:
        return []
    frame_stats = FrameStats(
        **{f.name: getattr(near.frame_stats, f.name)[:0] for f in fields(FrameStats)}
    )
    return [
        SegmentWaveform(
            replace(near, start_s=start_s, end_s=end_s, box=None, frame_stats=frame_stats), None
        )
    ]
