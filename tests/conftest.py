from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from numpy.typing import NDArray

# Examples are the same in every run, and a busy machine fails none of them for being slow;
# SSPD_EXPLORE=1 draws new ones.
settings.register_profile(
    "sspd",
    deadline=None,
    derandomize=not os.environ.get("SSPD_EXPLORE"),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("sspd")

#: A package of its own, for tests/test_plugins.py; one of its modules cannot be imported.
collect_ignore = ["foreign"]

#: Time base of the videos written here.
TICK = Fraction(1, 90000)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference numbers and real videos, or a skip."""
    default = Path(__file__).resolve().parents[2] / "shared"
    folder = Path(os.environ.get("SSPD_SHARED", default))
    if not (folder / "data").is_dir():
        pytest.skip("needs the shared folder (set SSPD_SHARED)")
    return folder


def _patches(n: int = 10, height: int = 64, width: int = 96) -> NDArray[np.uint8]:
    """n pictures of four coloured quarters, whose levels rise by one a picture."""
    corners = np.array([[[180, 90, 70], [70, 160, 90]], [[60, 80, 170], [150, 150, 150]]])
    still = corners.repeat(-(-height // 2), axis=0).repeat(-(-width // 2), axis=1)
    rising = still[None, :height, :width] + np.arange(n)[:, None, None, None]
    return rising.astype(np.uint8)


def _write_video(
    path: Path,
    rgb: NDArray[np.uint8],
    t: Sequence[float] | NDArray[np.float64] | None = None,
    *,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    rate: int = 30,
    options: dict[str, str] | None = None,
    muxer: dict[str, str] | None = None,
    prepare: Callable[[Any], None] | None = None,
) -> Path:
    """Write pictures at given times with PyAV; `prepare` gets the stream before it opens."""
    times = np.arange(len(rgb)) / rate if t is None else np.asarray(t)
    with av.open(str(path), "w", options=muxer or {}) as container:
        stream = container.add_stream(codec, rate=rate, options=options or {})
        stream.width, stream.height, stream.pix_fmt = rgb.shape[2], rgb.shape[1], pix_fmt
        stream.codec_context.time_base = stream.time_base = TICK
        if prepare:
            prepare(stream)
        for picture, seconds in zip(rgb, times, strict=True):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame.pts, frame.time_base = round(float(seconds) * 90000), TICK
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _write_sound(path: Path, seconds: float = 1.0) -> Path:
    """Write a file of sound without pictures."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(
            np.zeros((1, round(8000 * seconds)), np.int16), format="s16", layout="mono"
        )
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="session")
def patches() -> Callable[..., NDArray[np.uint8]]:
    """The function `_patches`: n pictures of coloured quarters."""
    return _patches


@pytest.fixture(scope="session")
def write_video() -> Callable[..., Path]:
    """The function `_write_video`: pictures and times to a video file."""
    return _write_video


@pytest.fixture(scope="session")
def write_sound() -> Callable[..., Path]:
    """The function `_write_sound`: a file of sound alone."""
    return _write_sound


@pytest.fixture(scope="session")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of coloured quarters, 96x64, H.264 at 30 pictures a second."""
    path = tmp_path_factory.mktemp("videos") / "quarters.mp4"
    return _write_video(path, _patches(30), options={"crf": "12"})
