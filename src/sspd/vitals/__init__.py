"""Waveforms become numbers with units, or the reason why not."""

from sspd.vitals.acceptance import REASONS, FilmFacts
from sspd.vitals.beat_timing import BeatTimes, IntervalNoise, time_beats
from sspd.vitals.beats import Rhythm, beat_waveforms, read_rhythm
from sspd.vitals.confidence import check_terms
from sspd.vitals.heart_rate import SEARCH_HZ, Reading, pulse_band, read_rate
from sspd.vitals.hrv import HRV_NAMES, good_intervals, hrv
from sspd.vitals.readout import FilmReading, join_scenes, read_film
from sspd.vitals.respiration import beat_sizes, respiration
from sspd.vitals.windows import (
    SHORTEST_S,
    SHORTEST_WAVEFORM_S,
    accepted_runs,
    cut_windows,
    read_windows,
    unread_windows,
)

__all__ = [
    "HRV_NAMES",
    "REASONS",
    "SEARCH_HZ",
    "SHORTEST_S",
    "SHORTEST_WAVEFORM_S",
    "BeatTimes",
    "FilmFacts",
    "FilmReading",
    "IntervalNoise",
    "Reading",
    "Rhythm",
    "accepted_runs",
    "beat_sizes",
    "beat_waveforms",
    "check_terms",
    "cut_windows",
    "good_intervals",
    "hrv",
    "join_scenes",
    "pulse_band",
    "read_film",
    "read_rate",
    "read_rhythm",
    "read_windows",
    "respiration",
    "time_beats",
    "unread_windows",
]
