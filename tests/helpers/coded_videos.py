"""Frames through a real codec and back, for the tests of what coding does to them."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from sspd.video.coding import Coding


def coded(
    rgb: NDArray[np.uint8],
    codec: str,
    options: Mapping[str, str],
    bit_rate: int | None = None,
) -> tuple[NDArray[np.uint8], Coding]:
    """The frames after a codec and back, 30 a second, and how they were coded."""
    memory, coding, out = io.BytesIO(), Coding(), []
    with av.open(memory, "w", format="mp4") as container:
        stream: Any = container.add_stream(codec, rate=30, options=dict(options))
        stream.width, stream.height, stream.pix_fmt = rgb.shape[2], rgb.shape[1], "yuv420p"
        stream.thread_count = 2  # x264 decides otherwise for each number of threads
        if bit_rate:
            stream.bit_rate = bit_rate
        for frame in rgb:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    memory.seek(0)
    with av.open(memory) as container:
        for k, frame in enumerate(container.decode(video=0)):
            coding.add(frame, k / 30)
            out.append(frame.to_ndarray(format="rgb24"))
    return np.stack(out), coding
