from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from helpers.features import CLEAN
from sspd.vitals import REASONS, Reading, VideoFacts
from sspd.vitals.acceptance import rejection_reasons, still_scene
from sspd.vitals.contradictions import contradictions

T = np.arange(900) / 30


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        ({"flicker": 1.0}, "flicker"),
        ({"background_share": 0.9}, "flicker"),
        ({"background_share": 0.3}, "flicker"),
        ({"background_share": float("nan"), "box_share": 1.0}, "flicker"),
        ({"background_share": float("nan"), "snr_db": 18.0, "with_pos": 0.7}, "flicker"),
        ({"nod_db": 12.0, "with_nod": 0.9}, "motion"),
        ({"background_share": float("nan"), "nod_db": -4.0, "with_nod": 0.9}, "motion"),
        ({"snr_db": 1.0, "nod_db": -4.0, "with_nod": 0.9}, "motion"),
        ({"snr_db": -1.0, "peaks_bpm": 5.0}, "low_snr"),
        ({"side_share": 0.1}, "readouts_disagree"),
        ({"side_share": 0.25, "snr_db": 12.0, "with_pos": 0.6}, "readouts_disagree"),
        ({"sides_bpm": 25.0, "sides_line_db": 14.0}, "readouts_disagree"),
        ({"sides_bpm": 25.0, "sides_line_db": 10.0, "side_share": -0.36}, "readouts_disagree"),
        ({"halves_bpm": 40.0}, "rate_changes"),
        ({"peaks_bpm": 20.0}, "readouts_disagree"),
        ({"pos_bpm": 46.0, "pos_half_bpm": 20.0, "pos_line_db": 24.0}, "readouts_disagree"),
        ({"pos_bpm": 67.0, "pos_half_bpm": 100.0, "pos_line_db": 12.0}, "readouts_disagree"),
        ({"with_mix": -0.1, "with_pos": 0.1, "snr_db": 5.0}, "low_snr"),
        ({"change_db": 3.0, "with_pos": 0.1, "snr_db": 5.0}, "low_snr"),
        ({"with_pos": 0.4, "change_db": 10.0}, "readouts_disagree"),
        ({"with_pos": 0.4, "beyond_blood_db": 9.0}, "readouts_disagree"),
        ({"box_share": -0.4}, "motion"),
        ({"half_change_db": 88.0, "change_db": 10.0}, "out_of_range"),
        ({"beside_blood": 0.86, "beyond_blood_db": 0.7}, "flicker"),
        ({"pos_bpm": 20.0, "pos_half_bpm": 14.0, "pos_line_db": 8.0, "snr_db": -3.0}, "low_snr"),
        ({"group_db": -12.0, "group_size": 3.0}, "irregular"),
        ({"group_db": -12.0, "group_size": 2.0}, "out_of_range"),
        ({"track_bpm": 20.0, "snr_db": 1.0}, "irregular"),
    ],
)
def test_a_single_contradiction_rejects_what_else_is_sure(
    one: dict[str, float], reason: str
) -> None:
    reading = Reading(68.0, 68.2, 9.0)
    facts, frame_stats = VideoFacts(), still_scene(T)
    assert rejection_reasons(reading, frame_stats, 0.0, 30.0, facts, 0.99, CLEAN) == ()
    worse = replace(CLEAN, **one)
    assert contradictions(worse, 68.0) == {reason}
    assert rejection_reasons(reading, frame_stats, 0.0, 30.0, facts, 0.99, worse) == (reason,)
    assert reason in REASONS


@pytest.mark.parametrize(
    "one",
    [
        {"background_share": float("nan")},
        {"background_share": 0.1},
        {"background_share": -0.6},  # an exposure that reacts to the pulse
        {"background_share": 0.8, "background_share_sd": 0.4},  # noise
        {"box_share": 1.0},  # the background is seen and keeps still
        {"snr_db": -3.0},  # POS reads the same
        {"side_share": -0.6},
        {"sides_bpm": 25.0, "sides_line_db": 10.0},  # one of them may be noise
        {"sides_bpm": 2.0, "sides_line_db": 20.0},
        {"with_mix": -0.3},  # POS goes along: motion hides the colours from their means
        {"nod_db": 12.0, "with_nod": 0.2},
        {"nod_db": 2.0, "with_nod": 0.95},
        {"peaks_bpm": 66.0, "halves_bpm": 70.0},  # the double of a slow heart
        {"pos_bpm": 46.0, "pos_half_bpm": 20.0, "pos_line_db": 8.0},  # POS is not sure
        {"track_bpm": 30.0, "snr_db": 9.0},
        {"beyond_blood_db": 63.0, "beside_blood": 0.2},
        {"side_share": 0.25, "snr_db": 5.0, "with_pos": 0.6},  # it may be noise
        {"half_change_db": 95.0},  # so does the rate: breathing, or beats in pairs
        {"half_change_db": 35.0, "change_db": 7.0},
        {"half_change_db": 88.0, "change_db": 26.0, "track_bpm": 12.0},  # it rises through both
        {"half_change_db": float("nan")},
        {"background_share": float("nan"), "snr_db": 18.0, "with_pos": 0.95},
        {"snr_db": 18.0, "with_pos": 0.7},  # the background is seen and keeps still
        {"pos_bpm": 67.0, "pos_half_bpm": 100.0, "pos_line_db": 4.0},
    ],
)
def test_what_is_unknown_or_explained_contradicts_nothing(one: dict[str, float]) -> None:
    assert contradictions(replace(CLEAN, **one), 68.0) == set()
