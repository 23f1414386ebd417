"""When a reading is rejected, and why.

With a calibrated confidence, a reading is accepted from `LEAST_CONFIDENCE` on; without one,
`low_snr`, `readouts_disagree` and `flicker` decide by fixed rules. In both cases a single
observation can contradict it (`sspd.vitals.contradictions`). `frame_rate_too_low`,
`clock_unknown`, `compression` whose key frames pump, and extreme `overexposed`, `too_dark`
and `motion` reject in any case. The reasons are a fixed list;
`motion`, `too_dark`, `overexposed` and `compression` in a lesser degree only explain a
rejection, because a waveform that comes through them clean is a good one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sspd.types import AGREE_BPM, FrameStats
from sspd.vitals.contradictions import contradictions
from sspd.vitals.flicker import is_flicker
from sspd.vitals.heart_rate import Reading
from sspd.vitals.key_frames import pumps
from sspd.vitals.quality_features import QualityFeatures

#: Every reason there is, in the order in which they are listed.
REASONS = (
    "no_face",
    "face_lost",
    "too_short",
    "low_snr",
    "readouts_disagree",
    "rate_changes",
    "irregular",
    "out_of_range",
    "motion",
    "flicker",
    "too_dark",
    "overexposed",
    "compression",
    "frame_rate_too_low",
    "clock_unknown",
)

#: Reasons that say something of a rhythm.
OF_RHYTHM = {"rate_changes", "irregular", "out_of_range"}
#: Least signal-to-noise ratio of a window of 30 s or more, dB; and how much more is
#: asked of one of a third of that length, since a short window of noise more easily
#: looks like a line. How seldom noise passes is held by tests/vitals/test_doubt.py; how
#: the number was chosen, and on which videos, stands in MODEL_CARD.md.
LEAST_SNR_DB = 1.3
SHORT_EXTRA_DB = 1.5
#: How much more is asked of a rate that was followed through its window, dB.
FOLLOWED_EXTRA_DB = 3.0
#: Least confidence of what is believed; how it was chosen stands in MODEL_CARD.md.
LEAST_CONFIDENCE = 0.8
#: Fewer frames a second than this cannot carry 200 beats a minute with its shape.
LEAST_FPS = 12.0
#: Share of clipped pixels in the box: explains from the first on, refuses from the
#: second on.
OVEREXPOSED = (0.10, 0.40)
#: Share of nearly black pixels in the box, likewise (hair and beard are dark too).
DARK = (0.50, 0.90)
#: Median change of the 16x16 face from frame to frame, 8-bit levels a thirtieth of a
#: second, likewise.
MOTION = (1.5, 12.0)
#: Coded bits a pixel and frame under which compression is named as an explanation.
LEAST_BITS_PER_PIXEL = 0.03


@dataclass(frozen=True)
class VideoFacts:
    """What is known of a video as a whole; None: unknown."""

    bits_per_pixel: float | None = None
    clock_known: bool = True
    """Whether the times of its frames are worth anything."""
    key_frames_s: tuple[float, ...] = ()


def still_scene(t: NDArray[np.float64]) -> FrameStats:
    """A scene in which nothing happens, for waveforms that come without a video.

    >>> still_scene(np.arange(3) / 30).motion
    array([0., 0., 0.], dtype=float32)
    """
    grey = np.full((t.size, 3), 128.0, np.float32)
    quarters = np.full((t.size, 4, 3), 128.0, np.float32)
    nothing = np.zeros(t.size, np.float32)
    return FrameStats(
        t, grey, np.full_like(grey, np.nan), quarters, nothing, nothing, nothing, 0 * grey
    )


def least_snr_db(duration_s: float) -> float:
    """What `LEAST_SNR_DB` becomes for a window of this length, dB.

    >>> least_snr_db(30.0), round(least_snr_db(10.0), 3)
    (1.3, 2.8)
    """
    thirds = np.log(30.0 / max(duration_s, 1.0)) / np.log(3.0)
    return float(LEAST_SNR_DB + SHORT_EXTRA_DB * max(0.0, thirds))


def rejection_reasons(
    reading: Reading,
    frame_stats: FrameStats,
    start_s: float,
    end_s: float,
    facts: VideoFacts,
    confidence: float | None = None,
    evidence: QualityFeatures | None = None,
) -> tuple[str, ...]:
    """Why a reading is not believed; empty: it is.

    Parameters
    ----------
    reading : Reading
    frame_stats : FrameStats
        What was seen; rows outside of the window are not looked at.
    start_s, end_s : float
        The window, seconds.
    facts : VideoFacts
    confidence : float or None
        None: not calibrated.
    evidence : QualityFeatures or None
        What that confidence came from.

    >>> t = np.arange(900) / 30
    >>> rejection_reasons(Reading(60.0, 70.0, 9.0), still_scene(t), 0.0, 30.0, VideoFacts())
    ('readouts_disagree',)
    """
    keep = (frame_stats.t >= start_s - 1e-9) & (frame_stats.t < end_s)
    found, explaining = _of_scene(frame_stats, keep, facts, reading.spectral_bpm)
    f_bpm = reading.spectral_bpm
    if f_bpm is None or reading.snr_db is None or np.isnan(reading.snr_db):
        found.add("low_snr")
    elif confidence is None or not confidence >= LEAST_CONFIDENCE:  # NaN is not believed
        peaks_bpm = reading.peaks_bpm
        rules = {
            "low_snr": reading.snr_db < _least_snr_db(reading, end_s - start_s),
            "readouts_disagree": peaks_bpm is None or abs(peaks_bpm - f_bpm) > AGREE_BPM,
            "flicker": is_flicker(frame_stats, start_s, end_s, f_bpm / 60),
        }
        found |= {name for name, is_so in rules.items() if is_so}
        if confidence is not None and not found:
            found.add(_of_evidence(evidence))
    if evidence is not None and f_bpm is not None:
        found |= contradictions(evidence, f_bpm)
    if "low_snr" in found:  # what drowns in noise has no rhythm that could be judged
        found -= OF_RHYTHM
    if found:
        found |= explaining
    return tuple(reason for reason in REASONS if reason in found)


def _least_snr_db(reading: Reading, duration_s: float) -> float:
    """What the rule asks; noise gains by being followed, so more is asked then."""
    return least_snr_db(duration_s) + (FOLLOWED_EXTRA_DB if reading.track else 0.0)


def _of_evidence(evidence: QualityFeatures | None) -> str:
    """Why a line that stands out is not believed: who else disagrees with it."""
    if evidence is not None and max(evidence.pos_bpm, evidence.halves_bpm) > AGREE_BPM:
        return "readouts_disagree"
    return "low_snr"


def _of_scene(
    frame_stats: FrameStats, keep: NDArray[np.bool_], facts: VideoFacts, rate_bpm: float | None
) -> tuple[set[str], set[str]]:
    """Reasons that refuse by themselves, and those that only explain."""
    refusing: set[str] = set()
    explaining: set[str] = set()
    if not facts.clock_known:
        refusing.add("clock_unknown")
    t = frame_stats.t[keep]
    if t.size < 2:
        return refusing, explaining
    fps = (t.size - 1) / float(t[-1] - t[0])
    if fps * float(frame_stats.new[keep].mean()) < LEAST_FPS:
        refusing.add("frame_rate_too_low")
    # At a lower rate more happens between two frames.
    degrees = {
        "overexposed": (float(frame_stats.overexposed[keep].mean()), OVEREXPOSED),
        "too_dark": (float(frame_stats.dark[keep].mean()), DARK),
        "motion": (float(np.median(frame_stats.motion[keep])) * min(fps / 30.0, 1.0), MOTION),
    }
    for reason, (degree, (explains, refuses)) in degrees.items():
        if degree >= explains:
            explaining.add(reason)
        if degree >= refuses:
            refusing.add(reason)
    if facts.bits_per_pixel is not None and facts.bits_per_pixel < LEAST_BITS_PER_PIXEL:
        explaining.add("compression")
    bits, least = facts.bits_per_pixel, LEAST_BITS_PER_PIXEL
    if pumps(frame_stats, keep, facts.key_frames_s, rate_bpm, bits, least):
        refusing.add("compression")
    return refusing, explaining
