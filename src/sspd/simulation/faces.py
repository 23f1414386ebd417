"""Simulation of face crops without the rest of the video."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from sspd.errors import UsageError
from sspd.simulation.network import delivery
from sspd.simulation.render import render_frame
from sspd.simulation.spec import VideoSpec, rest_place
from sspd.simulation.stage import Stage, set_stage
from sspd.simulation.transmission import transmitted
from sspd.types import FIXED_POINT_MAX, Box, Frames

#: dlib's square on these faces: its side, and the distance of its centre below that of the
#: face, in face widths.
DETECTOR_SIDE, DETECTOR_DOWN = 0.99, 0.07
#: The padded box relative to the detector's square: side, and upward shift, in its sides.
PAD_SCALE, PAD_UP = 1.5, 0.10
#: Scatter of real boxes: relative scale, and position in sides.
_SCALE_ERROR, _PLACE_ERROR = 0.08, 0.035
#: A face gets more than its share of a video's bits, by this factor.
FACE_BITS = 2.0


def face_box(spec: VideoSpec) -> Box:
    """Return the padded box of a detector with its random error, which is drawn per video.

    Parameters
    ----------
    spec : VideoSpec

    Returns
    -------
    Box
        Square, inside the frame, pixels.

    >>> box = face_box(VideoSpec(face_px=100))
    >>> 130 < box.width < 190
    True
    """
    rng = spec.rng("box")
    x, y = rest_place(spec)
    side = DETECTOR_SIDE * spec.face_px * rng.uniform(1 - _SCALE_ERROR, 1 + _SCALE_ERROR)
    x += side * rng.uniform(-_PLACE_ERROR, _PLACE_ERROR)
    y += DETECTOR_DOWN * spec.face_px + side * rng.uniform(-_PLACE_ERROR, _PLACE_ERROR)
    y -= PAD_UP * side
    side = min(PAD_SCALE * side, spec.width, spec.height)
    # moved into the frame, not cut, so that it stays square
    left = round(min(max(x - side / 2, 0), spec.width - side))
    top = round(min(max(y - side / 2, 0), spec.height - side))
    return Box(left, top, left + int(side), top + int(side))


def simulate_faces(
    spec: VideoSpec, size: int = 151, *, encode: bool = False, box: Box | None = None
) -> Frames:
    """Render the face crops of a video, without the rest of it.

    Every pixel of the box is rendered with noise and rounded to 8 bits as in `simulate`, then
    area-averaged: the crops equal those of the whole video.

    Parameters
    ----------
    spec : VideoSpec
    size : int
        Side of the crops, pixels.
    encode : bool
        True to encode the box and decode it first as the video's file is, with its codec and
        network, at the bit rate of the video scaled by area (times 2, as a face gets more than
        its share of the bits).
    box : Box or None
        Face box, pixels; None means that of `face_box`.

    Returns
    -------
    Frames
        uint16 with `FIXED_POINT_MAX`, shape (time, size, size, 3). Encoded ones have the
        timestamps of the file's frames.

    >>> simulate_faces(VideoSpec(face_px=60, duration_s=0.2), size=32)
    Frames(6 x 32x32, uint16/65280, 0.000-0.167 s)
    """
    if size < 8:
        raise UsageError(f"simulate: crops must be at least 8 px, got {size}")
    box = box or face_box(spec)
    stage = set_stage(spec, box)
    # only a network changes the number of frames and their times
    t = delivery(spec).t if encode else stage.t
    rgb = np.empty((len(t), size, size, 3), np.uint16)
    frames = _encoded(stage) if encode else (render_frame(stage, k) for k in range(len(t)))
    n = 0
    for n, frame in enumerate(frames, start=1):
        rgb[n - 1] = _shrink(frame, size)
    if n != len(t):
        raise RuntimeError(f"simulate: {n} of {len(t)} frames came back from the encoder")
    return Frames(rgb, t, FIXED_POINT_MAX)


def _shrink(frame: NDArray[np.uint8], size: int) -> NDArray[np.uint16]:
    # area averaging is only for reduction; enlargement interpolates
    smaller = frame.shape[0] >= size
    how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    small = cv2.resize(frame.astype(np.float32), (size, size), interpolation=how)
    return np.asarray(np.rint(small * 256), dtype=np.uint16)


def _encoded(stage: Stage) -> Iterator[NDArray[np.uint8]]:
    from sspd.video.write import roundtrip_h264

    spec, box = stage.spec, stage.window
    # encoders need even sides
    h, w = box.height // 2 * 2, box.width // 2 * 2
    share = min(1.0, FACE_BITS * h * w / (spec.width * spec.height))
    pictures = (render_frame(stage, k)[:h, :w] for k in range(len(stage.t)))
    if spec.codec is not None:
        times = stage.t[:, None]
        chunks = (Frames(rgb[None], t) for rgb, t in zip(pictures, times, strict=True))
        return transmitted(chunks, spec, share)
    rate = None
    if spec.bit_rate is not None:
        rate = max(10_000, round(spec.bit_rate * share))
    return roundtrip_h264(Frames(np.stack(list(pictures)), stage.t), fps=spec.fps, bit_rate=rate)
