from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from helpers.pulses import pulse_wave
from sspd.signal import detrend
from sspd.types import FrameStats, Signal
from sspd.vitals import pulse_band, read_rate
from sspd.vitals.confidence import TERMS
from sspd.vitals.contradictions import contradictions
from sspd.vitals.lines import COMPARE_HALF_WIDTH_HZ
from sspd.vitals.quality_features import QualityFeatures, compute_quality_features, on_wall

FS, SECONDS = 30.0, 30.0
T = np.arange(round(FS * SECONDS)) / FS
#: What a pulse does to red, green and blue, and the skin it does it to.
BLOOD = np.array([0.33, 0.77, 0.53])
SKIN = np.array([150.0, 110.0, 90.0])
ALIKE = np.ones(3)


def _scene(
    quarters: NDArray[np.float64],
    wall: NDArray[np.float64] | None = None,
    edges: NDArray[np.float64] | None = None,
) -> FrameStats:
    """A video from what moves: quarters (time, 4, 3), wall and edges (time, 3), relative."""
    rng = np.random.default_rng(5)
    still = np.zeros((T.size, 3)) if wall is None else wall
    four = SKIN * (1 + quarters) + rng.normal(0, 0.01, (T.size, 4, 3))
    behind = SKIN * (1 + still) + rng.normal(0, 0.01, (T.size, 3))
    nothing = np.zeros(T.size, np.float32)
    face = four.mean(axis=1) + rng.normal(0, 0.01, (T.size, 3))
    face = face * (1 + (np.zeros((T.size, 3)) if edges is None else edges))
    return FrameStats(
        T,
        face.astype(np.float32),
        behind.astype(np.float32),
        four.astype(np.float32),
        nothing,
        nothing,
        nothing,
        np.zeros((T.size, 3), np.float32),
    )


def _moving(wave: NDArray[np.float64], colours: NDArray[np.float64]) -> NDArray[np.float64]:
    """All quarters alike, (time, 4, 3); more blood is less light."""
    return np.repeat((-wave[:, None] * colours)[:, None], 4, axis=1)


def _found(wave: NDArray[np.float64], frame_stats: FrameStats) -> QualityFeatures:
    signal = Signal(pulse_band(wave, FS), FS)
    found = compute_quality_features(signal, read_rate(signal.values, FS), frame_stats)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def wave() -> NDArray[np.float64]:
    return pulse_wave(80.0, SECONDS, np.random.default_rng(1)).values


def test_blood_speaks_for_a_reading(wave: NDArray[np.float64]) -> None:
    found = _found(wave, _scene(0.003 * _moving(wave, BLOOD)))
    assert found.with_mix > 0.95 and found.with_pos > 0.9
    assert found.change_db > 60 and found.beyond_grey_db > 60 and found.alike > 0.9
    assert found.beyond_blood_db < 30
    assert abs(found.background_share) < 0.05 and on_wall(found) < 0.02
    assert found.flicker == 0
    assert max(found.peaks_bpm, found.halves_bpm, found.pos_bpm) < 3
    assert found.snr_db > 5 and found.line_db > 20


def test_two_coloured_lights_in_turn_are_no_blood(wave: NDArray[np.float64]) -> None:
    lights = np.array([-2.5, 1.0, 1.2])
    found = _found(wave, _scene(0.003 * _moving(wave, lights)))
    assert found.beside_blood > 0.7 and found.beyond_blood_db > 40
    assert "flicker" in contradictions(found, 80.0)
    assert _found(wave, _scene(0.003 * _moving(wave, BLOOD))).beside_blood < 0.3


def test_blood_that_goes_against_the_waveform_does_not(wave: NDArray[np.float64]) -> None:
    found = _found(wave, _scene(-0.003 * _moving(wave, BLOOD)))
    assert found.with_mix < -0.7 and found.with_pos < -0.7


def test_a_lamp_is_grey_and_on_the_wall(wave: NDArray[np.float64]) -> None:
    lit = 0.003 * _moving(wave, ALIKE)
    found = _found(wave, _scene(lit, lit[:, 0]))
    assert found.beyond_grey_db < 20 < found.change_db
    assert found.background_share == pytest.approx(1.0, abs=0.05) and on_wall(found) > 0.9
    assert found.flicker == 1


