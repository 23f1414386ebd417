"""Kinds 1-3: fewer new frames than the container states, wrong clocks, no clock."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sspd.simulation import simulate
from wrong_base import FPS, Make, Take, Truth, alive, good, record, write
from wrong_files import one_by_one, recompressed, timed


def repeated(times: int) -> Make:
    """Show every new frame several times, at 30 per second."""

    def make(take: Take) -> Truth:
        rng = take.rng
        # fast hearts are read as an alias, slow ones as their double
        hr_bpm = 174.8 if take.number == 0 else float(rng.uniform(50, 190))
        spec = good(take, fps=FPS / times, hr_bpm=hr_bpm)
        pictures = one_by_one(simulate(spec))
        shown = (rgb for rgb in pictures for _ in range(times))
        write(take, timed(shown, FPS))
        return alive(spec)

    return make


def screen_shared(take: Take) -> Truth:
    """Record a call on a screen: 3 to 8 new frames per second, unevenly, compressed twice."""
    rng, n = take.rng, take.t.size
    spec = good(take, hr_bpm=float(rng.uniform(60, 190)))
    rate = int(np.exp(rng.uniform(np.log(2e5), np.log(8e5))))
    called = list(recompressed(list(one_by_one(simulate(spec))), fps=FPS, bit_rate=rate))
    new = np.cumsum(rng.integers(3, 8, n) if rng.random() < 0.5 else rng.integers(4, 11, n))
    latest = new[np.clip(np.searchsorted(new, np.arange(n), side="right") - 1, 0, n)]
    shown = (called[min(int(k), n - 1)] if k <= n else called[-1] for k in latest)
    write(take, timed(shown, FPS), bit_rate=int(rng.uniform(4e5, 1.5e6)))
    return alive(spec)


def dim_camera(take: Take) -> Truth:
    """Record in the dark: 4 to 9 exposures per second, repeated to 30."""
    rng, t = take.rng, take.t
    new_hz = float(rng.uniform(4, 9))
    fixed = {"exposure": float(rng.uniform(0.3, 0.5)), "noise_levels": float(rng.uniform(2, 4))}
    spec = good(take, fps=new_hz, hr_bpm=float(rng.uniform(60, 190)), **fixed)
    pictures = list(one_by_one(simulate(spec)))
    latest = np.minimum((t * new_hz + 1e-9).astype(int), len(pictures) - 1)
    write(take, timed((pictures[k] for k in latest), FPS), bit_rate=int(rng.uniform(8e5, 2e6)))
    return alive(spec)


def freezing_call(take: Take) -> Truth:
    """Record a call that freezes for 0.2 to 0.9 s many times, and continues in real time."""
    rng, n = take.rng, take.t.size
    spec = good(take, hr_bpm=float(rng.uniform(55, 150)))
    latest, k = np.arange(n), int(rng.integers(5, 20))
    while k < n:
        held = int(rng.uniform(0.2, 0.9) * FPS)
        latest[k : k + held] = k
        k += held + int(rng.uniform(0.1, 0.5) * FPS)
    write(take, timed(_picked(simulate(spec), latest), FPS))
    return alive(spec)


def _picked(chunks: Iterator[object], latest: NDArray[np.int64]) -> Iterator[NDArray[np.uint8]]:
    """Return for each time the latest new frame."""
    shown: NDArray[np.uint8] | None = None
    for k, rgb in enumerate(one_by_one(chunks)):  # type: ignore[arg-type]
        if latest[k] == k or shown is None:
            shown = rgb
        yield shown


def _world(take: Take, capture_hz: float, most: int = 600) -> float:
    """Return the recorded time for which neither too many frames nor too short a video results."""
    return min(take.duration_s, most / capture_hz)


def slow_motion(factor: int, key: str) -> Make:
    """Record at 30 times ``factor`` frames per second, and store at 30."""

    def make(take: Take) -> Truth:
        rng, capture_hz = take.rng, FPS * factor
        # rates that look like a heart: a half, a quarter, an eighth
        low, high = {2: (80, 190), 4: (100, 195), 8: (120, 200)}[factor]
        spec = good(
            take,
            fps=capture_hz,
            duration_s=_world(take, capture_hz, 600 if factor < 8 else 960),
            hr_bpm=95.9 if (factor, take.number) == (2, 0) else float(rng.uniform(low, high)),
        )
        metadata = {key: f"{capture_hz:g}", **_maker(key)}
        record(take, spec, fps=FPS, stretch=factor, metadata=metadata)
        return alive(spec)

    return make


def _maker(key: str) -> dict[str, str]:
    if "apple" in key:
        intent = "com.apple.quicktime.full-frame-rate-playback-intent"
        return {
            "com.apple.quicktime.make": "Apple",
            "com.apple.quicktime.model": "iPhone 13",
            intent: "0",
        }
    return {"com.android.version": "13"}


def fast_capture(take: Take) -> Truth:
    """Record and store at 60 or 120 frames per second, with the keys: no slow motion."""
    rng = take.rng
    capture_hz = float(rng.choice([60, 120]))
    spec = good(take, fps=capture_hz, duration_s=_world(take, capture_hz, 1200))
    android = rng.random() < 0.5
    key = "com.android.capture.fps" if android else "com.apple.quicktime.capture.fps"
    record(take, spec, metadata={key: f"{capture_hz:g}", **_maker(key)})
    return alive(spec)


def time_lapse(take: Take) -> Truth:
    """Record at 3 to 20 frames per second, and store at 30."""
    rng = take.rng
    capture_hz = float(rng.choice([20.0, 15.0, 10.0, 6.0, 3.0]))
    spec = good(take, fps=capture_hz, duration_s=take.t.size / capture_hz)
    metadata = {"com.android.capture.fps": f"{capture_hz:g}"}
    if rng.random() < 0.4:
        metadata = {"com.apple.quicktime.capture.fps": f"{capture_hz:g}"}
        metadata |= {"com.apple.quicktime.capture.mode": "Time-lapse"}
    record(take, spec, fps=FPS, stretch=capture_hz / FPS, metadata=metadata)
    return alive(spec)


def raw(told: bool) -> Make:
    """Write a stream without a clock, at 30 or 60 Hz; ``told``: the rate is given."""

    def make(take: Take) -> Truth:
        rng = take.rng
        fps = 30.0 if take.number % 2 == 0 else 60.0
        spec = good(take, fps=fps, hr_bpm=96.0 if take.number == 0 else float(rng.uniform(50, 150)))
        record(take, spec)
        return alive(spec, options={"fps": fps} if told else {})

    return make
