from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.pulses import pulse_wave
from sspd.errors import UsageError
from sspd.types import ConfidenceSpec, FrameStats, Signal, Vitals, WindowVitals
from sspd.vitals import accepted_runs, cut_windows, read_windows, unread_windows
from sspd.vitals.acceptance import still_scene
from sspd.vitals.windows import END_TOLERANCE_S


@given(st.floats(0.0, 100.0), st.floats(0.5, 400.0), st.floats(8.0, 60.0), st.floats(0.02, 1.0))
def test_windows_cover_the_stretch(
    start_s: float, length_s: float, window_s: float, share: float
) -> None:
    step_s = share * window_s
    windows = cut_windows(start_s, start_s + length_s, window_s, step_s)
    assert windows[0][0] == start_s
    assert max(end for _, end in windows) == pytest.approx(start_s + length_s, abs=END_TOLERANCE_S)
    for (a, b), (c, _) in pairwise(windows):
        assert a < c <= b + 1e-9
    if len(windows) > 1:
        lengths = [b - a for a, b in windows]
        assert all(length == pytest.approx(window_s) for length in lengths[:-2])
        assert lengths[-1] >= min(window_s, 10.0) - END_TOLERANCE_S - 1e-9
        assert lengths[-1] < window_s + 10.0


@pytest.mark.parametrize(
    ("length_s", "expected"),
    [
        (9.0, [(0, 9)]),
        (30.0, [(0, 30)]),
        (29.97, [(0, 29.97)]),
        (39.8, [(0, 39.8)]),
        (39.93, [(0, 30), (30, 39.93)]),
        (40.0, [(0, 30), (30, 40)]),
        (60.0, [(0, 30), (30, 60)]),
        (69.0, [(0, 30), (30, 69)]),
        (70.5, [(0, 30), (30, 60), (60, 70.5)]),
    ],
)
def test_the_remainder_rule(length_s: float, expected: list[tuple[float, float]]) -> None:
    assert cut_windows(0.0, length_s, 30.0) == expected


@pytest.mark.parametrize("fps", [12, 15, 20, 23.976, 24, 25, 29.97, 30, 50, 60, 120])
@pytest.mark.parametrize("window_s", [8.0, 10.0, 15.0, 30.0])
@pytest.mark.parametrize("windows", [1, 2, 3, 7])
@pytest.mark.parametrize("share", [1.0, 0.5, 0.3])
def test_whole_windows_stay_whole_at_any_frame_rate(
    fps: float, window_s: float, windows: int, share: float
) -> None:
    """A video of so many windows gives so many, and steps in between their own."""
    step_s = share * window_s
    frames = round((window_s + (windows - 1) * step_s) * fps)
    grid = int(np.floor((frames - 1) / fps * 30 + 0.05)) + 1
    for lost in (0, 1):  # a method of colours, and one of differences
        found = cut_windows(0.0, (grid - lost) / 30, window_s, step_s)
        assert [a for a, _ in found] == pytest.approx([k * step_s for k in range(windows)])
        assert all(b - a == pytest.approx(window_s, abs=END_TOLERANCE_S) for a, b in found)


def test_a_step_that_does_not_divide_leaves_its_rest_to_the_last_window() -> None:
    assert cut_windows(0.0, 29.93, 10.0, 7.0) == [(0, 10), (7, 17), (14, 29.93)]
    four = [(0, 10), (7, 17), (14, 24), (21, 33.93)]
    assert cut_windows(0.0, 33.93, 10.0, 7.0) == four


@pytest.mark.parametrize(
    ("window_s", "step_s"), [(7.9, None), (float("nan"), None), (30.0, 0.0), (30.0, 31.0)]
)
def test_windows_that_cannot_be(window_s: float, step_s: float | None) -> None:
    with pytest.raises(UsageError):
        cut_windows(0.0, 60.0, window_s, step_s)


def test_no_window_reaches_across_a_gap() -> None:
    pulse = pulse_wave(66, 90.0, np.random.default_rng(1))
    values = pulse.values.copy()
    values[1200:1290] = np.nan  # 40 to 43 s
    windows = read_windows(Signal(values, 30.0), still_scene(np.arange(2700) / 30))
    spans = [(round(w.start_s, 2), round(w.end_s, 2)) for w in windows]
    assert spans == [(0.0, 30.0), (30.0, 40.0), (43.0, 73.0), (73.0, 90.0)]
    assert all(w.accepted for w in windows)


def test_a_piece_under_eight_seconds_is_too_short() -> None:
    pulse = pulse_wave(66, 7.0, np.random.default_rng(2))
    (window,) = read_windows(Signal(pulse.values, 30.0, 5.0), still_scene(np.arange(300) / 30))
    assert window.reasons == ("too_short",)
    assert window.hr_bpm is None
    assert (window.start_s, window.end_s) == (5.0, 12.0)


