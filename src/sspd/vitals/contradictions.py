"""Single observations that reject a reading, however much else speaks for it.

A confidence adds up what speaks for a reading and against it, so that much for it can
outweigh one thing that cannot be if it is right. Those things stand here, one rule each.
"""

from __future__ import annotations

import numpy as np

from sspd.vitals.heart_rate import SEARCH_HZ
from sspd.vitals.quality_features import QualityFeatures

#: Lines between the harmonics so far under the line at the rate, dB, and no further: the
#: beats come in groups, or every second one was read alone.
GROUP_DB = -25.0
#: From this size of a group on a slow heart that was read double is ruled out.
GROUP_OF = 3
#: A rate that moves by this much within a window, bpm, is followed only where the followed
#: line stands out by so much, dB: noise and irregular beats can be followed as well.
WANDERS_BPM, WANDERS_SNR_DB = 8.0, 5.0
#: The two halves of a window are further apart than a heart's rate moves, bpm.
HALVES_BPM = 15.0
#: Or by so much, where the line stands out by no more than this, dB: irregular beats.
UNSURE_HALVES_BPM, UNSURE_SNR_DB = 6.0, 6.0
#: POS reads another rate, bpm, and its own line stands out by so much, dB.
POS_BPM, POS_LINE_DB = 8.0, 20.0
#: Or the line of the waveform is lower than what is around it, dB. Then the rate by single
#: beats need not be far away either, bpm.
FAINT_SNR_DB, FAINT_PEAKS_BPM = 0.0, 3.0
#: POS reads half of the rate, and its line stands out by so much, dB.
HALF_BPM, HALF_LINE_DB = 4.0, 12.0
#: POS reads the double of the rate, and its line stands out by so much, dB: every second beat
#: is another one, and what is read is the rate of pairs.
DOUBLE_BPM, DOUBLE_LINE_DB = 3.0, 6.0
#: A waveform that POS follows so closely, cosine, and at the same rate, is of something real.
ALIVE_WITH_POS = 0.9
#: A clear waveform comes from one side of the face alone; sides that oppose each other are
#: a head that moves, of which the mean colours tell little.
SIDE_SHARE, SIDE_WITH_POS = 0.2, 0.8
#: POS reads another rate on one side of the face than on the other, bpm, and the weaker line
#: stands out by so much, dB; by the second number where one side bears the waveform alone.
SIDES_BPM, SIDES_LINE_DB, ONE_SIDE = 8.0, (12.0, 9.0), 0.4
#: The rate by single beats is another one, bpm.
PEAKS_BPM = 12.0
#: Green does not go along with the waveform, cosine, and neither does POS, which bears
#: more motion.
WITH_COLOUR, WITH_POS = 0.0, 0.3
#: The background changes in step with the waveform by more than the skin, dB; or about as
#: much, and POS, which leaves out what all colours share, follows the waveform less than so
#: closely, cosine: a camera that corrects its exposure for the pulse moves the background too.
BACKGROUND_DB, AS_THE_SKIN_DB, BEYOND_GREY = 2.0, -2.0, 0.96
#: Where no background is seen: the edges of the face's box, hair and all, change as its
#: middle does, but for this, dB. Blood does not move hair.
EDGES_DB = -8.0
#: Or the waveform is as clean as this, dB, and POS, which light disturbs less, does not follow
#: it, cosine.
CLEAN_SNR_DB, CLEAN_WITH_POS = 12.0, 0.85
#: The face moves in step with the waveform: over `SMALL_MOTION`, dB, and how much of it. Where
#: no background is seen, which would show what moves through the light, less is enough.
NOD_DB, UNSEEN_NOD_DB, WITH_NOD = 8.0, -10.0, 0.7
#: Or a waveform no clearer than this, dB, is in step with it as closely as this.
UNCLEAR_SNR_DB, UNCLEAR_NOD_DB, UNCLEAR_WITH_NOD = 2.0, -6.0, 0.8


