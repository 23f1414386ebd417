"""A measured part as plain JSON, exact to the bit, and back; every part of it is checked."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sspd.pipeline.parts.plan import PartFacts, PartRange
from sspd.pipeline.segments import SegmentWaveform
from sspd.types import FIXED_POINT_MAX, Box, FaceSegment, Frames, FrameStats, Signal
from sspd.types.frames import FRAME_STATS_SHAPES

#: Numbers of timestamps and waveforms, and of statistics: little-endian.
_TIMES, _STATS = "<f8", "<f4"


@dataclass(frozen=True)
class _Wave:
    values: str
    fs: float
    start_s: float


@dataclass(frozen=True)
class _Segment:
    start_s: float
    end_s: float
    box: Box | None
    face_id: int
    segment_index: int
    stats: dict[str, str]
    wave: _Wave | None


@dataclass(frozen=True)
class _Part:
    facts: PartFacts
    segments: list[_Segment]


def part_record(facts: PartFacts, segments: Sequence[SegmentWaveform]) -> dict[str, Any]:
    """Convert a measured part to plain types, ready for `json.dumps`.

    Parameters
    ----------
    facts : PartFacts
    segments : sequence of SegmentWaveform

    Returns
    -------
    dict of str to Any
    """
    import msgspec

    own = [_plain(each) for each in segments]
    record: dict[str, Any] = msgspec.to_builtins(_Part(facts, own))
    return record


def facts_from(record: object) -> PartFacts:
    """Restore what is to be known of a part, without its segments.

    Parameters
    ----------
    record : object
        Of `part_record`, after `json.loads`.

    Returns
    -------
    PartFacts

    Raises
    ------
    ValueError
        It is no such record.

    >>> facts_from({"facts": 3})
    Traceback (most recent call last):
        ...
    ValueError: not the record of a part: Expected `object`, got `int`
    """
    if not isinstance(record, dict):
        raise ValueError("not the record of a part: an object was expected")
    facts: PartFacts = _converted(record.get("facts"), PartFacts)
    return facts


def part_from(record: object) -> tuple[PartFacts, list[SegmentWaveform]]:
    """Restore a part from the result of `part_record`.

    Parameters
    ----------
    record : object
        After `json.loads`.

    Returns
    -------
    (PartFacts, list of SegmentWaveform)

    Raises
    ------
    ValueError
        It is no such record.
    """
    part: _Part = _converted(record, _Part)
    return part.facts, [_segment(each) for each in part.segments]


def range_record(part: PartRange) -> Any:
    """Convert a part's range to plain types, ready for `json.dumps`.

    Parameters
    ----------
    part : PartRange

    Returns
    -------
    object

    >>> range_record(PartRange(0.0, 60.0, None))
    (0.0, 60.0, None)
    """
    import msgspec

    return msgspec.to_builtins(part)


def range_from(record: object) -> PartRange:
    """Restore a part's range.

    Parameters
    ----------
    record : object

    Returns
    -------
    PartRange

    Raises
    ------
    ValueError
        It is no range.

    >>> range_from([0.0, None, None])
    PartRange(start_s=0.0, end_s=None, state=None)
    """
    part: PartRange = _converted(record, PartRange)
    return part


def _converted(record: object, kind: type[Any]) -> Any:
    import msgspec

    try:
        return msgspec.convert(record, kind)
    except (msgspec.ValidationError, OverflowError, RecursionError) as error:
        raise ValueError(f"not the record of a part: {error}") from error


def _plain(each: SegmentWaveform) -> _Segment:
    segment, wave = each.segment, each.wave
    stats = {
        field.name: _text(getattr(segment.frame_stats, field.name), _kind(field.name))
        for field in fields(FrameStats)
    }
    own = None
    if wave is not None:
        own = _Wave(_text(wave.values, _TIMES), float(wave.fs), float(wave.start_s))
    place = float(segment.start_s), float(segment.end_s), segment.box
    return _Segment(*place, segment.face_id, segment.segment_index, stats, own)


def _segment(each: _Segment) -> SegmentWaveform:
    if each.stats.keys() != {field.name for field in fields(FrameStats)}:
        raise ValueError("not the record of a part: other statistics of frames")
    rows = {name: _array(text, name) for name, text in each.stats.items()}
    stats = FrameStats(**rows)
    none = Frames(np.empty((0, 1, 1, 3), np.uint16), np.zeros(0), FIXED_POINT_MAX)
    place = each.start_s, each.end_s, each.box
    segment = FaceSegment(*place, none, stats, each.face_id, each.segment_index)
    wave = None
    if each.wave is not None:
        values = _numbers(each.wave.values, _TIMES).astype(np.float64)
        wave = Signal(values, each.wave.fs, each.wave.start_s)
    return SegmentWaveform(segment, wave)


def _kind(name: str) -> str:
    return _TIMES if name == "t" else _STATS


def _text(values: NDArray[Any], kind: str) -> str:
    return base64.b64encode(np.ascontiguousarray(values).astype(kind).tobytes()).decode()


def _array(text: str, name: str) -> NDArray[Any]:
    shape = FRAME_STATS_SHAPES.get(name, ())
    values = _numbers(text, _kind(name)).reshape(-1, *shape)
    return values.astype(np.float64 if name == "t" else np.float32)


def _numbers(text: str, kind: str) -> NDArray[Any]:
    try:
        return np.frombuffer(base64.b64decode(text, validate=True), kind)
    except ValueError as error:
        raise ValueError("not the record of a part: numbers that are not base64") from error