@settings(max_examples=20, deadline=None)
@given(st.floats(0.0, 0.9), st.floats(0.0, 1.1))
def test_a_pulse_of_any_colour_is_blood_on_the_face_alone(red: float, blue: float) -> None:
    wave = pulse_wave(80.0, SECONDS, np.random.default_rng(1)).values
    found = _found(wave, _scene(0.003 * _moving(wave, np.array([red, 1.0, blue]))))
    assert found.with_mix > 0.95 and found.change_db > 40 and found.alike > 0.9
    assert abs(found.background_share) < 0.05
    assert not contradictions(replace(found, flicker=0.0), 80.0)


def test_a_mouth_that_talks_in_one_quarter_makes_the_face_less_alike(
    wave: NDArray[np.float64],
) -> None:
    quarters = 0.003 * _moving(wave, BLOOD)
    mouth = quarters.copy()
    mouth[:, 3] += 0.003 * 4 * BLOOD.mean() * wave[:, None] * ALIKE
    assert _found(wave, _scene(mouth)).alike < _found(wave, _scene(quarters)).alike - 0.01


def test_a_nod_brings_hair_and_wall_into_the_edges(wave: NDArray[np.float64]) -> None:
    blood = 0.003 * _moving(wave, BLOOD)
    nod = -0.01 * wave[:, None] * ALIKE
    nods = _found(wave, _scene(blood, edges=nod))
    # the edges' line over that of the blood, both root mean squares
    size = 0.003 * np.sqrt(np.mean(BLOOD**2))
    assert nods.sway_db == pytest.approx(20 * np.log10(0.01 / size), abs=0.5)
    assert nods.with_sway > 0.98
    talk = 0.02 * np.random.default_rng(6).normal(size=(T.size, 1)) * ALIKE
    still, elsewhere = (_found(wave, _scene(blood, edges=e)) for e in (None, talk))
    assert still.sway_db < -20 and elsewhere.with_sway < 0.8
    assert TERMS["sway"](nods) > 4 and TERMS["sway"](still) == 0


@pytest.mark.parametrize("double", [True, False])
def test_a_rate_read_double_leaves_odd_lines(double: bool) -> None:
    phase = 2 * np.pi * np.cumsum(0.9 + 0.01 * np.sin(0.6 * T)) / FS
    wave = np.sin(2 * phase)
    if double:  # the real rate and its third harmonic are left, weakly
        wave = wave + 0.12 * np.sin(phase + 1) + 0.06 * np.sin(3 * phase)
    wave = wave + np.random.default_rng(2).normal(0, 0.05, T.size)
    found = _found(wave, _scene(0.003 * _moving(wave, BLOOD)))
    assert (found.odd_lines_db > 20) == double and found.line_db > 25
    blood = np.sin(phase) if double else wave
    again = _found(wave, _scene(0.003 * _moving(blood, BLOOD)))
    assert (again.pos_half_bpm < 2) == double
    assert (again.pos_bpm < 2) != double


def test_noise_has_nothing_that_goes_with_it() -> None:
    rng = np.random.default_rng(3)
    likely = []
    for _ in range(20):
        noise, other = rng.normal(size=T.size), rng.normal(size=(T.size, 4, 3))
        likely.append(_found(noise, _scene(0.003 * other)))
    assert np.median([found.snr_db for found in likely]) < 0
    assert abs(np.mean([found.with_mix for found in likely])) < 0.2
    assert np.median([found.halves_bpm for found in likely]) > 10
    assert np.median([found.line_db for found in likely]) < 12


