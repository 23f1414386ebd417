"""Kinds of hearts: rates that change, and irregular rhythms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sspd.errors import UsageError
from sspd.simulation import HeartSpec, VideoSpec, random_heart, truth
from sspd.simulation.hearts.cardiac import beat_model
from sspd.simulation.hearts.options import CHANGING_KINDS

STILL = HeartSpec(vlf_ms=0, lf_ms=0, hf_ms=0, breath_wander_percent=0)


@pytest.mark.parametrize("hr_bpm", [34.0, 45.0, 70.0, 150.0, 210.0])
@pytest.mark.parametrize("kind", CHANGING_KINDS)
def test_drawn_changes_fit_the_range_of_hearts(kind: str, hr_bpm: float) -> None:
    for seed in range(20):
        heart = random_heart(np.random.default_rng(seed), hr_bpm, kind)
        steady = replace(heart, vlf_ms=0, lf_ms=0, hf_ms=0)
        rate = truth(VideoSpec(hr_bpm=hr_bpm, duration_s=30, fps=1, heart=steady)).rate_bpm
        assert 33 < rate.min() <= rate.max() < 211


def test_exercise_rises_and_recovery_falls_exponentially_by_the_asked_change() -> None:
    for kind, sign in (("exercise", 1), ("recovery", -1)):
        heart = replace(STILL, kind=kind, change_bpm=40, change_s=12)
        known = truth(VideoSpec(hr_bpm=110, duration_s=60, fps=1, heart=heart))
        rate = known.rate_bpm
        assert sign * (rate[-1] - rate[0]) == pytest.approx(40, abs=2)
        assert np.all(sign * np.diff(rate) > 0)
        # each 12 s the rest of the way shrinks by e
        rest = rate[-1] - rate
        assert rest[5] / rest[17] == pytest.approx(np.e, rel=0.06)
        # the beats have that rate too
        middle = (known.beats_s[1:] + known.beats_s[:-1]) / 2
        np.testing.assert_allclose(
            60 / known.rr_s, np.interp(middle - 0.5, range(60), rate), atol=2
        )


def test_standing_up_rises_overshoots_and_settles() -> None:
    heart = replace(STILL, kind="standing", change_bpm=30)
    for seed in range(5):
        rate = truth(VideoSpec(seed=seed, hr_bpm=80, duration_s=100, fps=1, heart=heart)).rate_bpm
        lying = rate[0]
        onset, top = int(np.flatnonzero(rate > lying + 0.5)[0]), int(rate.argmax())
        assert 9 < top - onset < 15
        assert rate[top] - lying == pytest.approx(30, abs=1)
        dip = rate[top : top + 15].min()
        assert dip - lying < 0.4 * 30 and rate[-1] - dip > 3


def test_a_change_beyond_any_heart_is_refused() -> None:
    heart = HeartSpec(kind="exercise", change_bpm=80)
    with pytest.raises(UsageError, match=r"heart\.change_bpm 80 around hr_bpm 200 gives 1\d\d to"):
        truth(VideoSpec(hr_bpm=200, duration_s=30, heart=heart))


def test_bigeminy_pairs_a_weak_early_beat_with_a_pause() -> None:
    heart = replace(STILL, kind="bigeminy")
    spec = VideoSpec(seed=2, hr_bpm=72, duration_s=60, fps=1, heart=heart)
    rr = truth(spec).rr_s / (60 / 72)
    short, long = sorted((rr[::2], rr[1::2]), key=np.mean)
    assert np.mean(short) == pytest.approx(0.65, abs=0.03)
    assert np.mean(long) == pytest.approx(1.35, abs=0.03)
    model = beat_model(spec)
    steps, strength = np.diff(model.beats()), model.strengths()[1:]
    assert strength[steps < 0.8].mean() < 0.8 * strength[steps > 0.8].mean()


@pytest.mark.parametrize("percent", [0.0, 5.0, 20.0, 33.0])
def test_early_beats_are_as_many_as_asked_and_compensate(percent: float) -> None:
    heart = replace(STILL, kind="early", early_percent=percent)
    known = truth(VideoSpec(seed=3, hr_bpm=75, duration_s=600, fps=1, heart=heart))
    early = known.rr_s < 0.88 * 0.8
    assert 100 * early.mean() == pytest.approx(percent, abs=3)
    pairs = (known.rr_s[:-1] + known.rr_s[1:])[early[:-1]]
    np.testing.assert_allclose(pairs, 1.6, rtol=0.01)


def test_early_beats_come_in_a_heart_that_wanders() -> None:
    heart = HeartSpec(kind="early", early_percent=10)
    known = truth(VideoSpec(seed=3, hr_bpm=70, duration_s=120, fps=1, heart=heart))
    usual = known.rr_s[np.abs(known.rr_s / np.median(known.rr_s) - 1) < 0.2]
    assert 20 < 1000 * usual.std() < 120


def test_fibrillation_has_intervals_without_order() -> None:
    known = truth(
        VideoSpec(seed=3, hr_bpm=95, duration_s=600, fps=1, heart=HeartSpec(kind="fibrillation"))
    )
    rr = known.rr_s
    assert rr.std() / rr.mean() == pytest.approx(0.22, abs=0.03)
    assert abs(np.corrcoef(rr[1:], rr[:-1])[0, 1]) < 0.1


def test_given_beats_win_over_the_kind_and_keep_the_rest_of_the_heart() -> None:
    beats = tuple(np.arange(-4, 16, 0.9).tolist())
    spec = VideoSpec(beats_s=beats, heart=HeartSpec(kind="fibrillation"))
    known = truth(spec)
    np.testing.assert_allclose(known.rr_s, 0.9, atol=1e-5)
    assert known.kind == "given"
    assert not np.allclose(known.bvp, truth(spec.replace(heart=None)).bvp, atol=0.05)


@pytest.mark.parametrize(
    ("heart", "kind"),
    [
        (replace(STILL, kind="standing", change_bpm=0), "sinus"),
        (replace(STILL, kind="early", early_percent=0), "sinus"),
        (replace(STILL, kind="standing"), "standing"),
        (replace(STILL, kind="early"), "early"),
        (None, "sinus"),
    ],
)
def test_a_change_of_size_0_is_labelled_as_none(heart: HeartSpec | None, kind: str) -> None:
    spec = VideoSpec(hr_bpm=70, duration_s=30, fps=1, lf_ms=0, hf_ms=0, heart=heart)
    known = truth(spec)
    assert known.kind == kind
    assert (np.ptp(known.rr_s) < 1e-5) == (kind == "sinus")


def test_no_pulse_has_no_kind_and_no_rates() -> None:
    known = truth(VideoSpec(pulse_percent=0, heart=HeartSpec()))
    assert known.kind == "none" and known.rate_bpm.size == 0
