"""QualityFeatures as a clean video gives it, for the tests of what is made of it."""

from __future__ import annotations

from sspd.vitals.quality_features import QualityFeatures

CLEAN = QualityFeatures(
    duration_s=30.0,
    snr_db=8.0,
    peaks_bpm=0.3,
    halves_bpm=0.5,
    line_db=25.0,
    odd_lines_db=5.0,
    uneven=0.06,
    pos_bpm=0.1,
    pos_half_bpm=40.0,
    with_pos=0.95,
    sway_db=-6.0,
    with_sway=0.4,
    flicker=0.0,
    change_db=80.0,
    half_change_db=5.0,
    beyond_grey_db=50.0,
    beyond_blood_db=3.0,
    beside_blood=0.1,
    with_mix=0.95,
    alike=0.95,
    box_share=0.5,
    background_share=0.0,
    background_share_sd=0.03,
    nod_db=-25.0,
    with_nod=0.2,
    group_db=-40.0,
    group_size=1,
    track_bpm=0.0,
    pos_line_db=22.0,
    side_share=0.9,
    sides_bpm=0.4,
    sides_line_db=18.0,
)