def test_colours_against_the_slow_version(wave: NDArray[np.float64]) -> None:
    """Each trace's part by least squares of real and imaginary columns, bin by bin."""
    rng = np.random.default_rng(4)
    quarters = 0.003 * _moving(wave, BLOOD) + 0.001 * rng.normal(size=(T.size, 4, 3))
    frame_stats = _scene(quarters, edges=0.001 * rng.normal(size=(T.size, 3)))
    signal = Signal(pulse_band(wave, FS), FS)
    f_hz = read_rate(signal.values, FS).spectral_bpm / 60

    def near(row: NDArray[np.float64]) -> NDArray[np.complex128]:
        out = np.zeros(T.size, np.complex128)
        windowed = (row - row.mean()) * np.hanning(T.size + 2)[1:-1]
        for k in range(T.size):
            if abs(k * FS / T.size - f_hz) <= COMPARE_HALF_WIDTH_HZ:
                turn = np.exp(2j * np.pi * k * np.arange(T.size) / T.size)
                out += (windowed @ turn.conj()) * turn / T.size
        return out

    ours = near(signal.values)
    part = np.zeros((4, 3), np.complex128)
    for q in range(4):
        for c in range(3):
            row = frame_stats.quarters_rgb[:, q, c].astype(np.float64)
            trace = -near(detrend(row / row.mean() - 1, FS, 0.4))
            part[q, c] = np.linalg.lstsq(ours[:, None], trace, rcond=None)[0][0]
    found = _found(wave, frame_stats)
    rows = [*frame_stats.quarters_rgb.astype(np.float64).transpose(1, 2, 0).reshape(12, -1)]
    rows += [*frame_stats.face_rgb.astype(np.float64).T]
    grey = [near(detrend(row / row.mean() - 1, FS, 0.4)) for row in rows]
    by_colour = [grey[12 + c] - np.mean(grey[c:12:3], axis=0) for c in range(3)]
    sizes = [np.linalg.lstsq(ours[:, None], one, rcond=None)[0][0] for one in by_colour]
    sway_db = 20 * np.log10(np.linalg.norm(sizes) / np.linalg.norm(part.mean(axis=0)))
    assert found.sway_db == pytest.approx(sway_db, abs=1e-6)
    edges = np.mean(by_colour, axis=0)
    share = abs(np.vdot(ours, edges)) / (np.linalg.norm(ours) * np.linalg.norm(edges))
    assert found.with_sway == pytest.approx(share)


def test_no_background_says_nothing(wave: NDArray[np.float64]) -> None:
    frame_stats = _scene(0.003 * _moving(wave, BLOOD))
    blind = replace(frame_stats, background_rgb=np.full_like(frame_stats.background_rgb, np.nan))
    assert np.isnan(_found(wave, blind).background_share)
    dark = replace(frame_stats, background_rgb=np.full_like(frame_stats.background_rgb, 2.0))
    assert np.isnan(_found(wave, dark).background_share)


def test_no_reading_or_no_picture_is_no_evidence(wave: NDArray[np.float64]) -> None:
    frame_stats = _scene(0.003 * _moving(wave, BLOOD))
    flat = Signal(np.zeros(T.size), FS)
    assert compute_quality_features(flat, read_rate(flat.values, FS), frame_stats) is None
    later = Signal(pulse_band(wave, FS), FS, start_s=100.0)
    assert compute_quality_features(later, read_rate(later.values, FS), frame_stats) is None


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(
    light=st.floats(0.2, 1.6),
    gain=st.floats(1e-3, 1e3),
    seed=st.integers(0, 2**32 - 1),
    share=st.floats(0.0, 1.0),
)
def test_units_do_not_matter_and_all_is_finite(
    light: float, gain: float, seed: int, share: float
) -> None:
    rng = np.random.default_rng(seed)
    pulse = pulse_wave(rng.uniform(45, 180), SECONDS, rng).values
    mixed = share * pulse + (1 - share) * rng.normal(size=T.size)
    frame_stats = _scene(0.003 * _moving(pulse, BLOOD) + 0.002 * rng.normal(size=(T.size, 4, 3)))
    found = asdict(_found(mixed, frame_stats))
    too_slow = {"half_change_db"}  # of a rate under 54 bpm it is unknown
    assert all(np.isfinite(value) for name, value in found.items() if name not in too_slow)
    darker = replace(
        frame_stats,
        quarters_rgb=(frame_stats.quarters_rgb * light).astype(np.float32),
        background_rgb=(frame_stats.background_rgb * light).astype(np.float32),
        face_rgb=(frame_stats.face_rgb * light).astype(np.float32),
    )
    again = asdict(_found(gain * mixed, darker))
    for name, value in found.items():
        # the rate moves by its last digits, and with it what is nothing but noise
        sure = "change_db", "half_change_db", "beyond_grey_db", "beyond_blood_db"
        slack = 1.0 if name in sure else 0.05
        assert again[name] == pytest.approx(value, rel=1e-2, abs=slack, nan_ok=True), name
