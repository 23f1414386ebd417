"""Data types shared by the whole package: frames, signals, face segments, vitals, recordings.

Each is a frozen dataclass that contains its own times in seconds, so that no function has to
assume a frame rate. Arrays are checked for their shapes on construction.
"""

from sspd.types.confidence import ConfidenceSpec
from sspd.types.equalizer import EqualizerSpec
from sspd.types.frames import (
    FIXED_POINT_MAX,
    FRAME_STATS_SHAPES,
    Box,
    FaceSegment,
    FaceSpan,
    Frames,
    FrameStats,
)
from sspd.types.options import MeasureOptions
from sspd.types.recording import OpenFrames, Recording, References, Series
from sspd.types.signal import Signal
from sspd.types.update import Update
from sspd.types.video import VideoInfo, VideoSource
from sspd.types.vitals import (
    AGREE_BPM,
    TRACK_STEP_S,
    Estimate,
    RateBand,
    Respiration,
    Vitals,
    WindowVitals,
)

__all__ = [
    "AGREE_BPM",
    "FIXED_POINT_MAX",
    "FRAME_STATS_SHAPES",
    "TRACK_STEP_S",
    "Box",
    "ConfidenceSpec",
    "EqualizerSpec",
    "Estimate",
    "FaceSegment",
    "FaceSpan",
    "FrameStats",
    "Frames",
    "MeasureOptions",
    "OpenFrames",
    "RateBand",
    "Recording",
    "References",
    "Respiration",
    "Series",
    "Signal",
    "Update",
    "VideoInfo",
    "VideoSource",
    "Vitals",
    "WindowVitals",
]
