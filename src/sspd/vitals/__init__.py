"""Vital signs from waveforms: numbers with units, or a reason why there is none."""

from sspd.vitals.acceptance import REASONS, VideoFacts
from sspd.vitals.beat_timing import BeatTimes, IntervalNoise, time_beats
from sspd.vitals.beats import Rhythm, analyze_beats, beat_waveforms
from sspd.vitals.confidence import check_terms
from sspd.vitals.heart_rate import SEARCH_HZ, Reading, pulse_band, read_rate
from sspd.vitals.hrv import HRV_NAMES, good_intervals, hrv
from sspd.vitals.readout import VideoReading, join_frame_stats, read_vitals, read_windows
from sspd.vitals.respiration import beat_sizes, respiration
from sspd.vitals.streaming import close_readout, push_readout
from sspd.vitals.streaming_state import ReadoutSettings, ReadoutState, begin_readout
from sspd.vitals.streaming_updates import (
    ReadoutUpdate,
    pulse_now,
    rhythm_now,
    stream_readout,
    window_now,
)
from sspd.vitals.windows import (
    SHORTEST_WAVEFORM_S,
    accepted_runs,
    cut_windows,
    unread_windows,
)

__all__ = [
    "HRV_NAMES",
    "REASONS",
    "SEARCH_HZ",
    "SHORTEST_WAVEFORM_S",
    "BeatTimes",
    "IntervalNoise",
    "Reading",
    "ReadoutSettings",
    "ReadoutState",
    "ReadoutUpdate",
    "Rhythm",
    "VideoFacts",
    "VideoReading",
    "accepted_runs",
    "analyze_beats",
    "beat_sizes",
    "beat_waveforms",
    "begin_readout",
    "check_terms",
    "close_readout",
    "cut_windows",
    "good_intervals",
    "hrv",
    "join_frame_stats",
    "pulse_band",
    "pulse_now",
    "push_readout",
    "read_rate",
    "read_vitals",
    "read_windows",
    "respiration",
    "rhythm_now",
    "stream_readout",
    "time_beats",
    "unread_windows",
    "window_now",
]
