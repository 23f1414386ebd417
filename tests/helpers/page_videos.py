"""Videos of simulated people for a browser's fake camera: YUV4MPEG2 and Motion JPEG."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from sspd.simulation.render import simulate
from sspd.simulation.spec import VideoSpec

FPS = 30


def person(seconds: float, seed: int, hr_bpm: float = 72.0, **options: object) -> VideoSpec:
    """Return a person who sits still, with a pulse that mean colours show."""
    usual: dict[str, object] = {
        "width": 320,
        "height": 240,
        "face_px": 90,
        "pulse_percent": 1.5,
        "noise_levels": 1.0,
        "motion": "still",
        "light_drift_percent": 0.0,
        "skin_tone": 1,
    }
    whole = {**usual, **options}
    return VideoSpec(seed=seed, duration_s=seconds, fps=FPS, hr_bpm=hr_bpm, **whole)  # type: ignore[arg-type]


def frames_of(spec: VideoSpec) -> Iterator[NDArray[np.uint8]]:
    """Yield the frames of a person."""
    for chunk in simulate(spec):
        yield from chunk.rgb


def write_y4m(path: Path, frames: Iterable[NDArray[np.uint8]], fps: int = FPS) -> None:
    """Write frames for ``--use-file-for-fake-video-capture``."""
    with path.open("wb") as file:
        for k, rgb in enumerate(frames):
            height, width = rgb.shape[:2]
            if k == 0:
                file.write(f"YUV4MPEG2 W{width} H{height} F{fps}:1 Ip A1:1 C420jpeg\n".encode())
            file.write(b"FRAME\n" + cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV_I420).tobytes())


def write_mjpeg(path: Path, frames: Iterable[NDArray[np.uint8]]) -> None:
    """Write frames for ``--use-file-for-fake-video-capture``, which plays 30 of them a second."""
    with path.open("wb") as file:
        for rgb in frames:
            bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
            file.write(cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes())


def side_by_side(
    left: Iterable[NDArray[np.uint8]], right: Iterable[NDArray[np.uint8]]
) -> Iterator[NDArray[np.uint8]]:
    """Yield two people beside each other."""
    for one, other in zip(left, right, strict=True):
        yield np.ascontiguousarray(np.concatenate([one[:, 60:-60], other[:, 60:-60]], axis=1))


def write_webm(path: Path, frames: Iterable[NDArray[np.uint8]], fps: int = FPS) -> None:
    """Write frames as a browser plays them, in VP8 of a high bit rate."""
    with av.open(str(path), "w") as container:
        stream: Any = None
        for rgb in frames:
            if stream is None:
                stream = container.add_stream("libvpx", rate=fps)
                stream.height, stream.width = rgb.shape[:2]
                stream.pix_fmt, stream.bit_rate = "yuv420p", 4_000_000
                stream.options = {"deadline": "realtime", "cpu-used": "8"}
            container.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")))
        container.mux(stream.encode())
