from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from helpers.features import CLEAN
from helpers.pulses import pulse_wave
from sspd.signal import bandpass
from sspd.types import ConfidenceSpec, FrameStats, Signal
from sspd.vitals import REASONS, Reading, VideoFacts, read_windows
from sspd.vitals.acceptance import LEAST_CONFIDENCE, least_snr_db, rejection_reasons, still_scene

GOOD = Reading(70.0, 71.0, 8.0)
POOR = Reading(70.0, 71.0, -8.0)
T = np.arange(900) / 30


def _scene(**rows: float) -> FrameStats:
    still = still_scene(T)
    return replace(still, **{k: np.full(900, v, np.float32) for k, v in rows.items()})


def _reasons(
    reading: Reading, frame_stats: FrameStats, facts: VideoFacts | None = None
) -> tuple[str, ...]:
    return rejection_reasons(reading, frame_stats, 0.0, 30.0, facts or VideoFacts())


def test_the_list_is_the_documented_one() -> None:
    assert set(REASONS) == {
        *("no_face", "face_lost", "too_short", "low_snr", "readouts_disagree", "motion"),
        *("flicker", "too_dark", "overexposed", "compression", "frame_rate_too_low"),
        *("rate_changes", "irregular", "out_of_range", "clock_unknown"),
    }


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        (GOOD, ()),
        (Reading(70.0, 75.1, 8.0), ("readouts_disagree",)),
        (Reading(70.0, 75.0, 8.0), ()),
        (Reading(70.0, None, 8.0), ("readouts_disagree",)),
        (Reading(70.0, 71.0, 0.4), ("low_snr",)),
        (Reading(None, None, None), ("low_snr",)),
        (Reading(70.0, 90.0, -3.0), ("low_snr", "readouts_disagree")),
        (Reading(70.0, 70.0, float("nan")), ("low_snr",)),
    ],
)
def test_reasons_of_the_waveform(reading: Reading, expected: tuple[str, ...]) -> None:
    assert _reasons(reading, _scene()) == expected


@pytest.mark.parametrize(
    ("rows", "name"),
    [
        ({"overexposed": 0.2}, "overexposed"),
        ({"dark": 0.6}, "too_dark"),
        ({"motion": 3.0}, "motion"),
    ],
)
def test_a_hard_scene_explains_a_refusal_but_does_not_make_one(
    rows: dict[str, float], name: str
) -> None:
    assert _reasons(GOOD, _scene(**rows)) == ()
    assert _reasons(POOR, _scene(**rows)) == ("low_snr", name)


@pytest.mark.parametrize(
    ("rows", "name"),
    [
        ({"overexposed": 0.5}, "overexposed"),
        ({"dark": 0.95}, "too_dark"),
        ({"motion": 20.0}, "motion"),
    ],
)
def test_an_extreme_scene_refuses(rows: dict[str, float], name: str) -> None:
    assert _reasons(GOOD, _scene(**rows)) == (name,)


def test_compression_only_explains() -> None:
    assert _reasons(GOOD, _scene(), VideoFacts(bits_per_pixel=0.01)) == ()
    assert _reasons(POOR, _scene(), VideoFacts(bits_per_pixel=0.01)) == ("low_snr", "compression")
    assert _reasons(POOR, _scene(), VideoFacts(bits_per_pixel=0.1)) == ("low_snr",)


@pytest.mark.parametrize(("fps", "refused"), [(5.0, True), (11.0, True), (12.5, False)])
def test_too_few_pictures_a_second(fps: float, refused: bool) -> None:
    frame_stats = still_scene(np.arange(int(30 * fps)) / fps)
    assert (_reasons(GOOD, frame_stats) == ("frame_rate_too_low",)) == refused


def test_short_windows_must_be_clearer() -> None:
    asked = [least_snr_db(s) for s in (8.0, 10.0, 20.0, 30.0, 60.0)]
    assert asked == sorted(asked, reverse=True)
    assert asked[-1] == asked[-2] == 1.3


