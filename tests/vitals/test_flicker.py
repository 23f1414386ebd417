from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from sspd.types import FrameStats
from sspd.vitals.flicker import is_flicker

BLOOD = np.array([0.33, 0.77, 0.53])
LEVELS = np.array([150.0, 110.0, 90.0])


def _video(
    rng: np.random.Generator,
    *,
    lamp: float = 0.0,
    lamp_hz: float = 1.3,
    pulse: float = 0.004,
    pulse_hz: float = 1.2,
    drift: float = 0.0,
    noise: float = 0.02,
    seconds: float = 30.0,
    background: bool = True,
    sway: float = 0.0,
) -> FrameStats:
    """Mean colours of a face with a pulse, under a lamp that shines on the wall as well."""
    t = np.arange(int(30 * seconds)) / 30
    light = 1 + lamp * np.sin(2 * np.pi * lamp_hz * t + rng.uniform(0, 6))
    walk = np.cumsum(rng.normal(size=t.size))
    light = light * (1 + drift * walk / (np.abs(walk).max() + 1e-9))
    blood = 1 - pulse * np.sin(2 * np.pi * pulse_hz * t)[:, None] * BLOOD
    moved = 1 + sway * np.cumsum(rng.normal(size=(t.size, 1)), axis=0) / np.sqrt(t.size)

    def seen(relative: NDArray[np.float64], levels: NDArray[np.float64]) -> NDArray[np.float32]:
        return (levels * relative + rng.normal(0, noise, (t.size, 3))).astype(np.float32)

    face = seen(light[:, None] * blood * moved, LEVELS)
    wall = seen(np.repeat(light[:, None], 3, axis=1), LEVELS * 0.9)
    nothing = np.zeros(t.size, np.float32)
    behind = wall if background else np.full_like(wall, np.nan)
    four = np.repeat(face[:, None], 4, axis=1)
    return FrameStats(t, face, behind, four, nothing, nothing, nothing, 0 * face)


@pytest.mark.parametrize("seconds", [10.0, 30.0])
@pytest.mark.parametrize("percent", [0.5, 1.0])
def test_a_lamp_on_face_and_wall_is_seen(seconds: float, percent: float) -> None:
    for k, lamp_hz in enumerate(np.linspace(0.65 if seconds > 20 else 0.8, 2.5, 12)):
        rng = np.random.default_rng(k)
        frame_stats = _video(
            rng, lamp=percent / 200, lamp_hz=float(lamp_hz), drift=0.01, seconds=seconds
        )
        # What is read is the lamp, or its second harmonic.
        assert is_flicker(frame_stats, 0.0, seconds, float(lamp_hz))
        assert is_flicker(frame_stats, 0.0, seconds, float(lamp_hz) + 0.4 / seconds)
        assert is_flicker(frame_stats, 0.0, seconds, 2 * float(lamp_hz))


def test_a_lamp_elsewhere_does_not_spoil_the_pulse() -> None:
    for k in range(20):
        rng = np.random.default_rng([1, k])
        frame_stats = _video(rng, lamp=0.0025, lamp_hz=1.9, pulse_hz=rng.uniform(1.1, 1.6))
        assert not is_flicker(frame_stats, 0.0, 30.0, 1.3)


@pytest.mark.parametrize("seconds", [10.0, 30.0])
@pytest.mark.parametrize("drift", [0.0, 0.03])
@pytest.mark.parametrize("sway", [0.0, 0.02])
@pytest.mark.parametrize("pulse", [0.0, 0.004])
def test_noise_drift_sway_and_blood_are_no_lamp(
    seconds: float, drift: float, sway: float, pulse: float
) -> None:
    fired = 0
    for k in range(60):
        rng = np.random.default_rng([2, k])
        hz = float(rng.uniform(0.65, 3.4))
        frame_stats = _video(rng, pulse=pulse, pulse_hz=hz, drift=drift, sway=sway, seconds=seconds)
        fired += is_flicker(frame_stats, 0.0, seconds, hz)
    assert fired <= 1


def test_without_a_background_colour_tells() -> None:
    lit = _video(np.random.default_rng(3), lamp=0.003, pulse=0.0, background=False)
    beating = _video(np.random.default_rng(3), pulse=0.004, pulse_hz=1.3, background=False)
    assert is_flicker(lit, 0.0, 30.0, 1.3)
    assert not is_flicker(beating, 0.0, 30.0, 1.3)


def test_a_lamp_that_shines_on_the_face_alone_is_seen_by_its_colour() -> None:
    lit = _video(np.random.default_rng(4), lamp=0.003, pulse=0.0)
    dark_wall = _video(np.random.default_rng(5)).background_rgb
    frame_stats = replace(lit, background_rgb=dark_wall)
    assert is_flicker(frame_stats, 0.0, 30.0, 1.3)


