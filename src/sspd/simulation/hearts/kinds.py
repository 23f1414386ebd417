"""Hearts of each kind of `HeartSpec`: wandering, changing, or irregular, at an exact mean rate.

A sinus rhythm comes from the integral pulse frequency modulation of
`sspd.simulation.hearts.cardiac`, with the modulation of `sspd.simulation.hearts.wander`; early
beats are moved within it, so that the heart wanders between them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sspd.errors import UsageError
from sspd.simulation.hearts.arrhythmias import fibrillation, move_early
from sspd.simulation.hearts.model import MODEL_MARGIN_S, Heart, heart_of_beats
from sspd.simulation.hearts.options import CHANGING_KINDS, HeartSpec
from sspd.simulation.hearts.rate_trends import exponential_change, standing_up
from sspd.simulation.hearts.wander import rate_wander, wandering_breath
from sspd.simulation.spec import VideoSpec

#: Lowest and highest rate of a change, beats per minute.
_LOWEST_BPM, _HIGHEST_BPM = 28.0, 225.0


def wandering_heart(spec: VideoSpec, heart: HeartSpec, t: NDArray[np.float64]) -> Heart:
    """Draw the heart of a video with a `HeartSpec`.

    Parameters
    ----------
    spec : VideoSpec
        Its ``beats_s``, if given, are the beats; the breathing is drawn in any case.
    heart : HeartSpec
    t : float64 array, shape (time,)
        Times of the model, seconds.

    Returns
    -------
    Heart

    Raises
    ------
    UsageError
        A changing rate leaves the range of hearts.

    >>> from sspd.simulation.hearts.model import model_grid
    >>> spec = VideoSpec(hr_bpm=60, duration_s=30, heart=HeartSpec(kind="bigeminy"))
    >>> bool(np.ptp(np.diff(wandering_heart(spec, spec.heart, model_grid(30)).beats())) > 0.4)
    True
    """
    breathing, wander, kind = spec.rng("heart").spawn(3)
    breath = wandering_breath(heart, breathing, t, spec.respiration_hz, spec.duration_s)
    if spec.beats_s is not None:
        return heart_of_beats(np.array(spec.beats_s), t, breath)
    if heart.rhythm == "fibrillation":
        # more than are needed, as they are scaled to the mean rate
        drawn = fibrillation(kind, 1.3 * spec.duration_s + 10, spec.hr_bpm)
        return _at_mean_rate(spec, np.array(drawn), t, breath)
    rate = _trend_bpm(spec, heart, kind, t) / 60
    rate *= 1 + rate_wander(heart, wander, t, breath, spec.hr_bpm, spec.respiration_hz)
    phase = np.concatenate([[0.0], np.cumsum((rate[1:] + rate[:-1]) / 2 * np.diff(t))])
    inside = np.interp([0.0, spec.duration_s], t, phase)
    phase *= spec.duration_s * spec.hr_bpm / 60.0 / (inside[1] - inside[0])
    sinus = Heart(t, phase + kind.uniform(), breath)
    if heart.rhythm not in ("early", "bigeminy"):
        return sinus
    beats = sinus.beats()
    if heart.rhythm == "bigeminy":
        which = (np.arange(beats.size) + kind.integers(2)) % 2 == 0
    else:
        share = heart.early_percent / 100
        # an early beat is never followed by another, so this gives `share` of all beats
        which = kind.uniform(size=beats.size) < share / (1 - share)
    return _at_mean_rate(spec, move_early(kind, beats, which), t, breath)


def _trend_bpm(
    spec: VideoSpec, heart: HeartSpec, rng: np.random.Generator, t: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the rate without its wandering; its mean over the video is that of the video."""
    if heart.rhythm not in CHANGING_KINDS:
        return np.full_like(t, spec.hr_bpm)
    if heart.rhythm == "standing":
        shape = standing_up(t, rng.uniform(0.1, 0.4) * spec.duration_s)
    else:
        # all of the asked change falls into the video, however slow it is
        whole = exponential_change(np.array([spec.duration_s]), heart.change_s)
        shape = exponential_change(t, heart.change_s) / whole
        shape = -shape if heart.rhythm == "recovery" else shape
    inside = (t >= 0) & (t <= spec.duration_s)
    rate = spec.hr_bpm + heart.change_bpm * (shape - shape[inside].mean())
    low, high = float(rate[inside].min()), float(rate[inside].max())
    if low < _LOWEST_BPM or high > _HIGHEST_BPM:
        raise UsageError(
            f"simulate: heart.change_bpm {heart.change_bpm:g} around hr_bpm {spec.hr_bpm:g}"
            f" gives {low:.0f} to {high:.0f} beats per minute, a heart has"
            f" {_LOWEST_BPM:g} to {_HIGHEST_BPM:g}"
        )
    return np.asarray(np.clip(rate, _LOWEST_BPM, _HIGHEST_BPM))


def _at_mean_rate(
    spec: VideoSpec, beats: NDArray[np.float64], t: NDArray[np.float64], breath: NDArray[np.float64]
) -> Heart:
    """Return the heart of beats that are scaled in time so that their mean rate is exact."""
    wide = np.arange(-MODEL_MARGIN_S, beats[-1], 0.002)
    phase = heart_of_beats(beats, wide, np.zeros_like(wide)).phase
    start = float(np.interp(0.0, wide, phase))
    end_s = float(np.interp(start + spec.duration_s * spec.hr_bpm / 60, phase, wide))
    return heart_of_beats(beats * (spec.duration_s / end_s), t, breath)
