"""Take the pictures of the page at work: `python docs/images/page.py NANO.onnx`.

A browser's camera plays a simulated person. Needs Node 20, Chromium, and `npm ci` in web/page.
The pictures are `page-wide-*.png`, `page-narrow-*.png` and `page-narrow-dark-*.png` beside this
file: before, during and after a measurement.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import cv2

from sspd.simulation import VideoSpec, simulate

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parents[1] / "web" / "page"
PERSON = VideoSpec(
    seed=5, duration_s=18.0, fps=30.0, width=640, height=480, face_px=180, hr_bpm=72.0
)


def take_pictures(weights: Path, out: Path) -> None:
    """Build the page, and take its pictures."""

    def node(*arguments: object) -> None:
        subprocess.run(["node", *map(str, arguments)], cwd=PACKAGE, check=True)

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        video = folder / "camera.y4m"
        with video.open("wb") as file:
            file.write(b"YUV4MPEG2 W640 H480 F30:1 Ip A1:1 C420jpeg\n")
            for chunk in simulate(PERSON):
                for rgb in chunk.rgb:
                    file.write(b"FRAME\n" + cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV_I420).tobytes())
        node("build.mjs", "--tests")
        node("build.mjs", "--model", weights, "--out", folder / "page")
        node("build/tools/shoot.mjs", folder / "page", video, out)


if __name__ == "__main__":
    take_pictures(Path(sys.argv[1]).resolve(), HERE)
