"""A worker's tasks for a long video: plan its parts, measure one, or join all of them.

A task says so in ``part``, by one of three keys:

``split_s``
    Least length of a part, seconds. A long video is answered by ``parts`` (their ranges) and
    ``end_s``; any other one is measured.
``range``
    A part (`sspd.pipeline.parts.records.range_record`); the answer is its
    `sspd.pipeline.parts.records.part_record`.
``files``
    Files of this machine with the records of all parts, as JSON; the video is read out.
"""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sspd.errors import SourceError
from sspd.methods.method import Method
from sspd.pipeline.batch.result import Task
from sspd.pipeline.drain import drain
from sspd.pipeline.executor import Buffers
from sspd.pipeline.parts.join import join_parts
from sspd.pipeline.parts.measure import asked_end_s, measure_part, parts_of
from sspd.pipeline.parts.records import part_from, part_record, range_from, range_record
from sspd.report.result import Vitals
from sspd.types import MeasureOptions
from sspd.video.file import VideoFile
from sspd.video.progress import Progress
from sspd.video.sources import open_source

if TYPE_CHECKING:
    from sspd.video.remote import RemoteVideo


def measure_task(
    task: Task,
    source: str | RemoteVideo,
    options: MeasureOptions,
    method: Method,
    progress: Progress | None = None,
) -> list[Vitals] | dict[str, Any]:
    """Measure a video, split it, or measure one of its parts, as a task asks.

    Parameters
    ----------
    task : Task
    source : str or RemoteVideo
        What holds the video.
    options : MeasureOptions
    method : Method
    progress : callable, optional
        See `sspd.measure`.

    Returns
    -------
    list of Vitals, or dict
        A dict where the video is not measured yet, ready for `json.dumps`.

    Raises
    ------
    SSPDError
        The video cannot be read, or its parts are damaged.
    """
    part = task.part
    if part is None:
        return drain(source, options, method, progress)
    if "range" in part:
        place = Path(source) if isinstance(source, str) else source
        return part_record(*measure_part(place, range_from(part["range"]), options, method))
    if "files" in part:
        try:
            records = [json.loads(Path(path).read_bytes()) for path in part["files"]]
            return join_parts([part_from(each) for each in records], options, method, progress)
        except (OSError, ValueError) as error:
            raise SourceError(f"{task.video}: its parts cannot be read ({error})") from error
    return _measured_or_split(source, options, method, float(part["split_s"]), progress)


def _measured_or_split(
    source: str | RemoteVideo,
    options: MeasureOptions,
    method: Method,
    split_s: float,
    progress: Progress | None,
) -> list[Vitals] | dict[str, Any]:
    if options.fps is not None:
        return drain(source, options, method, progress)
    video = open_source(source, chunk=Buffers().decode_frames)
    if not isinstance(video, VideoFile):
        return drain(source, options, method, progress)
    with closing(video):
        parts = parts_of(video, options, split_s)
        if not parts:
            return drain(video, options, method, progress)
        asked_s, stated_s = asked_end_s(video.info, options), video.info.duration_s
        end_s = min(asked_s or 0.0, stated_s or 0.0)
        return {"parts": [range_record(each) for each in parts], "end_s": end_s}
