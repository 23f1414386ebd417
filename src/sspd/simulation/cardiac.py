"""The heart: beat times with variability, and the blood-volume wave they drive.

Beats come from an integral pulse frequency modulation model (IPFM; de Boer et al.,
IEEE Trans. Biomed. Eng. 1985): the instantaneous rate is

    f(t) = f0 (1 + m_LF(t) + m_HF(t)),

its integral is the phase, and a beat falls wherever the phase is a whole number; so
beat times, rate and waveform cannot disagree. m_LF lies around 0.1 Hz (Mayer waves),
m_HF at the breathing rate (respiratory sinus arrhythmia).

One beat of the wave is a sum of Gaussians in phase (systolic and tidal peak,
dicrotic wave), after McSharry et al., IEEE Trans. Biomed. Eng. 2003, for the ECG.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sspd.simulation.spec import VideoSpec, smooth_noise

#: Rate at which the model is integrated, Hz: beats are placed to under a millisecond.
MODEL_HZ = 500.0
#: Time simulated before and after the video, so that its ends are ordinary.
MARGIN_S = 3.0
#: How much of the heart fills within an interval: 1 - exp(-(interval - delay) / tau), seconds.
_FILL_DELAY_S, _FILL_TAU_S = 0.2, 0.25
#: Centre, width (both in phase) and height of the three waves of a beat.
_WAVES = ((0.21, 0.100, 1.0), (0.40, 0.120, 0.50), (0.63, 0.095, 0.20))
#: Baseline and amplitude of the pulse follow breathing by this much.
_BREATH_BASELINE = 0.08
_BREATH_AMPLITUDE = 0.08


@dataclass(frozen=True, eq=False)
class Heart:
    """The integrated model on a fine clock.

    ``phase`` counts beats (a beat at each whole number), ``breath`` the breathing as a
    unit sine; all of shape (fine time,) on ``t``, seconds. ``strength`` is how strong each
    beat is, beginning with number 0; None: all alike.
    """

    t: NDArray[np.float64]
    phase: NDArray[np.float64]
    breath: NDArray[np.float64]
    strength: NDArray[np.float64] | None = None

    def beats(self) -> NDArray[np.float64]:
        """Times at which the phase passes whole numbers, seconds."""
        first, last = np.ceil(self.phase[0]), np.floor(self.phase[-1])
        return np.interp(np.arange(first, last + 1), self.phase, self.t)


def _rate_modulation(
    spec: VideoSpec, rng: np.random.Generator, t: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    mean_ms = 60_000.0 / spec.hr_bpm
    # breathing is never a metronome: its own rate wanders by 4 %
    wander = np.cumsum(smooth_noise(rng, t, (0.01, 0.05))) / MODEL_HZ
    breath_phase = 2 * np.pi * spec.respiration_hz * (t + 0.04 * wander)
    breath = np.sin(breath_phase + rng.uniform(0, 2 * np.pi))
    low = smooth_noise(rng, t, (0.06, 0.14))
    # in a short video chance would decide the depth: it is met in each video instead
    low /= low.std()
    depth = (spec.lf_ms * low + np.sqrt(2) * spec.hf_ms * breath) / mean_ms
    # a rate that stops or doubles is no longer a heart: bend extremes over
    return 0.35 * np.tanh(depth / 0.35), breath


def beat_model(spec: VideoSpec) -> Heart:
    """Integrate the model from `MARGIN_S` before the video to `MARGIN_S` after it.

    The phase gains ``duration_s * hr_bpm / 60`` over the video: the mean rate is met
    exactly, whatever the variability. Beats that are given (`VideoSpec.beats_s`) are met
    exactly, and between them the phase rises smoothly.

    >>> heart = beat_model(VideoSpec(hr_bpm=90, duration_s=20))
    >>> inside = np.interp([0, 20], heart.t, heart.phase)
    >>> round(float(inside[1] - inside[0]), 6)
    30.0
    """
    rng = spec.rng("beats")
    n = round((spec.duration_s + 2 * MARGIN_S) * MODEL_HZ) + 1
    t = np.arange(n) / MODEL_HZ - MARGIN_S
    depth, breath = _rate_modulation(spec, rng, t)
    if spec.beats_s is not None:
        return _given_beats(spec, t, breath)
    rate = 1.0 + depth
    phase = np.concatenate([[0.0], np.cumsum((rate[1:] + rate[:-1]) / 2)]) / MODEL_HZ
    inside = np.interp([0.0, spec.duration_s], t, phase)
    phase *= spec.duration_s * spec.hr_bpm / 60.0 / (inside[1] - inside[0])
    return Heart(t, phase + rng.uniform(), breath)


def _given_beats(spec: VideoSpec, t: NDArray[np.float64], breath: NDArray[np.float64]) -> Heart:
    """The phase through given beats, by a cubic that never falls (Fritsch-Carlson)."""
    from scipy.interpolate import PchipInterpolator

    beats = np.array(spec.beats_s)
    before, after = beats[1] - beats[0], beats[-1] - beats[-2]
    # two more on each side: a beat's strength asks for the interval before it
    n_before = max(0, int(np.ceil((beats[0] - t[0]) / before))) + 2
    n_after = max(0, int(np.ceil((t[-1] - beats[-1]) / after))) + 2
    beats = np.concatenate(
        [
            beats[0] - before * np.arange(n_before, 0, -1),
            beats,
            beats[-1] + after * np.arange(1, n_after + 1),
        ]
    )
    phase = PchipInterpolator(beats, np.arange(beats.size))(t)
    intervals = np.diff(beats)
    filled = _filled(intervals) / _filled(np.array([intervals.mean()]))
    return Heart(t, phase, breath, np.concatenate([filled[:1], filled]))


def _filled(intervals_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """What the heart holds after an interval, as a share of all that it can."""
    return 1 - np.exp(-np.maximum(intervals_s - _FILL_DELAY_S, 0.02) / _FILL_TAU_S)


def _beat_shape(rng: np.random.Generator) -> NDArray[np.float64]:
    waves = np.array(_WAVES)
    waves[:, 0] += rng.uniform(-0.02, 0.02, 3)
    waves[:, 1] *= rng.uniform(0.9, 1.15, 3)
    waves[1:, 2] *= rng.uniform(0.6, 1.3, 2)
    return waves


def blood_volume(spec: VideoSpec, heart: Heart, t: NDArray[np.float64]) -> NDArray[np.float64]:
    """Blood-volume pulse at times ``t``, rising at systole, mean near 0, shape (time,).

    A beat is 1 from foot to peak on average; breathing moves baseline and amplitude.
    Times must lie within the modelled stretch.

    >>> spec = VideoSpec(hr_bpm=60)
    >>> x = blood_volume(spec, beat_model(spec), np.arange(0, 10, 0.01))
    >>> bool(0.8 < x.max() - x.min() < 1.4)
    True
    """
    waves = _beat_shape(spec.rng("waveform"))
    grid = np.arange(512) / 512
    wrapped = (grid[:, None, None] - waves[:, 0] + np.arange(-1, 2)[None, :, None]) / waves[:, 1]
    shape = np.sum(waves[:, 2] * np.exp(-(wrapped**2) / 2), axis=(1, 2))
    shape = (shape - shape.mean()) / np.ptp(shape)
    phase = np.interp(t, heart.t, heart.phase)
    breath = np.interp(t, heart.t, heart.breath)
    beat = np.interp(phase % 1.0, np.append(grid, 1.0), np.append(shape, shape[0]))
    if heart.strength is not None:
        # from its foot, so that the wave does not jump where one beat follows another
        number = np.clip(np.floor(phase).astype(int), 0, heart.strength.size - 1)
        beat = shape[0] + (beat - shape[0]) * heart.strength[number]
    wave = beat * (1 + _BREATH_AMPLITUDE * breath) + _BREATH_BASELINE * breath
    return np.asarray(wave, dtype=np.float64)