def _accepted_share(seconds: float, half_width_hz: float | None, n: int) -> float:
    accepted = 0
    for k in range(n):
        rng = np.random.default_rng([k, int(seconds)])
        noise = rng.normal(size=int(30 * seconds))
        if half_width_hz is not None:
            centre = rng.uniform(0.8, 2.5)
            noise = bandpass(noise, 30.0, (centre - half_width_hz, centre + half_width_hz))
        frame_stats = still_scene(np.arange(noise.size) / 30)
        accepted += sum(w.accepted for w in read_windows(Signal(noise, 30.0), frame_stats))
    return accepted / n


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [8.0, 10.0, 30.0])
def test_noise_is_refused(seconds: float) -> None:
    assert _accepted_share(seconds, None, 120) <= 0.01


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [10.0, 30.0])
def test_noise_shaped_like_a_pulse_band_is_mostly_refused(seconds: float) -> None:
    assert _accepted_share(seconds, 0.5, 100) <= 0.10


def test_a_pulse_in_as_much_noise_is_accepted() -> None:
    accepted = 0
    for k in range(40):
        rng = np.random.default_rng([9, k])
        pulse = pulse_wave(rng.uniform(45, 180), 30.0, rng)
        noise = bandpass(rng.normal(size=900), 30.0, (0.5, 4.0))
        wave = Signal(pulse.values + 0.5 * noise / noise.std(), 30.0)
        (window,) = read_windows(wave, still_scene(T))
        accepted += window.accepted and abs(window.spectral_bpm - pulse.hr_bpm) < 3
    assert accepted >= 34


def test_confidence_decides_where_it_is_known() -> None:
    sure, unsure = LEAST_CONFIDENCE, LEAST_CONFIDENCE - 0.01
    for reading, confidence, expected in (
        (GOOD, sure, ()),
        (GOOD, unsure, ("low_snr",)),
        (POOR, sure, ()),
        (POOR, unsure, ("low_snr",)),
        (Reading(70.0, 80.0, 8.0), sure, ()),
        (Reading(70.0, 80.0, 8.0), unsure, ("readouts_disagree",)),
        (Reading(None, None, None), None, ("low_snr",)),
    ):
        assert rejection_reasons(reading, _scene(), 0.0, 30.0, VideoFacts(), confidence) == expected
    lit = _scene(overexposed=0.5)
    assert rejection_reasons(GOOD, lit, 0.0, 30.0, VideoFacts(), 1.0) == ("overexposed",)


def test_the_least_confidence_may_be_asked_for() -> None:
    for least, confidence, accepted in ((0.5, 0.6, True), (0.7, 0.6, False), (0.95, 0.9, False)):
        found = rejection_reasons(
            GOOD, _scene(), 0.0, 30.0, VideoFacts(), confidence, least_confidence=least
        )
        assert (not found) == accepted
    worse = replace(CLEAN, halves_bpm=30.0)  # what contradicts a pulse is not asked away
    assert rejection_reasons(GOOD, _scene(), 0.0, 30.0, VideoFacts(), 0.9, worse, 0.0)


def test_a_line_that_others_do_not_see_is_a_disagreement() -> None:
    halves = replace(CLEAN, halves_bpm=30.0)
    found = rejection_reasons(GOOD, _scene(motion=3.0), 0.0, 30.0, VideoFacts(), 0.1, halves)
    assert found == ("readouts_disagree", "rate_changes", "motion")
    assert rejection_reasons(GOOD, _scene(), 0.0, 30.0, VideoFacts(), 0.1, CLEAN) == ("low_snr",)


def test_windows_get_the_confidence_that_is_asked_for() -> None:
    wave = Signal(pulse_wave(75.0, 30.0, np.random.default_rng(0)).values, 30.0)
    green = 120 * (1 - 0.004 * np.array([0.3, 1.0, 0.6]) * wave.values[:, None, None])
    quarters = np.repeat(green, 4, axis=1).astype(np.float32)
    frame_stats = replace(still_scene(wave.t), quarters_rgb=quarters)
    (without,) = read_windows(wave, frame_stats)
    assert without.confidence is None and without.accepted
    for intercept, is_accepted in ((3.0, True), (-3.0, False)):
        (window,) = read_windows(wave, frame_stats, confidence=ConfidenceSpec(intercept, ()))
        assert window.confidence == pytest.approx(1 / (1 + np.exp(-intercept)))
        assert window.accepted == is_accepted
        assert window.candidate_bpm == (None if is_accepted else window.spectral_bpm)
        least = 0.01 if window.confidence < 0.5 else 0.99
        spec = ConfidenceSpec(intercept, ())
        (other,) = read_windows(wave, frame_stats, confidence=spec, least_confidence=least)
        assert other.accepted != is_accepted
