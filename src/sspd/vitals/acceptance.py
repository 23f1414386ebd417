"""Acceptance of readings, and the reasons for rejection.

With a calibrated confidence, a reading is accepted from `LEAST_CONFIDENCE` on. Without one,
fixed rules decide (`low_snr`, `readouts_disagree`, `flicker`). In both cases a single
observation can contradict it (`sspd.vitals.contradictions`). `frame_rate_too_low`,
`clock_unknown`, key-frame pumping (`compression`), and extreme `overexposed`, `too_dark` and
`motion` always reject. The reasons are a fixed list. A lesser degree of `motion`, `too_dark`,
`overexposed` or `compression` only explains a rejection for another reason, because a
waveform that is clean in spite of them is a good one.
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

#: All rejection reasons, in the order in which they are reported.
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

#: A reason that rejects half of a rate too.
FLICKER = "flicker"
#: Reasons that describe the rhythm of the heart.
OF_RHYTHM = {"rate_changes", "irregular", "out_of_range"}
#: Least signal-to-noise ratio of a window of 30 s or more, dB; and the additional ratio for a
#: window of a third of that length, as short windows of noise more often contain a line.
#: tests/vitals/test_confidence.py tests how seldom noise passes; MODEL_CARD.md describes how the
#: number was chosen, and on which videos.
LEAST_SNR_DB = 1.3
SHORT_EXTRA_DB = 1.5
#: Additional signal-to-noise ratio for a rate that was tracked through its window, dB.
TRACKED_EXTRA_DB = 3.0
#: Acceptance threshold of the confidence; MODEL_CARD.md describes how it was chosen.
LEAST_CONFIDENCE = 0.6
#: Lowest frame rate, Hz: fewer frames cannot sample a pulse of 200 beats per minute.
LEAST_FPS = 12.0
#: Fraction of clipped pixels in the face box: explains a rejection from the first value on,
#: rejects from the second on.
OVEREXPOSED = (0.10, 0.40)
#: Fraction of nearly black pixels in the face box, likewise (hair and beards are dark too).
DARK = (0.50, 0.90)
#: Median change of the 16x16 face image in 1/30 s, pixel value (0-255), likewise.
MOTION = (1.5, 12.0)
#: Coded bits per pixel and frame below which compression explains a rejection.
LEAST_BITS_PER_PIXEL = 0.03


@dataclass(frozen=True)
class VideoFacts:
    """Properties of a whole video that affect acceptance."""

    bits_per_pixel: float | None = None
    """Coded bits per pixel and frame; None if unknown."""
    clock_known: bool = True
    """False if the timestamps of its frames are not those of the camera."""
    key_frames_s: tuple[float, ...] = ()
    """Times of key frames, seconds; empty if unknown."""


def still_scene(t: NDArray[np.float64]) -> FrameStats:
    """Return frame statistics of a scene without changes, for a waveform without a video.

    Parameters
    ----------
    t : float64 array, shape (time,)
        Times of the frames, seconds.

    Returns
    -------
    FrameStats

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
    """Return the least signal-to-noise ratio for a window of a given length, dB.

    Parameters
    ----------
    duration_s : float
        Length of the window, seconds.

    Returns
    -------
    float
        dB.

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
    features: QualityFeatures | None = None,
    least_confidence: float | None = None,
) -> tuple[str, ...]:
    """Return the reasons why a reading is rejected.

    Parameters
    ----------
    reading : Reading
    frame_stats : FrameStats
        Frame statistics; rows outside of the window are ignored.
    start_s, end_s : float
        The window, seconds.
    facts : VideoFacts
        Properties of the whole video.
    confidence : float or None
        None if it is not calibrated.
    features : QualityFeatures or None
        Quality features that the confidence was computed from.
    least_confidence : float or None
        Lowest confidence that is accepted; None means `LEAST_CONFIDENCE`.

    Returns
    -------
    tuple of str
        Names from `REASONS`, in that order; empty if the reading is accepted.

    >>> t = np.arange(900) / 30
    >>> rejection_reasons(Reading(60.0, 70.0, 9.0), still_scene(t), 0.0, 30.0, VideoFacts())
    ('readouts_disagree',)
    """
    keep = (frame_stats.t >= start_s - 1e-9) & (frame_stats.t < end_s)
    found, explaining = _of_scene(frame_stats, keep, facts, reading.spectral_bpm)
    f_bpm = reading.spectral_bpm
    least = LEAST_CONFIDENCE if least_confidence is None else least_confidence
    if f_bpm is None or reading.snr_db is None or np.isnan(reading.snr_db):
        found.add("low_snr")
    elif confidence is None or not confidence >= least:  # NaN is rejected
        peaks_bpm = reading.peaks_bpm
        rules = {
            "low_snr": reading.snr_db < _least_snr_db(reading, end_s - start_s),
            "readouts_disagree": peaks_bpm is None or abs(peaks_bpm - f_bpm) > AGREE_BPM,
            "flicker": is_flicker(frame_stats, start_s, end_s, f_bpm / 60),
        }
        found |= {name for name, is_so in rules.items() if is_so}
        if confidence is not None and not found:
            found.add(_weak_confidence_reason(features))
    if features is not None and f_bpm is not None:
        found |= contradictions(features, f_bpm)
    if "low_snr" in found:  # noise has no rhythm that could be assessed
        found -= OF_RHYTHM
    if found:
        found |= explaining
    return tuple(reason for reason in REASONS if reason in found)


def _least_snr_db(reading: Reading, duration_s: float) -> float:
    """Return the least ratio, dB; tracking amplifies noise, so a tracked rate needs more."""
    return least_snr_db(duration_s) + (TRACKED_EXTRA_DB if reading.track else 0.0)


def _weak_confidence_reason(features: QualityFeatures | None) -> str:
    """Return the reason for a low confidence: other read-outs disagree, or noise."""
    if features is not None and max(features.pos_bpm, features.halves_bpm) > AGREE_BPM:
        return "readouts_disagree"
    return "low_snr"


def _of_scene(
    frame_stats: FrameStats, keep: NDArray[np.bool_], facts: VideoFacts, rate_bpm: float | None
) -> tuple[set[str], set[str]]:
    """Return the reasons that reject by themselves, and those that only explain."""
    rejecting: set[str] = set()
    explaining: set[str] = set()
    if not facts.clock_known:
        rejecting.add("clock_unknown")
    t = frame_stats.t[keep]
    if t.size < 2:
        return rejecting, explaining
    fps = (t.size - 1) / float(t[-1] - t[0])
    if fps * float(frame_stats.new[keep].mean()) < LEAST_FPS:
        rejecting.add("frame_rate_too_low")
    # At a lower frame rate more changes between two frames.
    degrees = {
        "overexposed": (float(frame_stats.overexposed[keep].mean()), OVEREXPOSED),
        "too_dark": (float(frame_stats.dark[keep].mean()), DARK),
        "motion": (float(np.median(frame_stats.motion[keep])) * min(fps / 30.0, 1.0), MOTION),
    }
    for reason, (degree, (explains, rejects)) in degrees.items():
        if degree >= explains:
            explaining.add(reason)
        if degree >= rejects:
            rejecting.add(reason)
    if facts.bits_per_pixel is not None and facts.bits_per_pixel < LEAST_BITS_PER_PIXEL:
        explaining.add("compression")
    bits, least = facts.bits_per_pixel, LEAST_BITS_PER_PIXEL
    if pumps(frame_stats, keep, facts.key_frames_s, rate_bpm, bits, least):
        rejecting.add("compression")
    return rejecting, explaining
