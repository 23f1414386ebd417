"""A live measurement: how late its updates are, what it takes, and how it bears faults.

Run `python benchmarks/live.py [--method NAME] [--seconds S] [--hours H] [--reconnects N]`. The
camera is a device that gives a simulated person's frames at their times; only the device is
played, everything behind it is what `sspd live` does.
"""

from __future__ import annotations

import argparse
import errno
import itertools
import os
import resource
import threading
import time
from pathlib import Path

import numpy as np

from live_devices import FS, SteppedDevice, camera_of
from sspd.live.run import LiveMeasurement
from sspd.live.warm_up import warm_up
from sspd.methods import Method
from sspd.pipeline import Session, load_method
from sspd.pipeline.camera import CameraSource
from sspd.simulation import VideoSpec, simulate
from sspd.types import Box, Frames, MeasureOptions

SPEC = VideoSpec(seed=5, duration_s=20.0, hr_bpm=72.0, width=640, height=480, face_px=200)
#: Faults: the state that must be reported, frames before, and what the device does then.
FAULTS: dict[str, tuple[str, list[object]]] = {
    "not there": ("missing", [OSError(errno.ENOENT, "no such device")]),
    "in use": ("busy", [OSError(errno.EBUSY, "busy")]),
    "not allowed": ("denied", [OSError(errno.EACCES, "permission denied")]),
    "not allowed (EPERM)": ("denied", [OSError(errno.EPERM, "not permitted")]),
    "opens, never a frame": ("stalled", [(0, "stall")]),
    "unplugged": ("unplugged", [(45, OSError(errno.ENODEV, "x")), OSError(errno.ENOENT, "x")]),
    "unplugged (EIO)": ("unplugged", [(45, OSError(errno.EIO, "x")), OSError(errno.ENOENT, "x")]),
    "stops giving frames": ("stalled", [(45, "stall")]),
    "taken by another": ("busy", [(45, OSError(errno.ENODEV, "x")), OSError(errno.EBUSY, "x")]),
    "right withdrawn": ("denied", [(45, OSError(errno.ENODEV, "x")), OSError(errno.EACCES, "x")]),
    "8 frames a second": ("too_slow", [(10_000, "slow")]),
    "each frame four times": ("too_slow", [(10_000, "repeat")]),
}


def pictures_of(spec: VideoSpec) -> np.ndarray:
    return np.concatenate([chunk.rgb for chunk in simulate(spec)])


def measure_latency(pictures: np.ndarray, options: MeasureOptions, method: Method) -> None:
    """Print how late updates are, and what a measurement takes of the processor and memory."""
    warm_up(options, method)
    there_and_back = np.concatenate([pictures, pictures[::-1]])
    n = int(FS * (options.end_s or 60.0)) + 60
    latency_s, waveform_s, first_s = [], [], None
    before, began_s = time.process_time(), time.monotonic()
    with CameraSource(camera_of(there_and_back, [(n, "end")])) as camera:
        live = LiveMeasurement(camera, options, method)
        for view in live.views():
            if view.update is None or view.latency_s is None:
                continue
            latency_s.append(view.latency_s)
            if view.rate_bpm is not None and first_s is None:
                first_s = view.time_s
            if view.waveform is not None:
                end_s = view.waveform.start_s + view.waveform.duration_s
                waveform_s.append(camera.time_s - end_s)
        counts = camera.counts
    wall_s = time.monotonic() - began_s
    share = (time.process_time() - before) / wall_s
    p50, p95 = np.quantile(latency_s, [0.5, 0.95])
    print(
        f"method {method.name}, {options.precision}, {wall_s:.0f} s, load {os.getloadavg()[0]:.1f}"
    )
    print(f"  frame to update: median {p50 * 1e3:.0f} ms, p95 {p95 * 1e3:.0f} ms")
    print(f"  end of the waveform behind now: p95 {np.quantile(waveform_s, 0.95):.2f} s")
    print(f"  processor: {share:.0%} of a core; peak memory about {_peak_mb(pictures):.0f} MB")
    print(f"  first rate after {first_s} s; {counts}; result {live.results}")


def measure_work(pictures: np.ndarray, options: MeasureOptions, method: Method) -> None:
    """Print how late updates would be on one idle core, from processor times."""
    warm_up(options, method)
    n = int(FS * (options.end_s or 60.0))
    device = SteppedDevice(np.concatenate([pictures, pictures[::-1]]), n)
    updates, behind_s, first_s = [], [], None
    before = time.process_time()
    with device.source as camera:
        live = LiveMeasurement(camera, options, method)
        for view in live.views():
            if view.update is None:
                continue
            updates.append((len(device.source.marks) - 1, time.process_time()))
            first_s = view.time_s if first_s is None and view.rate_bpm is not None else first_s
            if view.waveform is not None:
                behind_s.append(view.time_s - view.waveform.start_s - view.waveform.duration_s)
    share = (time.process_time() - before) / (n / FS)
    late_s, free_s, updated_s = [], 0.0, dict(updates)
    for k, ((t, taken), (_, after)) in enumerate(itertools.pairwise(device.source.marks)):
        began_s = max(t, free_s)  # the frames before are served first
        free_s = began_s + after - taken
        if k in updated_s:
            late_s.append(began_s + updated_s[k] - taken - t)
    p50, p95 = np.quantile(late_s, [0.5, 0.95]) * 1e3
    print(f"method {method.name}, {options.precision}, on one core")
    print(f"  frame to update: median {p50:.0f} ms, p95 {p95:.0f} ms; {share:.0%} of a core")
    print(f"  waveform ends before the newest frame: p95 {np.quantile(behind_s, 0.95):.2f} s")
    print(f"  first rate after {first_s} s; memory {_peak_mb(pictures):.0f} MB; {live.results}")


