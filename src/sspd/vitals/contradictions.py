"""Single observations that reject a reading, whatever its confidence.

A confidence is a weighted sum of quality features, so that many good features can outweigh
one that is impossible for a correct reading. Each rule here checks one such observation.
"""

from __future__ import annotations

import numpy as np

from sspd.vitals.heart_rate import SEARCH_HZ
from sspd.vitals.quality_features import QualityFeatures, on_wall

#: Spectral lines between the harmonics are stronger than this, relative to the line at the
#: rate, dB: the beats come in groups, or a slow heart was read at twice its rate.
GROUP_DB = -25.0
#: In groups of this size or more, the reading is not twice the rate of a slow heart.
GROUP_OF = 3
#: A rate that changes by more than the first number within a window, bpm, needs a
#: signal-to-noise ratio of the second, dB: noise and irregular beats can be tracked too.
WANDERS_BPM, WANDERS_SNR_DB = 8.0, 2.5
#: The rates of the window's two halves differ by more than a heart's rate changes, bpm.
HALVES_BPM = 15.0
#: Or they differ by this much, bpm, with a signal-to-noise ratio under this, dB: irregular
#: beats.
UNSURE_HALVES_BPM, UNSURE_SNR_DB = 6.0, 6.0
#: POS gives a rate that differs by this much, bpm, with a spectral line of this strength, dB.
POS_BPM, POS_LINE_DB = 8.0, 20.0
#: Or the signal-to-noise ratio is under the first number, dB, and POS gives another rate, or
#: the rate by peaks differs by the second number, bpm.
FAINT_SNR_DB, FAINT_PEAKS_BPM = 0.0, 3.0
#: POS gives half of the rate, within this, bpm, with a spectral line of this strength, dB.
HALF_BPM, HALF_LINE_DB = 4.0, 12.0
#: POS gives twice the rate, within this, bpm, with a spectral line of this strength, dB: every
#: second beat differs, and the reading is the rate of pairs.
DOUBLE_BPM, DOUBLE_LINE_DB = 3.0, 6.0
#: A waveform with this cosine to POS, and the same rate, is a real periodic change.
ALIVE_WITH_POS = 0.9
#: A clear waveform comes from one side of the face only: POS shows it too, with this cosine, or it
#: is clear by itself (`CLEAR_SNR_DB`). Sides of opposite sign are caused by head motion, of which
#: mean colours say little.
SIDE_SHARE, SIDE_WITH_POS, CLEAR_SIDE_SHARE = 0.2, 0.8, 0.3
#: The rates of POS on the two sides of the face differ by this much, bpm, and the weaker
#: spectral line has this strength, dB; the second strength applies where the ratio of the
#: sides is under the last number.
SIDES_BPM, SIDES_LINE_DB, ONE_SIDE = 8.0, (12.0, 9.0), 0.4
#: The colours change at half of the rate by this much more surely than at the rate, and this
#: surely, dB, while the rate does not change: a slow heart was read double.
HALF_MORE_DB, HALF_CHANGE_DB = 25.0, 40.0
#: The rate by peaks differs by this much, bpm.
PEAKS_BPM = 12.0
#: Neither the colours nor POS, which is more robust to motion, correlate with the waveform
#: (cosines), or the colours hardly change at the rate, dB.
WITH_MIX, WITH_POS, CHANGE_DB = 0.3, 0.3, 6.0
#: The background changes by more than this share of the face's change, by two standard
#: deviations of the share. A pulse leaves it as it is. (An exposure that reacts to the pulse
#: changes it in the other direction.)
ON_WALL = 0.1
#: If no background is visible: the whole face box, with hair, changes by more than this share of
#: the change of its middle. Blood does not change the colour of hair.
ON_EDGES = 0.85
#: The whole face box changes against its middle by this share: the edges of the face move over it.
AGAINST_EDGES = -0.25
#: Part of the change of the colours that surely is no pulse's, from which on it is a coloured
#: light. (Delays between the colours of a pulse are a smaller part.)
COLOURED_LIGHT = 0.25
#: A waveform with this signal-to-noise ratio, dB, has a cosine to POS under this, and the colours
#: do not explain why: POS misses a pulse only in some colours, in which red changes much. Either
#: they hardly change at the rate, dB, or in other proportions than a pulse does, dB.
CLEAR_SNR_DB, UNLIKE_POS, CLEAR_CHANGE_DB, UNLIKE_BLOOD_DB = 6.0, 0.5, 20.0, 5.0
#: Or, if no background is visible, the waveform is cleaner than this, dB, and its cosine to POS,
#: which is more robust to changes of light, is under this.
CLEAN_SNR_DB, CLEAN_WITH_POS = 12.0, 0.85
#: The face moves in phase with the waveform: amplitude relative to `SMALL_MOTION`, dB, and
#: cosine. If no background is visible, which would show a change of light, less is enough.
NOD_DB, UNSEEN_NOD_DB, WITH_NOD = 8.0, -10.0, 0.7
#: Or a waveform with less than this signal-to-noise ratio, dB, and such a motion, dB, has this
#: cosine to it.
UNCLEAR_SNR_DB, UNCLEAR_NOD_DB, UNCLEAR_WITH_NOD = 2.0, -6.0, 0.8