def contradictions(evidence: QualityFeatures, rate_bpm: float) -> set[str]:
    """Return the reasons for which a reading cannot be accepted.

    Parameters
    ----------
    evidence : QualityFeatures
        Of the reading.
    rate_bpm : float
        The reading, beats per minute.

    Returns
    -------
    set of str
        Names of `sspd.vitals.REASONS`; empty: nothing contradicts it.

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
    >>> contradictions(replace(found, lamp=1.0, background_db=-20.0), 71.6)
    {'flicker'}
    """
    e = evidence
    halves_bpm = _apart(e.halves_bpm, rate_bpm)
    halves_differ = halves_bpm > HALVES_BPM or (
        halves_bpm > UNSURE_HALVES_BPM and e.snr_db < UNSURE_SNR_DB
    )
    wanders = e.track_bpm > WANDERS_BPM and e.snr_db < WANDERS_SNR_DB
    # noise has no rhythm that could change or be irregular
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
    if e.group_db > GROUP_DB:
        slow = e.group_size < GROUP_OF and rate_bpm / 2 < 60 * SEARCH_HZ[0]
        found.add("out_of_range" if slow else "irregular")
    return found


def _light_changes(e: QualityFeatures) -> bool:
    """Whether the light, not the blood, changes at the rate."""
    if e.lamp > 0:
        return True
    if np.isnan(e.background_db):
        clean = e.snr_db > CLEAN_SNR_DB and e.with_pos < CLEAN_WITH_POS
        return e.sway_db < EDGES_DB or clean
    return e.background_db > (BACKGROUND_DB if e.with_pos > BEYOND_GREY else AS_THE_SKIN_DB)


def _face_moves(e: QualityFeatures) -> bool:
    """Whether the face moves in step with the waveform."""
    least_db = UNSEEN_NOD_DB if np.isnan(e.background_db) else NOD_DB
    unclear = e.snr_db < UNCLEAR_SNR_DB and e.nod_db > UNCLEAR_NOD_DB
    return (e.nod_db > least_db and e.with_nod > WITH_NOD) or (
        unclear and e.with_nod > UNCLEAR_WITH_NOD
    )


def _others_disagree(e: QualityFeatures, rate_bpm: float) -> bool:
    """Whether single beats, POS, or a side of the face alone tell another rate, or none."""
    sides_line_db = SIDES_LINE_DB[abs(e.side_share) < ONE_SIDE]
    return (
        _apart(e.peaks_bpm, rate_bpm) > PEAKS_BPM
        or (_apart(e.pos_bpm, rate_bpm) > POS_BPM and e.pos_line_db > POS_LINE_DB)
        or (e.pos_half_bpm < HALF_BPM and e.pos_line_db > HALF_LINE_DB)
        or (abs(e.pos_bpm - rate_bpm) < DOUBLE_BPM and e.pos_line_db > DOUBLE_LINE_DB)
        or (e.sides_bpm > SIDES_BPM and e.sides_line_db > sides_line_db)
        or (abs(e.side_share) < SIDE_SHARE and e.with_pos > SIDE_WITH_POS)
    )


def _is_noise(e: QualityFeatures, rate_bpm: float) -> bool:
    """Whether nothing bears out a waveform: neither its own line nor the colours."""
    others_bpm = (e.pos_bpm, POS_BPM), (e.peaks_bpm, FAINT_PEAKS_BPM)
    unlike = any(_apart(other_bpm, rate_bpm) > most_bpm for other_bpm, most_bpm in others_bpm)
    colourless = e.with_colour < WITH_COLOUR and e.with_pos < WITH_POS
    return (e.snr_db < FAINT_SNR_DB and unlike) or colourless


def _apart(distance_bpm: float, rate_bpm: float) -> float:
    """How far another reading is from the rate or its double, whichever is nearer.

    By itself the double says nothing against a rate: a slow heart's second harmonic may be
    the stronger one.
    """
    return min(distance_bpm, abs(distance_bpm - rate_bpm))