def test_skin_left_in_the_background_is_no_lamp() -> None:
    frame_stats = _video(np.random.default_rng(6), pulse=0.006, pulse_hz=1.3)
    share = 0.08  # a neck
    relative = frame_stats.face_rgb / frame_stats.face_rgb.mean(axis=0) - 1
    wall = (frame_stats.background_rgb * (1 + share * relative)).astype(np.float32)
    mixed = replace(frame_stats, background_rgb=wall)
    assert not is_flicker(mixed, 0.0, 30.0, 1.3)


def test_too_little_to_look_at_is_no_lamp() -> None:
    frame_stats = _video(np.random.default_rng(7), lamp=0.01)
    assert not is_flicker(frame_stats, 0.0, 1.0, 1.3)


def test_a_coloured_edge_that_sways_is_no_lamp() -> None:
    frame_stats = _video(np.random.default_rng(8), pulse_hz=1.3)
    # A blue shoulder before a yellow wall: what one colour gains the others lose. At half
    # of the reading, where a lamp's fundamental would lie.
    sway = np.sin(2 * np.pi * 0.65 * frame_stats.t)[:, None] * np.array([-0.0003, 0.0008, 0.0005])
    wall = (frame_stats.background_rgb * (1 + sway)).astype(np.float32)
    swaying = replace(frame_stats, background_rgb=wall)
    assert not is_flicker(swaying, 0.0, 30.0, 1.3)
    light = 1 + np.abs(sway) * np.sign(sway[:, 1:2])
    face = (frame_stats.quarters_rgb * light[:, None]).astype(np.float32)
    lit = (frame_stats.background_rgb * light).astype(np.float32)
    lamp = replace(frame_stats, quarters_rgb=face, background_rgb=lit)
    assert is_flicker(lamp, 0.0, 30.0, 1.3)


def test_a_head_that_sways_in_its_box_is_no_lamp() -> None:
    frame_stats = _video(np.random.default_rng(10), pulse_hz=1.3)
    # dark hair for a bright wall, at the edges of the box
    sway = 1 + 0.001 * np.sin(2 * np.pi * 1.3 * frame_stats.t)[:, None]
    assert is_flicker(
        replace(
            frame_stats, quarters_rgb=(np.ones((1, 4, 3)) * 90 * sway[:, None]).astype(np.float32)
        ),
        0.0,
        30.0,
        1.3,
    )
    box = (frame_stats.face_rgb.mean(axis=0) * sway).astype(np.float32)
    assert not is_flicker(replace(frame_stats, face_rgb=box), 0.0, 30.0, 1.3)


def test_a_light_on_the_wall_alone_is_no_lamp_on_the_face() -> None:
    frame_stats = _video(np.random.default_rng(9), pulse_hz=1.3)
    wall = (
        frame_stats.background_rgb * (1 + 0.003 * np.sin(2 * np.pi * 0.65 * frame_stats.t))[:, None]
    )
    beside = replace(frame_stats, background_rgb=wall.astype(np.float32))
    assert not is_flicker(beside, 0.0, 30.0, 1.3)


@pytest.mark.parametrize(
    ("change", "wall_share"),
    [
        ((1.0, 0.0, -1.0), 1.0),  # white balance that hunts: grey does not move
        ((0.5, 1.0, -0.6), 0.8),  # coloured lamps in turn
        ((0.6, 1.0, 0.4), 0.25),  # mains light with a tint, near the face
    ],
)
def test_light_that_changes_its_colour_is_seen_on_the_wall(
    change: tuple[float, float, float], wall_share: float
) -> None:
    t = np.arange(900) / 30
    rng = np.random.default_rng(3)
    wave = 0.004 * np.sin(2 * np.pi * 1.3 * t)[:, None] * np.array(change)
    nothing = np.zeros(900, np.float32)

    def frame_stats(of_wall: float) -> FrameStats:
        face = 120 * (1 + wave) + rng.normal(0, 0.02, (900, 3))
        wall = 120 * (1 + of_wall * wave) + rng.normal(0, 0.005, (900, 3))
        four = np.repeat(face[:, None], 4, axis=1).astype(np.float32)
        rows = (face.astype(np.float32), wall.astype(np.float32), four)
        return FrameStats(t, *rows, nothing, nothing, nothing, 0 * rows[0])

    assert is_flicker(frame_stats(wall_share), 0.0, 30.0, 1.3)
    assert not is_flicker(frame_stats(0.0), 0.0, 30.0, 1.3)  # of the face alone it may be blood
