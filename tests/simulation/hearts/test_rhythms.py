from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sspd.errors import UsageError
from sspd.simulation import VideoSpec, contact_rate, simulate_faces, truth, write_truth
from sspd.simulation.hearts import arrhythmias as a
from sspd.simulation.hearts import rhythms as r
from sspd.simulation.hearts.cardiac import beat_model, blood_volume
from sspd.simulation.hearts.model import MODEL_MARGIN_S

Draw = Callable[[np.random.Generator, float], tuple[float, ...]]
RHYTHMS: dict[str, Draw] = {
    "steady": lambda rng, s: r.steady(rng, s, 34.0),
    "fast": lambda rng, s: r.steady(rng, s, 212.0),
    "ramp": lambda rng, s: r.ramp(rng, s, 62.0, 102.0),
    "recovery": lambda rng, s: r.recovery(rng, s, 160.0, 85.0, 15.0),
    "jump": lambda rng, s: r.jump(rng, s, 60.0, 95.0, s / 2),
    "bigeminy": lambda rng, s: a.pattern(rng, s, (0.56, 1.04)),
    "trigeminy": lambda rng, s: a.pattern(rng, s, (0.8, 0.52, 1.08)),
    "early": lambda rng, s: a.early_beats(rng, s, 72.0, share=0.25),
    "fibrillation": lambda rng, s: a.fibrillation(rng, s, 95.0),
    "recorded": lambda rng, s: a.recorded(rng, s, [812, 845, 790, 803, 901, 866]),
}
KIND = st.sampled_from(sorted(RHYTHMS))
SEED = st.integers(0, 2**32)


@settings(max_examples=60, deadline=None)
@given(kind=KIND, seed=SEED, duration_s=st.floats(1.0, 60.0))
def test_beats_rise_and_cover_the_video_and_its_margins(
    kind: str, seed: int, duration_s: float
) -> None:
    beats = RHYTHMS[kind](np.random.default_rng(seed), duration_s)
    assert beats == RHYTHMS[kind](np.random.default_rng(seed), duration_s)
    assert beats[0] <= -MODEL_MARGIN_S and beats[-1] >= duration_s + MODEL_MARGIN_S
    steps = np.diff(beats)
    assert steps.min() >= r.SHORTEST_INTERVAL_S - 1e-5
    assert steps.max() <= r.LONGEST_INTERVAL_S + 1e-5