def _peak_mb(pictures: np.ndarray) -> float:
    """Largest memory of this process without the frames that are played, megabytes."""
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return peak_mb - 3 * pictures.nbytes / 2**20


def inject_faults(pictures: np.ndarray) -> None:
    """Print after which time each fault has its name."""
    for name, (wanted, parts) in FAULTS.items():
        with CameraSource(camera_of(pictures, parts)) as camera:
            began_s = time.monotonic()
            took_s = None
            try:
                for frames in camera.frames():
                    if camera.state == wanted:
                        took_s = time.monotonic() - began_s
                        break
                    if len(frames) and not isinstance(parts[0], tuple | BaseException):
                        began_s = time.monotonic()
                    if len(frames) and isinstance(parts[0], tuple) and parts[0][0] == 45:
                        began_s = time.monotonic()  # counted from the last frame
            except OSError:
                raise
            except Exception as error:
                if getattr(error, "state", None) == wanted:
                    took_s = time.monotonic() - began_s
        good = took_s is not None and took_s < 2.0
        print(
            f"  {name}: {wanted} {'-' if took_s is None else f'{took_s:.2f} s'}"
            f"{'' if good else '  TOO LATE'}"
        )


def reconnect(pictures: np.ndarray, n: int) -> None:
    """Print threads and handles after many reconnects."""
    gone = OSError(errno.ENODEV, "gone")
    parts: list[object] = [(2, gone)] * (n + 10)
    threads, handles = threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))
    most = 0
    with CameraSource(camera_of(pictures, parts)) as camera:
        for _ in camera.frames():
            most = max(most, threading.active_count())
            if camera.counts["opened"] > n:
                break
    left = len(list(Path("/proc/self/fd").iterdir()))
    print(
        f"  {n} reconnects: threads {threads}, at most {most}, then {threading.active_count()};"
        f" handles {handles}, then {left}"
    )


def hours(n_hours: float, keep_s: float, method: Method) -> None:
    """Print the memory while hours of small frames go through a session, as fast as it can."""
    rng = np.random.default_rng(1)
    t = np.arange(900) / FS
    wave = 1 - 0.01 * np.sin(2 * np.pi * 1.2 * t)[:, None, None, None]
    noise = rng.normal(0, 1.5, (900, 64, 64, 3))
    pictures = np.clip(np.array([180.0, 130.0, 110.0]) * wave + noise, 0, 255).astype(np.uint8)
    options = MeasureOptions(method=method.name, box=Box(0, 0, 64, 64))
    rows, began_s = [], time.monotonic()
    with Session(options, method=method, keep_s=keep_s) as session:
        for k in range(int(n_hours * 3600 * FS)):
            session.push(Frames(pictures[k % 900][None], np.array([k / FS])))
            if k % int(n_hours * 360 * FS) == 0 and k:
                rows.append(_resident_mb())
    took_s = time.monotonic() - began_s
    print(
        f"  {n_hours:g} h in {took_s:.0f} s ({n_hours * 3600 / took_s:.0f} times as fast), MB"
        f" after each tenth: {' '.join(f'{row:.0f}' for row in rows)}"
    )


def _resident_mb() -> float:
    words = Path("/proc/self/statm").read_text().split()
    return int(words[1]) * resource.getpagesize() / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--method", default="sspd")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument("--keep", type=float, default=CameraSource.keep_s)
    parser.add_argument("--reconnects", type=int, default=200)
    parser.add_argument("--parts", default="latency,work,faults,reconnects,hours")
    arguments = parser.parse_args()
    from sspd.accel.process import tune_process

    tune_process()
    options = MeasureOptions(
        method=arguments.method, precision=arguments.precision, end_s=arguments.seconds
    )
    method = load_method(options)
    wanted = set(arguments.parts.split(","))
    if "latency" in wanted:
        measure_latency(pictures_of(SPEC), options, method)
    small = np.random.default_rng(0).integers(0, 255, (300, 48, 64, 3), np.uint8)
    if "work" in wanted:
        measure_work(pictures_of(SPEC), options, method)
    if "faults" in wanted:
        inject_faults(small)
    if "reconnects" in wanted:
        reconnect(small, arguments.reconnects)
    if "hours" in wanted:
        hours(arguments.hours, arguments.keep, method)


if __name__ == "__main__":
    main()
