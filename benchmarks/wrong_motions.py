"""Kinds 8 and 11: movement that varies like a heartbeat, with and without a background."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from sspd.simulation import VideoSpec, simulate
from sspd.simulation.lights.gains import apply_gain, face_mask, sine_gain
from sspd.simulation.noise import smooth_noise
from sspd.simulation.person.anatomy import F32
from sspd.simulation.spec import rest_place
from sspd.types import Frames
from wrong_base import (
    NOTHING,
    Take,
    Truth,
    alive,
    both,
    dead,
    good,
    log_uniform,
    moved,
    other_hz,
    photo,
    record,
    rhythm,
    shifts,
    write,
    zooms,
)


def _face_cut(spec: VideoSpec, chunks: Iterator[Frames]) -> Iterator[Frames]:
    """Crop to the face, so that nothing else is visible."""
    x, y = rest_place(spec)
    half = round(0.56 * spec.face_px)
    left, right = max(round(x) - half, 0), min(round(x) + half, spec.width)
    top = max(round(y - 0.66 * spec.face_px), 0)
    bottom = min(round(y + 0.72 * spec.face_px), spec.height)
    h, w = (bottom - top) // 2 * 2, (right - left) // 2 * 2
    for chunk in chunks:
        yield Frames(chunk.rgb[:, top : top + h, left : left + w], chunk.t)


def _near(take: Take) -> VideoSpec:
    return dead(take, face_px=int(take.rng.integers(200, 245)))


def _darkened(spec: VideoSpec) -> Callable[[int, F32], F32]:
    mask = face_mask(spec)[..., None]

    def alter(_: int, levels: F32) -> F32:
        return np.asarray(levels * (0.02 + 0.98 * mask), np.float32)

    return alter


def face_fills_shaken(take: Take) -> Truth:
    """Record a photo that fills the frame, shaken like a pulse."""
    rng, spec = take.rng, _near(take)
    hz = 104 / 60 if take.number == 0 else float(rng.uniform(0.8, 2.4))
    x, y = (log_uniform(rng, 0.3, 2.5) * rhythm(rng, take.t, hz) for _ in range(2))
    chunks = simulate(spec, alter=moved(shifts(x, y), photo(spec)))
    write(take, _face_cut(spec, chunks))
    return NOTHING


def face_fills_flicker(take: Take) -> Truth:
    """Record a mannequin's face that fills the frame, in flickering light."""
    rng, spec = take.rng, _near(take)
    percent = log_uniform(rng, 0.3, 2.5) * np.array([1.0, 1.0, 1.0]) * rng.uniform(0.6, 1.2, 3)
    gain = sine_gain(rng, take.t, float(rng.uniform(0.8, 2.2)), tuple(percent), 0.02)
    write(take, _face_cut(spec, simulate(spec, alter=apply_gain(gain))))
    return NOTHING


def dark_shaken(take: Take) -> Truth:
    """Record a shaken photo in a dark room, with only the face lit."""
    rng, spec = take.rng, dead(take)
    hz = float(rng.uniform(0.8, 2.4))
    x, y = (log_uniform(rng, 0.3, 2.5) * rhythm(rng, take.t, hz) for _ in range(2))
    record(take, spec, both(moved(shifts(x, y), photo(spec)), _darkened(spec)))
    return NOTHING


def dark_nodding(take: Take) -> Truth:
    """Record a mannequin that nods in a dark room."""
    rng = take.rng
    angle, hz = log_uniform(rng, 0.4, 4.0), float(rng.uniform(0.7, 2.2))
    spec = dead(take, motion="nodding", angle_deg=angle, nod_hz=hz)
    record(take, spec, _darkened(spec))
    return NOTHING


def nodding_over_pulse(take: Take) -> Truth:
    """Record a living person who nods to music, stronger than the pulse."""
    rng = take.rng
    hr_bpm = float(rng.uniform(50, 130))
    angle, hz = log_uniform(rng, 0.5, 4.0), other_hz(rng, hr_bpm)
    spec = good(take, hr_bpm=hr_bpm, motion="nodding", angle_deg=angle, nod_hz=hz)
    record(take, spec)
    return alive(spec)


def talking_mannequin(take: Take) -> Truth:
    """Record a puppet whose head bobs with its speech, syllable by syllable."""
    rng = take.rng
    spec = dead(take, motion="talking")
    hz, size = float(rng.uniform(0.9, 2.4)), log_uniform(rng, 0.3, 2.5)
    y = size * rhythm(rng, take.t, hz) * (1 + 0.3 * smooth_noise(rng, take.t, (0.1, 0.4)))
    record(take, spec, moved(shifts(0.4 * y, y)))
    return NOTHING


def swaying_photo(take: Take) -> Truth:
    """Record a photo with a handheld phone that sways in a rhythm."""
    rng, spec = take.rng, dead(take)
    hz = float(rng.uniform(0.7, 2.0))
    x, y = (log_uniform(rng, 0.5, 4.0) * rhythm(rng, take.t, hz) for _ in range(2))
    slow = log_uniform(rng, 1, 5) * smooth_noise(rng, take.t, (0.1, 0.5))
    record(take, spec, moved(shifts(x + slow, y), photo(spec)))
    return NOTHING


def walking_mannequin(take: Take) -> Truth:
    """Record a head on a treadmill: down with each step, aside with every other."""
    rng = take.rng
    spec = dead(take)
    steps_hz = float(rng.uniform(1.4, 2.6))
    phase = 2 * np.pi * steps_hz * take.t + 0.2 * smooth_noise(rng, take.t, (0.05, 0.3))
    size = log_uniform(rng, 0.6, 6.0)
    x, y = 0.7 * size * np.sin(phase / 2), size * np.sin(phase)
    record(take, spec, moved(shifts(x, y)))
    return NOTHING


def focus_breathing(take: Take) -> Truth:
    """Record a photo with autofocus that hunts at 0.7 to 2 Hz: the frame grows and shrinks."""
    rng, spec = take.rng, dead(take)
    wave = log_uniform(rng, 0.001, 0.012) * rhythm(rng, take.t, float(rng.uniform(0.7, 2.0)))
    record(take, spec, moved(zooms(1 + wave, spec)))
    return NOTHING
