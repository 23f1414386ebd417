from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from helpers.lights import STILL, rng
from sspd.simulation.lights.curves import event_times, power_law_noise, wandering_phase
from sspd.simulation.lights.passing import passing_curve
from sspd.simulation.lights.scene_light import LightSpec
from sspd.simulation.lights.screen import screen_levels
from sspd.simulation.lights.steady import cloud_curve, lamp_curve
from sspd.simulation.stage import set_stage


def line_hz(values: NDArray[np.float64], fs: float) -> float:
    power = np.abs(np.fft.rfft((values - values.mean()) * np.hanning(values.size), 1 << 16))
    return float(np.fft.rfftfreq(1 << 16, 1 / fs)[power.argmax()])


@pytest.mark.parametrize("hz", [0.5, 1.2, 3.0])
def test_what_is_periodic_has_its_rate(hz: float) -> None:
    t = np.arange(0, 60, 0.02)
    lamp = lamp_curve(LightSpec(hunting_percent=3.0, hunting_hz=hz, hunting_wander=0.0), rng(), t)
    assert np.ptp(lamp[:, 1]) == pytest.approx(0.03, rel=0.01)
    loop = screen_levels(LightSpec(screen_content="loop", screen_hz=hz), rng(), t)
    row = passing_curve(LightSpec(passing_hz=hz, passing_irregular=0.0), rng(), t)
    assert abs(row.mean()) < 0.02 and np.ptp(row) == pytest.approx(1.0, abs=0.05)
    for curve in (lamp[:, 1], loop[:, 0, 1], row):
        assert line_hz(curve, 50.0) == pytest.approx(hz, abs=0.02)


def test_a_limit_cycle_wanders() -> None:
    t = np.arange(0, 600, 0.05)
    phase = wandering_phase(rng(3), t, 1.5, 0.1)
    rate = np.gradient(phase, t) / (2 * np.pi)
    assert rate.mean() == pytest.approx(1.5, rel=0.02)
    assert rate.std() == pytest.approx(0.15, rel=0.3)


@pytest.mark.parametrize(
    ("pwm_hz", "fps", "alias_hz"), [(120.0, 29.97, 0.12), (100.0, 30.0, 10.0), (120.0, 25.0, 5.0)]
)
def test_a_dimmer_shows_its_alias_at_the_frame_rate(
    pwm_hz: float, fps: float, alias_hz: float
) -> None:
    light = LightSpec(pwm_percent=4.0, pwm_hz=pwm_hz)
    gain = lamp_curve(light, rng(), np.arange(1800) / fps)[:, 1]
    assert line_hz(gain, fps) == pytest.approx(alias_hz, abs=0.02)
    # three frames a period may miss the peaks
    assert 0.03 < np.ptp(gain) <= 0.04 + 1e-9


@pytest.mark.parametrize("slope", [0.0, 1.0, 5 / 3])
def test_power_falls_as_asked(slope: float) -> None:
    t = np.arange(0, 4000, 0.2)
    f_hz = np.fft.rfftfreq(t.size, 0.2)
    noise = [power_law_noise(rng(k), t, (0.005, 0.5), slope) for k in range(8)]
    power = (np.abs(np.fft.rfft(noise)) ** 2).mean(axis=0)
    edges = np.geomspace(0.006, 0.45, 9)
    bands = [power[(f_hz >= a) & (f_hz < b)].mean() for a, b in pairwise(edges)]
    fit = np.polyfit(np.log(np.sqrt(edges[1:] * edges[:-1])), np.log(bands), 1)[0]
    assert -fit == pytest.approx(slope, abs=0.15)


@pytest.mark.parametrize("percent", [1.0, 10.0, 40.0])
def test_clouds_have_their_deviation(percent: float) -> None:
    t = np.arange(0, 60_000, 1.0)
    gain = cloud_curve(LightSpec(cloud_percent=percent), rng(1), t)
    assert gain[:, 1].mean() == pytest.approx(1.0, abs=0.02)
    assert gain[:, 1].std() == pytest.approx(percent / 100, rel=0.1)
    assert gain[:, 2].std() < gain[:, 1].std() < gain[:, 0].std()


@pytest.mark.parametrize("scene_s", [1.0, 4.0, 10.0])
def test_scenes_last_as_long_as_asked(scene_s: float) -> None:
    light = LightSpec(screen_scene_s=scene_s, screen_color=0.0)
    level = screen_levels(light, rng(2), np.arange(0, 1500, 0.005))[:, 0, 1]
    # within a scene the level changes by little from one time to the next, at a cut by more
    cuts = np.abs(np.diff(np.log(np.maximum(level, 1e-3)))) > 0.03
    assert 1500 / cuts.sum() == pytest.approx(scene_s, rel=0.25)


def test_events_cover_all_times() -> None:
    draws = rng()
    times = event_times(lambda: float(draws.exponential(3.0)), np.array([0.0, 50.0]), 5.0)
    assert times[0] < -50 and times[-1] > 55 and np.all(np.diff(times) >= 0)


def test_flecks_of_sun_last_some_tenths_of_a_second() -> None:
    light = LightSpec(
        shadow_percent=60.0, shadow_cast_by="leaves", shadow_width=0.6, shadow_speed=0.8
    )
    stage = set_stage(STILL.replace(light=light, duration_s=60.0, fps=20.0))
    assert stage.light is not None
    source = stage.light.sources[0]
    gain = np.array([source.person(k)[12, 14, 1] for k in range(len(stage.t))])
    bright = gain > np.median(gain)
    lengths = np.diff(np.flatnonzero(np.diff(bright.astype(int)))) / 20
    assert 0.2 < np.median(lengths) < 1.5
