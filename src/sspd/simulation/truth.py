"""Reference of a simulated video, without rendering it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sspd.simulation.codecs.network import delivery
from sspd.simulation.hearts.cardiac import beat_model, blood_volume
from sspd.simulation.hearts.model import Heart
from sspd.simulation.spec import VideoSpec


@dataclass(frozen=True, eq=False)
class Truth:
    """Reference of one simulated video.

    Parameters
    ----------
    t : float64 array, shape (time,)
        Timestamps of the frames that the video's file has, seconds.
    bvp : float64 array, shape (time,)
        Blood volume pulse at those times, rising at systole (skin becomes *darker*), about 1
        from foot to peak.
    beats_s : float64 array, shape (beats,)
        Beat times inside the video, seconds.
    rr_s : float64 array, shape (beats - 1,)
        Intervals between those beats, seconds.
    hr_bpm : float
        Mean rate of the beats, beats per minute; from the phase for fewer than two beats.
    respiration_hz : float
        Mean breathing rate, Hz.
    rate_bpm : float64 array, shape (seconds,)
        Mean rate of each whole second of the video, beats per minute, from the phase of the
        heart; empty for a video without a pulse.
    kind : str
        Rhythm: "given" for ``beats_s``, otherwise one of `sspd.simulation.HEART_KINDS`
        ("sinus" also for a video without a `HeartSpec`); "none" for a video without a pulse.
    frame : int64 array, shape (time,)
        Number of the camera's frame that each frame of the file shows: all in order, but for a
        codec that loses or repeats some.
    """

    t: NDArray[np.float64]
    bvp: NDArray[np.float64]
    beats_s: NDArray[np.float64]
    rr_s: NDArray[np.float64]
    hr_bpm: float
    respiration_hz: float
    rate_bpm: NDArray[np.float64]
    kind: str
    frame: NDArray[np.int64]


def truth(spec: VideoSpec) -> Truth:
    """Return the reference of a video, without drawing a frame.

    A video without a pulse (``pulse_percent=0``) has a constant ``bvp``, no beats, and an
    ``hr_bpm`` of NaN.

    Parameters
    ----------
    spec : VideoSpec

    Returns
    -------
    Truth

    >>> known = truth(VideoSpec(hr_bpm=75, duration_s=20, lf_ms=0, hf_ms=0))
    >>> round(known.hr_bpm, 1)
    75.0
    """
    shown = delivery(spec)
    t, frame = shown.t, shown.frame
    if spec.pulse_percent == 0:
        none = np.zeros(0)
        nan = float("nan")
        zero = np.zeros_like(t)
        return Truth(t, zero, none, none, nan, spec.respiration_hz, none, "none", frame)
    heart = beat_model(spec)
    beats = heart.beats()
    beats = beats[(beats >= 0) & (beats < spec.duration_s)]
    rr = np.diff(beats)
    hr_bpm = 60.0 / float(rr.mean()) if rr.size else _rate_by_phase(spec, heart)
    return Truth(
        t=t,
        bvp=blood_volume(spec, heart, t),
        beats_s=beats,
        rr_s=rr,
        hr_bpm=hr_bpm,
        respiration_hz=spec.respiration_hz,
        rate_bpm=heart.rate_bpm(spec.duration_s),
        kind=_kind(spec),
        frame=frame,
    )


def _kind(spec: VideoSpec) -> str:
    if spec.beats_s is not None:
        return "given"
    return "sinus" if spec.heart is None else spec.heart.rhythm


def _rate_by_phase(spec: VideoSpec, heart: Heart) -> float:
    if spec.beats_s is None:
        return spec.hr_bpm
    first, last = np.interp([0.0, spec.duration_s], heart.t, heart.phase)
    return 60.0 * float(last - first) / spec.duration_s