def contradictions(features: QualityFeatures, rate_bpm: float) -> set[str]:
    """Return the reasons for which a reading cannot be accepted.

    Parameters
    ----------
    features : QualityFeatures
        Quality features of the reading.
    rate_bpm : float
        The reading, beats per minute.

    Returns
    -------
    set of str
        Names from `sspd.vitals.REASONS`; empty if nothing contradicts the reading.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from sspd.vitals.acceptance import still_scene
    >>> from sspd.vitals.quality_features import compute_quality_features
    >>> from sspd.vitals.heart_rate import read_rate
    >>> from sspd.types import Signal
    >>> import numpy as np
    >>> wave = Signal(np.sin(np.arange(900) / 4), 30.0)
    >>> rgb = 120 * (1 - 0.003 * wave.values[:, None, None] * np.array([0.4, 1.0, 0.6]))
    >>> frame_stats = replace(still_scene(wave.t), quarters_rgb=rgb.repeat(4, 1).astype(np.float32))
    >>> found = compute_quality_features(wave, read_rate(wave.values, 30.0), frame_stats)
    >>> contradictions(replace(found, flicker=1.0, background_share=0.0), 71.6)
    {'flicker'}
    """
    e = features
    halves_bpm = _apart(e.halves_bpm, rate_bpm)
    halves_differ = halves_bpm > HALVES_BPM or (
        halves_bpm > UNSURE_HALVES_BPM and e.snr_db < UNSURE_SNR_DB
    )
    wanders = e.track_bpm > WANDERS_BPM and e.snr_db < WANDERS_SNR_DB
    # Noise has no rhythm that could change or be irregular.
    alive = e.with_pos > ALIVE_WITH_POS and _apart(e.pos_bpm, rate_bpm) < POS_BPM
    rules = {
        "flicker": _light_changes(e),
        "motion": _face_moves(e),
        "rate_changes": halves_differ and alive,
        "irregular": wanders and alive,
        "readouts_disagree": (halves_differ and not alive) or _others_disagree(e, rate_bpm),
        "low_snr": (wanders and not alive) or _is_noise(e, rate_bpm),
    }
    found = {reason for reason, is_so in rules.items() if is_so}
    below = rate_bpm / 2 < 60 * SEARCH_HZ[0]
    if e.group_db > GROUP_DB:
        found.add("out_of_range" if below and e.group_size < GROUP_OF else "irregular")
    if _is_double(e):
        found.add("out_of_range" if below else "readouts_disagree")
    return found


def _light_changes(e: QualityFeatures) -> bool:
    """Return whether the light, not the blood, changes at the rate."""
    if e.flicker > 0 or e.beside_blood > COLOURED_LIGHT:
        return True
    if np.isnan(e.background_share):
        clean = e.snr_db > CLEAN_SNR_DB and e.with_pos < CLEAN_WITH_POS
        return e.box_share > ON_EDGES or clean
    return on_wall(e) > ON_WALL


def _face_moves(e: QualityFeatures) -> bool:
    """Return whether the face moves in phase with the waveform."""
    least_db = UNSEEN_NOD_DB if np.isnan(e.background_share) else NOD_DB
    unclear = e.snr_db < UNCLEAR_SNR_DB and e.nod_db > UNCLEAR_NOD_DB
    return (
        (e.nod_db > least_db and e.with_nod > WITH_NOD)
        or (unclear and e.with_nod > UNCLEAR_WITH_NOD)
        or e.box_share < AGAINST_EDGES
    )


def _others_disagree(e: QualityFeatures, rate_bpm: float) -> bool:
    """Return whether the peaks, POS or one side of the face give another rate."""
    sides_line_db = SIDES_LINE_DB[abs(e.side_share) < ONE_SIDE]
    return (
        _apart(e.peaks_bpm, rate_bpm) > PEAKS_BPM
        or (_apart(e.pos_bpm, rate_bpm) > POS_BPM and e.pos_line_db > POS_LINE_DB)
        or (e.pos_half_bpm < HALF_BPM and e.pos_line_db > HALF_LINE_DB)
        or (abs(e.pos_bpm - rate_bpm) < DOUBLE_BPM and e.pos_line_db > DOUBLE_LINE_DB)
        or (e.sides_bpm > SIDES_BPM and e.sides_line_db > sides_line_db)
        or (abs(e.side_share) < SIDE_SHARE and e.with_pos > SIDE_WITH_POS)
        or (abs(e.side_share) < CLEAR_SIDE_SHARE and e.snr_db > CLEAR_SNR_DB)
        or (e.snr_db > CLEAR_SNR_DB and e.with_pos < UNLIKE_POS and _unlike_blood(e))
    )


def _is_double(e: QualityFeatures) -> bool:
    """Return whether the colours change at half of the rate rather than at the rate."""
    sure = e.half_change_db > HALF_CHANGE_DB
    return sure and e.half_change_db - e.change_db > HALF_MORE_DB and e.track_bpm == 0


def _unlike_blood(e: QualityFeatures) -> bool:
    """Return whether the colours hardly change at the rate, or otherwise than by a pulse."""
    return e.change_db < CLEAR_CHANGE_DB or e.beyond_blood_db > UNLIKE_BLOOD_DB


def _is_noise(e: QualityFeatures, rate_bpm: float) -> bool:
    """Return whether neither the spectral line nor the colours confirm the waveform."""
    others_bpm = (e.pos_bpm, POS_BPM), (e.peaks_bpm, FAINT_PEAKS_BPM)
    unlike = any(_apart(other_bpm, rate_bpm) > most_bpm for other_bpm, most_bpm in others_bpm)
    colourless = (e.with_mix < WITH_MIX or e.change_db < CHANGE_DB) and e.with_pos < WITH_POS
    return (e.snr_db < FAINT_SNR_DB and unlike) or colourless


def _apart(distance_bpm: float, rate_bpm: float) -> float:
    """Return the distance of another reading from the rate or twice the rate, the smaller.

    Twice the rate alone contradicts nothing: the second harmonic of a slow heart may be
    stronger than its fundamental.
    """
    return min(distance_bpm, abs(distance_bpm - rate_bpm))
