"""The page in a browser against Python: the same frames, with the page's times and box.

Run `python benchmarks/page.py FOLDER --weights NANO.onnx [--n N] [--seconds S]` after `npm ci` in
web/page; it needs Node 20 and Chromium, whose camera plays simulated people. It prints a row a
video, and how late updates are, when the first rate is shown, and how long a frame takes.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import cv2
import numpy as np

import sspd
from sspd.simulation import VideoSpec, random_spec, simulate
from sspd.types import Box

PACKAGE = Path(__file__).resolve().parents[1] / "web" / "page"
#: Half are people who sit still, half are drawn from all kinds.
PRESETS = ("still", "varied")


def spec_of(k: int, seconds: float) -> VideoSpec:
    """Draw the k-th person; the camera's file is played from its beginning."""
    rng = np.random.default_rng([34, k])
    size = ((320, 240), (640, 480))[k % 4 // 2]
    fixed: dict[str, Any] = {
        "duration_s": seconds,
        "fps": 30.0,
        "width": size[0],
        "height": size[1],
    }
    return random_spec(rng, PRESETS[k % 2], **fixed, face_px=0.35 * size[0])


def write_y4m(path: Path, spec: VideoSpec) -> None:
    """Write a person as Chromium's fake camera reads one."""
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{spec.width} H{spec.height} F30:1 Ip A1:1 C420jpeg\n".encode())
        for chunk in simulate(spec):
            for rgb in chunk.rgb:
                file.write(b"FRAME\n" + cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV_I420).tobytes())


def node(*arguments: object, **more: str) -> None:
    import os

    subprocess.run(
        ["node", *map(str, arguments)], cwd=PACKAGE, check=True, env={**os.environ, **more}
    )


def by_python(folder: Path, weights: Path, saved: dict[str, Any]) -> Any:
    """Measure what the page saw."""
    final, shots = saved["final"], saved["shots"]
    size = shots[0]["height"], shots[0]["width"], 4
    frames = np.memmap(folder / "frames.rgba", np.uint8, "r").reshape(-1, *size)
    used = slice(len(shots) - final["frames"], None)
    t = np.array([shot["t"] for shot in shots])[used]
    rgb = np.ascontiguousarray(frames[used][..., :3])
    box = Box(**final["box"])
    return sspd.measure(rgb, timestamps_s=t, box=box, method="sspd", weights=str(weights))


def row_of(k: int, folder: Path, weights: Path, seconds: float) -> dict[str, Any] | None:
    """Measure one video by both; None if the page found no face."""
    spec = spec_of(k, seconds + 4)
    video = folder / "camera.y4m"
    write_y4m(video, spec)
    node(
        *("build/tools/try-page.mjs", folder / "page", video, folder),
        SSPD_PAGE_SECONDS=str(seconds),
    )
    saved = json.loads((folder / "page.json").read_text())
    final, updates = saved["final"], saved["updates"]
    if not final.get("windows"):
        print(f"{k:3d}  no window: {final.get('reasons')}")
        return None
    vitals = by_python(folder, weights, saved)
    ours, theirs = final["windows"][0], vitals.windows[0]
    shown = [update["timeS"] for update in updates if update["hrBpm"] is not None]
    both = (ours["spectralBpm"], theirs.spectral_bpm), (ours["confidence"], theirs.confidence)
    row = {
        "apart_bpm": abs(both[0][0] - both[0][1]),
        "apart_confidence": abs((both[1][0] or 0) - (both[1][1] or 0)),
        "same": ours["reasons"] == list(theirs.reasons),
        "first_s": shown[0] - updates[0]["timeS"] if shown else None,
        "late_s": [update["atMs"] / 1000 - update["timeS"] for update in updates],
        "fps": len(saved["shots"]) / (saved["shots"][-1]["t"] - saved["shots"][0]["t"]),
    }
    print(
        f"{k:3d}  {both[0][0]:6.2f} {both[0][1]:6.2f} bpm  {both[1][0]:.3f} {both[1][1]:.3f}"
        f"  {spec.hr_bpm:6.1f} true  {'same' if row['same'] else ours['reasons']}"
        f"  {row['fps']:.1f} fps  {', '.join(theirs.reasons)}",
        flush=True,
    )
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--n", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=30.0)
    asked = parser.parse_args()
    folder = asked.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    weights = asked.weights.resolve()
    node("build.mjs", "--tests")
    node("build.mjs", "--model", weights, "--out", folder / "page")
    rows = [row_of(k, folder, weights, asked.seconds) for k in range(asked.n)]
    for name in ("camera.y4m", "frames.rgba"):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "page")
    found = [row for row in rows if row is not None]
    first = [row["first_s"] for row in found if row["first_s"] is not None]
    late = np.concatenate([row["late_s"] for row in found])
    print(f"videos: {len(found)} of {asked.n}")
    print(f"rate apart, at most: {max(row['apart_bpm'] for row in found):.3f} bpm")
    print(f"confidence apart, at most: {max(row['apart_confidence'] for row in found):.4f}")
    print(f"same reasons: {sum(row['same'] for row in found)}")
    print(f"frames per second, least: {min(row['fps'] for row in found):.1f}")
    print(f"update after its frame, p95: {1000 * np.percentile(late, 95):.0f} ms")
    if first:
        print(f"first rate shown after, median: {np.median(first):.1f} s, of {len(first)}")


if __name__ == "__main__":
    main()
