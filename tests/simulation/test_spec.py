from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sspd.errors import UsageError
from sspd.simulation import PRESETS, VideoSpec, frame_times, random_spec
from sspd.simulation.lights.light import light_gain
from sspd.simulation.person.motion import REACH_X, head_poses


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("hr_bpm", 24.0),
        ("hr_bpm", 221.0),
        ("hr_bpm", float("nan")),
        ("skin_tone", 6),
        ("motion", "dancing"),
        ("background", "moon"),
        ("jitter_s", 0.02),
        ("jitter_s", -0.001),
        ("face_px", 400),
        ("bit_rate", 5),
        ("duration_s", 0.0),
    ],
)
def test_options_out_of_range_are_named(option: str, value: object) -> None:
    with pytest.raises(UsageError, match=option if option != "face_px" else "face of 400 px"):
        VideoSpec(**{option: value})  # type: ignore[arg-type]


def test_unknown_preset_lists_the_known() -> None:
    with pytest.raises(UsageError, match=r"varied.*train.*'odd'"):
        random_spec(np.random.default_rng(0), "odd")


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_presets_draw_what_they_promise(preset: str) -> None:
    specs = [random_spec(np.random.default_rng(i), preset) for i in range(60)]
    assert {spec.skin_tone for spec in specs} == set(range(6))
    assert len({spec.seed for spec in specs}) == 60
    assert all(42 <= spec.hr_bpm <= 190 for spec in specs)
    low, high = (0.15, 0.3) if preset == "weak" else (0.3, 1.2)
    if preset != "train1":
        assert all(low <= spec.pulse_percent <= high for spec in specs)
        assert all(1 <= spec.noise_levels <= 3 for spec in specs)
    assert all((spec.flicker_percent > 0) == (preset == "flicker") for spec in specs)
    assert all((spec.swing_percent > 0) == (preset == "swinging") for spec in specs)
    for spec in specs:
        assert (spec.speed_px_s > 0) == (spec.motion == "translation")
        assert (spec.angle_deg > 0) == (spec.motion in ("rotation", "nodding"))
    if preset == "compressed":
        assert all(200_000 <= (spec.bit_rate or 0) <= 5_000_000 for spec in specs)
    if preset in ("talking", "translation", "rotation", "nodding"):
        assert {spec.motion for spec in specs} == {preset}


def test_fixed_options_win() -> None:
    spec = random_spec(np.random.default_rng(1), hr_bpm=61.0, face_px=111, lf_ms=9.0, seed=4)
    assert (spec.hr_bpm, spec.face_px, spec.lf_ms, spec.seed) == (61.0, 111, 9.0, 4)


@given(fps=st.floats(5, 120), share=st.floats(0, 0.45), seed=st.integers(0, 999))
@settings(max_examples=50, deadline=None)
def test_timestamps_rise_and_keep_the_mean_rate(fps: float, share: float, seed: int) -> None:
    spec = VideoSpec(seed=seed, fps=fps, jitter_s=share * 0.999 / fps, duration_s=20)
    t = frame_times(spec)
    assert t[0] == 0 and np.all(np.diff(t) > 0)
    assert (t.size - 1) / t[-1] == pytest.approx(fps, rel=0.02)


@pytest.mark.parametrize("speed", [20.0, 60.0, 150.0])
@pytest.mark.parametrize("face_px", [100, 200, 300])
def test_translation_keeps_its_speed_and_its_place(speed: float, face_px: int) -> None:
    spec = VideoSpec(motion="translation", speed_px_s=speed, face_px=face_px, duration_s=30)
    t = frame_times(spec)
    poses = head_poses(spec, t)
    assert np.abs(poses.x).max() < 1.5 * REACH_X * face_px
    travelled = np.hypot(np.diff(poses.x), np.diff(poses.y)).sum() / t[-1]
    # corners are rounded, and small faces are all corners at high speed
    assert 0.45 * speed < travelled < 1.3 * speed + 3


def test_still_heads_sway_under_two_pixels() -> None:
    for seed in range(10):
        spec = VideoSpec(seed=seed, face_px=200, duration_s=30)
        poses = head_poses(spec, frame_times(spec))
        assert 0.1 < np.abs(poses.x).max() < 2
        assert poses.mouth.max() == 0 and poses.lids.max() > 0.9


def test_a_nod_has_one_rate_and_the_asked_angle() -> None:
    spec = VideoSpec(motion="nodding", angle_deg=4.0, nod_hz=1.3, duration_s=30)
    t = frame_times(spec)
    poses = head_poses(spec, t)
    assert np.degrees(np.abs(poses.pitch).max()) == pytest.approx(4.0, abs=0.5)
    for path in (poses.pitch, poses.y):
        power = np.abs(np.fft.rfft((path - path.mean()) * np.hanning(t.size)))
        assert np.fft.rfftfreq(t.size, 1 / 30)[power.argmax()] == pytest.approx(1.3, abs=0.04)


def test_motion_is_aperiodic() -> None:
    """No single rate holds most of a walk's power, or it would pass for a pulse."""
    spec = VideoSpec(motion="translation", speed_px_s=80, duration_s=60)
    x = head_poses(spec, frame_times(spec)).x
    power = np.abs(np.fft.rfft((x - x.mean()) * np.hanning(x.size))) ** 2
    assert power.max() / power.sum() < 0.35


def test_flicker_is_equal_in_all_channels_and_drift_is_slow() -> None:
    t = np.arange(0, 60, 1 / 30)
    lamp = light_gain(VideoSpec(flicker_percent=1, flicker_hz=1.5), t)
    np.testing.assert_array_equal(lamp[:, 0], lamp[:, 2])
    power = np.abs(np.fft.rfft(lamp[:, 1] - lamp[:, 1].mean()))
    assert np.fft.rfftfreq(t.size, 1 / 30)[power.argmax()] == pytest.approx(1.5, abs=0.02)
    drift = light_gain(VideoSpec(light_drift_percent=3), t)[:, 1]
    assert drift.std() == pytest.approx(0.03, rel=0.5)
    power = np.abs(np.fft.rfft((drift - drift.mean()) * np.hanning(t.size))) ** 2
    slow = np.fft.rfftfreq(t.size, 1 / 30) < 0.5
    assert power[~slow].sum() < 1e-3 * power.sum()
