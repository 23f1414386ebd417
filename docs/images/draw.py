"""Draw the pictures of the README: a simulated face, and what is read from it.

Run ``make pictures``. Everything in them is simulated; no real person is shown.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

import cv2

from sspd.cli.demo import demo
from sspd.types import Box
from sspd.video.read import read

HERE = Path(__file__).parent
BOX_COLOUR = (255, 255, 255)


def main() -> None:
    """Run the demo in a temporary folder, and keep its picture and one frame."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        demo(out=folder, show=False)
        shutil.copyfile(folder / "result.png", HERE / "result.png")
        (result,) = json.loads((folder / "result.json").read_text(encoding="utf-8"))
        box = Box(*result["face_box"])
        rgb = next(iter(read(folder / "face.mp4", end_s=1.0))).rgb[0].copy()
        cv2.rectangle(rgb, (box.left, box.top), (box.right - 1, box.bottom - 1), BOX_COLOUR, 2)
        cv2.imwrite(str(HERE / "face.png"), rgb[:, :, ::-1])


if __name__ == "__main__":
    main()
