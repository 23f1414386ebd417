"""The equalizer changes what is shown and scored, and no decision."""

from __future__ import annotations

import numpy as np
import pytest

from sspd.signal import equalize_signal, join_signals
from sspd.types import Box, EqualizerSpec, FaceSegment, Frames, Signal
from sspd.vitals import analyze_beats, read_vitals
from sspd.vitals.acceptance import still_scene
from sspd.vitals.beats import beat_waveforms

FS = 30.0
SPEC = EqualizerSpec((-0.1, 0.2, 0.8, 0.2, -0.1))


def segments(*spans: tuple[float, float]) -> tuple[list[FaceSegment], list[Signal]]:
    rng = np.random.default_rng(2)
    none = Frames(np.zeros((0, 1, 1, 3), np.uint8), np.zeros(0))
    found, waves = [], []
    for start_s, end_s in spans:
        t = start_s + np.arange(round((end_s - start_s) * FS)) / FS
        pulse = np.sin(2 * np.pi * 1.1 * t) + 0.5 * np.sin(2 * np.pi * 2.2 * t + 1)
        waves.append(Signal(pulse + 0.2 * rng.standard_normal(t.size), FS, start_s))
        found.append(FaceSegment(start_s, end_s, Box(0, 0, 9, 9), none, still_scene(t)))
    return found, waves


@pytest.mark.parametrize("spans", [[(0.0, 70.0)], [(0.0, 30.0), (33.0, 95.0)]])
def test_windows_variability_and_breathing_are_read_before_it(
    spans: list[tuple[float, float]],
) -> None:
    own, waves = segments(*spans)
    plain = read_vitals(own, waves)
    found = read_vitals(own, waves, equalizer=SPEC)
    assert (found.windows, found.reasons) == (plain.windows, plain.reasons)
    assert any(window.accepted for window in found.windows)
    assert plain.unequalized is None
    assert found.signal is not None and plain.signal is not None
    expected = equalize_signal(join_signals(waves), SPEC)
    np.testing.assert_array_equal(found.signal.values, expected.values)
    assert found.signal.start_s == plain.signal.start_s
    before = analyze_beats(plain.signal, plain.windows)
    after = analyze_beats(found.signal, found.windows, found.unequalized)
    assert (after.hrv, after.respiration) == (before.hrv, before.respiration)
    assert after.warnings == before.warnings
    assert after.beats_s.size == pytest.approx(before.beats_s.size, abs=len(spans))


def test_beats_of_two_spans_are_found_and_none_between_them() -> None:
    own, waves = segments((0.0, 30.0), (33.0, 63.0))
    found = read_vitals(own, waves, equalizer=SPEC)
    assert sum(window.accepted for window in found.windows) == 2
    assert len(beat_waveforms(found.signal, found.windows)) == 2
    beats = analyze_beats(found.signal, found.windows, found.unequalized).beats_s
    assert beats.size == pytest.approx(66, abs=3)
    assert not ((beats > 30.3) & (beats < 32.7)).any()
