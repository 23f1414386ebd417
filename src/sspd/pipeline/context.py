"""Everything that a face's vitals depend on beside its own segments."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sspd.methods import Method
from sspd.report.result import Vitals
from sspd.types import ConfidenceSpec, EqualizerSpec, MeasureOptions, VideoInfo
from sspd.video.coding import Coding


@dataclass(frozen=True)
class VideoContext:
    """Facts of a video, and how it is measured."""

    info: VideoInfo
    coding: Coding
    options: MeasureOptions
    confidence: ConfidenceSpec | None
    outline: Vitals
    """Names, warnings and times, without anything read."""
    equalizer: EqualizerSpec | None = None


def video_context(
    info: VideoInfo,
    coding: Coding,
    options: MeasureOptions,
    method: Method,
    warnings: tuple[str, ...],
    timing_s: dict[str, float],
) -> VideoContext:
    """Return everything that the vitals of a video's faces depend on beside their segments.

    Parameters
    ----------
    info : VideoInfo
    coding : Coding
    options : MeasureOptions
    method : Method
    warnings : tuple of str
    timing_s : dict of str to float
        Seconds of work by stage.

    Returns
    -------
    VideoContext
    """
    outline = Vitals(
        source=info.name,
        method=method.name,
        weights=method.weights,
        duration_s=0.0,
        fps=info.fps,
        container_fps=info.fps,
        stated_fps=options.fps,
        windows=(),
        warnings=warnings,
        timing_s=timing_s,
    )
    confidence, equalizer = method.confidence, method.equalizer
    return VideoContext(info, coding, replace(options), confidence, outline, equalizer)