@pytest.mark.parametrize("fps", [12, 15, 24, 25, 29.97, 30, 60])
@pytest.mark.parametrize("lost", [0, 1])
def test_eight_seconds_of_video_are_read_at_any_frame_rate(fps: float, lost: int) -> None:
    """Colours and differences of a video of 8 s; one of 7.5 s is too short."""
    for seconds, reasons in ((8.0, ()), (7.5, ("too_short",))):
        samples = int(np.floor((round(seconds * fps) - 1) / fps * 30 + 0.05)) + 1 - lost
        pulse = pulse_wave(66, 8.0, np.random.default_rng(2)).values[:samples]
        (window,) = read_windows(Signal(pulse, 30.0), still_scene(np.arange(samples) / 30))
        assert window.reasons == reasons


def test_rates_follow_the_heart_over_overlapping_windows() -> None:
    slow, fast = (pulse_wave(b, 40.0, np.random.default_rng(3)) for b in (60, 90))
    both = Signal(np.concatenate([slow.values, fast.values]), 30.0)
    windows = read_windows(both, still_scene(np.arange(2400) / 30), window_s=20.0, step_s=5.0)
    assert len(windows) == 13
    assert windows[0].hr_bpm == pytest.approx(slow.hr_bpm, abs=1.5)
    assert windows[-1].hr_bpm == pytest.approx(fast.hr_bpm, abs=1.5)


def test_what_is_not_accepted_has_no_heart_rate() -> None:
    for window in unread_windows(3.0, 50.0, "face_lost"):
        assert not window.accepted
        assert window.hr_bpm is None
        assert window.reasons == ("face_lost",)


def test_accepted_runs_end_at_what_was_refused() -> None:
    def row(start_s: float, end_s: float, bpm: float, accepted: bool) -> WindowVitals:
        reasons = () if accepted else ("low_snr",)
        return WindowVitals(start_s, end_s, bpm, bpm, 3.0, None, accepted, reasons)

    rows = [row(0, 30, 60, True), row(30, 60, 70, True), row(60, 90, 80, False)]
    rows += [row(90, 120, 65, True)]
    assert accepted_runs(rows) == [(0, 60, 60, 70), (90, 120, 65, 65)]


def _read_double() -> tuple[Signal, FrameStats]:
    """A waveform of which the slope is strong and the rate itself weak, and its frames."""
    t = np.arange(900) / 30
    phase = 2 * np.pi * np.cumsum(0.85 + 0.015 * np.sin(0.6 * t)) / 30
    rng = np.random.default_rng(6)
    blood = np.sin(phase) + 0.4 * np.sin(2 * phase + 1)
    wave = 0.6 * np.sin(phase) + np.sin(2 * phase + 1) + 0.1 * rng.normal(size=t.size)
    colours = -0.003 * blood[:, None, None] * np.array([0.33, 0.77, 0.53])
    levels = 120 * (1 + colours + 0.0003 * rng.normal(size=(t.size, 4, 3)))
    frame_stats = replace(still_scene(t), quarters_rgb=levels.astype(np.float32))
    return Signal(wave, 30.0), frame_stats


#: A confidence that asks for agreement with POS accepts the half of `_read_double` alone.
ASKS_POS = ConfidenceSpec(4.0, (("pos_apart", -1.0), ("not_with_pos", -4.0)))


def test_a_rate_read_double_is_corrected_if_its_half_is_accepted() -> None:
    signal, frame_stats = _read_double()
    asks = ASKS_POS
    (plain,) = read_windows(signal, frame_stats)
    assert plain.spectral_bpm == pytest.approx(102, abs=1)
    (window,) = read_windows(signal, frame_stats, confidence=asks)
    assert window.hr_bpm == pytest.approx(51, abs=1)
    # where neither is accepted, the likelier one is the candidate; of two alike, the first
    (neither,) = read_windows(signal, frame_stats, confidence=replace(asks, intercept=-2.0))
    assert neither.candidate_bpm == pytest.approx(51, abs=1)
    (alike,) = read_windows(signal, frame_stats, confidence=ConfidenceSpec(-4.0, ()))
    assert alike.candidate_bpm == plain.spectral_bpm


def test_half_of_a_rate_at_which_the_light_changes_is_rejected() -> None:
    signal, frame_stats = _read_double()
    light = np.sin(2 * np.pi * 1.7 * frame_stats.t)[:, None] * np.array([1.0, 1.0, 1.0])
    still = 90 + np.random.default_rng(7).normal(0, 0.02, light.shape)
    for strength, reasons in ((0.0, ()), (0.5, ("flicker",))):
        wall = (still + strength * light).astype(np.float32)
        rows = replace(frame_stats, background_rgb=wall)
        (window,) = read_windows(signal, rows, confidence=ASKS_POS)
        assert window.spectral_bpm == pytest.approx(51, abs=1)
        assert window.reasons == reasons
        assert (window.hr_bpm is None) == bool(reasons)


def test_peaks_that_tell_another_rate_are_not_told() -> None:
    rows = [
        WindowVitals(30.0 * k, 30.0 * k + 30.0, 60.0, peaks_bpm, 5.0, 0.9, accepted=True)
        for k, peaks_bpm in enumerate((64.0, 66.0, None))
    ]
    assert [row.hr_peaks_bpm for row in rows] == [64.0, None, None]
    video = Vitals("a.mp4", "pos", None, 90.0, 30.0, tuple(rows))
    assert (video.hr_bpm, video.hr_peaks_bpm) == (60.0, 64.0)
