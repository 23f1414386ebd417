"""Kinds 7 and 11: light and colour that vary like a heartbeat."""

from __future__ import annotations

import cv2
import numpy as np

from sspd.simulation.lights.gains import apply_gain, face_mask, sine_gain
from sspd.simulation.person.anatomy import F32
from sspd.simulation.render import render_pixels
from sspd.simulation.spec import rest_place
from sspd.simulation.stage import set_stage
from wrong_base import (
    NOTHING,
    Make,
    Take,
    Truth,
    alive,
    dead,
    good,
    log_uniform,
    other_hz,
    record,
    rhythm,
)


def _tint(rng: np.random.Generator, strength: float) -> tuple[float, float, float]:
    """Make a variation of colour that hardly shows in the grey mean."""
    red, blue = strength, -strength * float(rng.uniform(0.4, 1.2))
    # Rec. 601: green cancels red and blue
    green = -(0.299 * red + 0.114 * blue) / 0.587 * float(rng.uniform(0.7, 1.3))
    sign = float(rng.choice([-1, 1]))
    return sign * red, sign * green, sign * blue


def white_balance(living: bool) -> Make:
    """Record white balance that hunts at 0.6 to 2.5 Hz, on the whole frame."""

    def make(take: Take) -> Truth:
        rng = take.rng
        spec = good(take) if living else dead(take)
        tint = _tint(rng, log_uniform(rng, 0.4, 3.0))
        gain = sine_gain(rng, take.t, float(rng.uniform(0.6, 2.5)), tint, rng.uniform(0, 0.05))
        record(take, spec, apply_gain(gain))
        return alive(spec) if living else NOTHING

    return make


def coloured_lamps(wall_seen: bool) -> Make:
    """Record two coloured lights in antiphase: the grey mean is constant, the colour varies."""

    def make(take: Take) -> Truth:
        rng = take.rng
        spec = dead(take)
        tint = _tint(rng, log_uniform(rng, 0.5, 4.0))
        gain = sine_gain(rng, take.t, float(rng.uniform(0.7, 2.2)), tint)
        mask = face_mask(spec)
        if wall_seen:  # the wall gets a part of the light
            mask = np.maximum(mask, np.float32(rng.uniform(0.3, 1.0)))
        record(take, spec, apply_gain(gain, mask))
        return NOTHING

    return make


def tinted_mains(take: Take) -> Truth:
    """Record mains light whose flicker and tint beat slowly with the frame rate."""
    rng = take.rng
    spec = dead(take)
    tint = tuple(log_uniform(rng, 0.4, 2.5) * np.array([0.6, 1.0, rng.uniform(0.2, 0.7)]))
    gain = sine_gain(rng, take.t, float(rng.uniform(0.7, 2.5)), tint)
    # the light is near the face, and the wall far away gets less of it
    mask = np.maximum(face_mask(spec), np.float32(rng.uniform(0.25, 0.8)))
    record(take, spec, apply_gain(gain, mask))
    return NOTHING


def half_pulse(take: Take) -> Truth:
    """Record a face with a pulse on one half, and a flicker of another rate on the other."""
    rng = take.rng
    spec = good(take, motion="still")
    x = rest_place(spec)[0]
    right = 1 / (1 + np.exp(-(np.arange(spec.width) - x) / (0.06 * spec.face_px)))
    mask = (face_mask(spec) * right[None, :]).astype(np.float32)
    lifeless = set_stage(spec.replace(pulse_percent=0.0))
    tint = tuple(log_uniform(rng, 0.6, 2.0) * np.array([0.43, 1.0, 0.69]))
    lamp = apply_gain(sine_gain(rng, take.t, other_hz(rng, spec.hr_bpm), tint))

    def alter(k: int, levels: F32) -> F32:
        other = lamp(k, render_pixels(lifeless, k))
        return np.asarray(levels + mask[..., None] * (other - levels), np.float32)

    record(take, spec, alter)
    return alive(spec)


def pulsing_screen(take: Take) -> Truth:
    """Record a face beside a screen that pulses in colours, at another rate than the heart's."""
    rng = take.rng
    spec = good(take, motion="still")
    x = rest_place(spec)[0] / spec.width
    away = np.abs(np.linspace(0, 1, spec.width) - (0.0 if x > 0.5 else 1.0))
    mask = np.exp(-((away / rng.uniform(0.4, 0.8)) ** 2)).astype(np.float32)
    tint = tuple(log_uniform(rng, 0.8, 4.0) * rng.uniform(0.2, 1.0, 3))
    gain = sine_gain(rng, take.t, other_hz(rng, spec.hr_bpm), tint)
    record(take, spec, apply_gain(gain, np.tile(mask, (spec.height, 1))))
    return alive(spec)


def exposure_hunting(take: Take) -> Truth:
    """Record automatic exposure that steps up and down at 0.7 to 2 Hz, on a mannequin."""
    rng, spec = take.rng, dead(take)
    wave = rhythm(rng, take.t, float(rng.uniform(0.7, 2.0)))
    steps = np.round(wave * 2) / 2 if rng.random() < 0.5 else wave
    percent = log_uniform(rng, 0.3, 3.0)
    gain = np.repeat(1 + percent / 200 * steps[:, None], 3, axis=1)

    # gamma: dark parts change more than bright ones, so wall and face differ
    def alter(k: int, levels: F32) -> F32:
        lifted = cv2.pow(np.maximum(levels, 1) / 255, float(1 / np.float32(gain[k, 0]))) * 255
        return np.asarray(lifted * np.float32(gain[k, 0]), np.float32)

    record(take, spec, alter)
    return NOTHING
