"""Drawing of codecs and networks, by the kind of video.

Ranges: calls of Zoom, Meet and Teams take 0.8 to 1.9 Mbit/s where the network allows, and less
where it does not, by coarser quantizers, smaller frames and lower frame rates (MacMillan et al.,
"Measuring the performance and network utilization of popular video conferencing applications",
ACM IMC 2021). Phones record 1080p at some 10 to 20 Mbit/s, half of it in HEVC; as many bits per
pixel are 0.8 to 5 Mbit/s of the smaller videos here, drawn wide. The four real videos of this
project were edited: H.264 of 0.15 to 1.3 Mbit/s with B-frames, a key frame every 8.3 to 10 s, no
frame lost and no timestamp uneven.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from sspd.errors import UsageError
from sspd.simulation.codecs.options import CodecSpec
from sspd.simulation.ranges import log_uniform


def draw_codec(rng: np.random.Generator, kind: str) -> CodecSpec:
    """Draw a codec and a network.

    Parameters
    ----------
    rng : np.random.Generator
    kind : str
        ``file`` (written by a camera's or an editor's encoder), ``call`` (recorded by the
        receiver of a video call), ``phone`` (recorded by a phone) or ``web`` (encoded again by
        a web site).

    Returns
    -------
    CodecSpec
        Its encoder needs 16 ms at most for a frame of 480x360 (`benchmarks/encoders.py`).

    Raises
    ------
    UsageError
        There is no such kind; the message lists them.

    >>> draw_codec(np.random.default_rng(0), "call").speed
    'live'
    """
    if kind not in KINDS:
        raise UsageError(f"simulate: kind must be one of {', '.join(KINDS)}, got {kind!r}")
    return CodecSpec(**KINDS[kind](rng))


def _often(rng: np.random.Generator, share: float, low: float, high: float) -> float:
    """Draw a number that is 0 but for a share of the videos."""
    there, value = rng.random() < share, float(rng.uniform(low, high))
    return value if there else 0.0


def _choice(rng: np.random.Generator, **weights: float) -> str:
    total = sum(weights.values())
    return str(rng.choice(list(weights), p=[weight / total for weight in weights.values()]))


def _b_frames(rng: np.random.Generator, name: str) -> int:
    most = int(rng.integers(0, 4))
    return most if name in ("h264", "hevc") else 0


def _file(rng: np.random.Generator) -> dict[str, Any]:
    name = _choice(rng, h264=5, hevc=2, vp8=1, vp9=1, av1=1, mjpeg=2)
    rated = rng.random() < 0.7
    return {
        "name": name,
        "bit_rate": round(log_uniform(rng, 300_000, 8_000_000)) if rated else 0,
        "quality": float(rng.uniform(50, 95)),
        "key_every_s": log_uniform(rng, 0.5, 10.0),
        "b_frames": _b_frames(rng, name),
    }


def _call(rng: np.random.Generator) -> dict[str, Any]:
    return {
        "name": _choice(rng, h264=4, vp8=3, vp9=3, av1=1),
        "speed": "live",
        "bit_rate": round(log_uniform(rng, 100_000, 2_000_000)),
        "key_every_s": _often(rng, 0.3, 1.0, 10.0),
        "drop_percent": _often(rng, 0.5, 0.2, 6.0),
        "repeat_percent": _often(rng, 0.5, 0.2, 6.0),
        "burst_frames": log_uniform(rng, 1.0, 12.0),
        "slow_percent": _often(rng, 0.3, 5.0, 60.0),
        "slow_factor": int(rng.integers(2, 4)),
        "jitter_ms": _often(rng, 0.7, 0.5, 10.0),
        "scale_percent": _often(rng, 0.4, 5.0, 60.0),
        "rate_drop_percent": _often(rng, 0.5, 20.0, 80.0),
        "dwell_s": log_uniform(rng, 2.0, 10.0),
    }


def _phone(rng: np.random.Generator) -> dict[str, Any]:
    name, step = _choice(rng, h264=3, hevc=2), _often(rng, 0.3, -3.0, 3.0)
    return {
        "name": name,
        "bit_rate": round(log_uniform(rng, 800_000, 5_000_000) / (1 if name == "h264" else 2)),
        "key_every_s": 1.0,
        "key_qp_step": step if name == "h264" else 0.0,
        "drop_percent": _often(rng, 0.3, 0.1, 1.0),
        "slow_percent": _often(rng, 0.1, 5.0, 40.0),
        "jitter_ms": _often(rng, 0.5, 0.2, 2.0),
    }


def _web(rng: np.random.Generator) -> dict[str, Any]:
    name = _choice(rng, h264=4, vp9=3, av1=2)
    return {
        "name": name,
        "bit_rate": round(log_uniform(rng, 120_000, 2_500_000)),
        "key_every_s": float(rng.uniform(2.0, 8.0)),
        "b_frames": _b_frames(rng, name),
    }


#: Kinds of videos, each with the function that draws its options.
KINDS: Mapping[str, Callable[[np.random.Generator], dict[str, Any]]] = MappingProxyType(
    {"file": _file, "call": _call, "phone": _phone, "web": _web}
)