@settings(max_examples=30, deadline=None)
@given(kind=KIND, seed=SEED, duration_s=st.floats(8.0, 40.0))
def test_the_truth_is_the_given_beats(kind: str, seed: int, duration_s: float) -> None:
    beats = RHYTHMS[kind](np.random.default_rng(seed), duration_s)
    known = truth(VideoSpec(seed=seed, duration_s=duration_s, beats_s=beats))
    # a beat on the very edge may fall to either side of it
    inside = [b for b in beats if 1e-4 < b < duration_s - 1e-4]
    core = known.beats_s[(known.beats_s > 1e-4) & (known.beats_s < duration_s - 1e-4)]
    np.testing.assert_allclose(core, inside, atol=2e-5)
    steps = np.diff(known.beats_s)
    assert known.hr_bpm == pytest.approx(60 / steps.mean(), abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(kind=KIND, seed=SEED)
def test_each_beat_has_one_systole_and_none_jumps(kind: str, seed: int) -> None:
    beats = RHYTHMS[kind](np.random.default_rng(seed), 20.0)
    spec = VideoSpec(seed=seed, duration_s=20.0, beats_s=beats)
    heart, t = beat_model(spec), np.arange(0, 20, 0.001)
    wave = blood_volume(spec, heart, t)
    assert np.abs(np.diff(wave)).max() < 0.04
    for begin, end in itertools.pairwise(beats):
        if begin > 0 and end < 20:
            own = wave[(t >= begin) & (t < end)]
            # its highest place lies where systole is, not at an end
            assert 0.08 < own.argmax() / own.size < 0.45


def test_early_beats_are_weaker_and_those_after_a_pause_stronger() -> None:
    beats = a.pattern(np.random.default_rng(0), 20.0, (0.56, 1.04), jitter=0.0)
    spec = VideoSpec(duration_s=20.0, beats_s=beats)
    t = np.arange(0, 20, 0.001)
    wave = blood_volume(spec, beat_model(spec), t)
    heights: dict[bool, list[float]] = {True: [], False: []}
    for before, begin, end in zip(beats, beats[1:], beats[2:], strict=False):
        if begin > 0 and end < 20:
            heights[begin - before < 0.8].append(float(np.ptp(wave[(t >= begin) & (t < end)])))
    assert np.mean(heights[True]) < 0.85 * np.mean(heights[False])


def test_even_beats_are_all_alike() -> None:
    spec = VideoSpec(beats_s=r.steady(np.random.default_rng(3), 10.0, 80.0))
    strength = beat_model(spec).strength
    assert strength is not None
    np.testing.assert_allclose(strength, 1.0, atol=1e-4)


@pytest.mark.parametrize("hr_bpm", [30.0, 34.0, 36.5, 212.0])
def test_the_rendered_pulse_has_the_rate_of_its_beats(hr_bpm: float) -> None:
    beats = r.steady(np.random.default_rng(5), 12.0, hr_bpm)
    spec = VideoSpec(
        seed=5, width=128, height=128, face_px=70, duration_s=12.0, fps=20.0, pulse_percent=3.0,
        noise_levels=0.3, beats_s=beats,
    )  # fmt: skip
    green = simulate_faces(spec, size=16).rgb[:, 5:11, 5:11, 1].mean(axis=(1, 2))
    f = np.arange(25, 230, 0.5) / 60
    wave = np.exp(-2j * np.pi * f[:, None] * (np.arange(green.size) / 20.0))
    power = np.abs(wave @ ((green - green.mean()) * np.hanning(green.size)))
    assert 60 * f[power.argmax()] == pytest.approx(hr_bpm, abs=1.5)


def test_a_rate_that_rises_is_seen_by_the_contact_sensor() -> None:
    beats = r.ramp(np.random.default_rng(1), 30.0, 62.0, 102.0)
    spec = VideoSpec(duration_s=30.0, beats_s=beats)
    shown = contact_rate(spec, np.array([3.0, 15.0, 27.0])).values
    np.testing.assert_allclose(shown, [66, 82, 98], atol=2.5)
    assert truth(spec).hr_bpm == pytest.approx(82, abs=1.5)


def test_mean_rates_are_those_asked_for() -> None:
    rng = np.random.default_rng(8)
    for beats, mean in (
        (a.pattern(rng, 300.0, (0.56, 1.04)), 75.0),
        (a.early_beats(rng, 300.0, 80.0, share=0.3), 80.0),
        (a.fibrillation(rng, 600.0, 110.0), 110.0),
        (a.recorded(rng, 60.0, [700, 900, 800, 750], hr_bpm=66.0), 66.0),
    ):
        assert 60 / np.diff(beats).mean() == pytest.approx(mean, rel=0.02)


def test_recorded_intervals_come_in_their_order() -> None:
    row = np.random.default_rng(2).uniform(700, 1000, 200).round()
    beats = np.array(a.recorded(np.random.default_rng(3), 20.0, row.tolist()))
    cut = np.diff(beats) * 1000
    starts = [
        k for k in range(row.size - cut.size) if np.allclose(row[k : k + cut.size], cut, atol=0.01)
    ]
    assert len(starts) == 1
    with pytest.raises(UsageError, match="250 to 3000 ms"):
        a.recorded(np.random.default_rng(0), 20.0, [0.8, 0.9])


def test_beats_that_end_early_go_on_as_they_were() -> None:
    spec = VideoSpec(duration_s=10.0, beats_s=(4.0, 4.8, 5.8))
    np.testing.assert_allclose(
        truth(spec).beats_s, [0.0, 0.8, 1.6, 2.4, 3.2, 4.0, 4.8, 5.8, 6.8, 7.8, 8.8, 9.8], atol=1e-5
    )


@pytest.mark.parametrize(
    "beats", [(), (1.0,), (1.0, 1.1), (1.0, 0.5), (0.0, 9.0), (0.0, float("nan")), (0.0, 1.0, 1.0)]
)
def test_beats_that_no_heart_has_are_refused(beats: tuple[float, ...]) -> None:
    with pytest.raises(UsageError, match=r"beats_s must be two or more times that rise by 0\.2"):
        VideoSpec(beats_s=beats)


def test_the_written_truth_makes_the_same_video_again(tmp_path: Path) -> None:
    beats = a.fibrillation(np.random.default_rng(4), 5.0, 90.0)
    spec = VideoSpec(duration_s=5.0, beats_s=beats)
    write_truth(spec, tmp_path / "a.mp4")
    record = json.loads((tmp_path / "a.json").read_text())
    assert VideoSpec(**record["spec"]) == spec
    assert record["hr_bpm"] == pytest.approx(truth(spec).hr_bpm, abs=1e-4)
    # what was made before there were beats stays what it was, to the byte
    write_truth(VideoSpec(duration_s=1.0), tmp_path / "b.mp4")
    assert "beats_s" not in json.loads((tmp_path / "b.json").read_text())["spec"]
