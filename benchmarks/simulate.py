"""Time the simulation of videos: frames per second of one core, by face and motion.

Counted in CPU time, so that a busy machine changes it little. Run
``OMP_NUM_THREADS=1 python benchmarks/simulate.py``. The goal is 120 frames per second at 640x480
without encoding.
"""

from __future__ import annotations

import time

import cv2

from sspd.simulation import VideoSpec, simulate, simulate_faces

GOAL_FPS = 120
SECONDS = 4.0


def measure_full(spec: VideoSpec) -> tuple[float, float]:
    """Return seconds until the first frame, and frames per second after it (best of three)."""
    best_setup, best_rate = float("inf"), 0.0
    for _ in range(3):
        chunks = simulate(spec, chunk=1)
        start = time.process_time()
        next(chunks)
        ready = time.process_time()
        n = sum(len(chunk) for chunk in chunks)
        best_setup = min(best_setup, ready - start)
        best_rate = max(best_rate, n / (time.process_time() - ready))
    return best_setup, best_rate


def measure_faces(spec: VideoSpec) -> float:
    """Return face crops per second, including the drawing of the person."""
    start = time.process_time()
    return len(simulate_faces(spec)) / (time.process_time() - start)


def main() -> None:
    cv2.setNumThreads(1)
    print("face  motion       drawing  frames/s  goal   crops/s")
    for face_px in (100, 200, 300):
        for motion in ("still", "talking", "translation", "rotation"):
            spec = VideoSpec(
                seed=1,
                duration_s=SECONDS,
                face_px=face_px,
                motion=motion,
                speed_px_s=80.0 if motion == "translation" else 0.0,
                angle_deg=15.0 if motion == "rotation" else 0.0,
                noise_levels=2.0,
            )
            setup_s, rate = measure_full(spec)
            mark = "met" if rate >= GOAL_FPS else "MISSED"
            print(
                f"{face_px:4d}  {motion:11s}  {setup_s:5.2f} s  {rate:8.0f}  {mark:6s}"
                f" {measure_faces(spec):7.0f}"
            )


if __name__ == "__main__":
    main()
