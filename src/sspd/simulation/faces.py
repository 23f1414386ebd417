"""Simulation of face crops without the rest of the video."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from sspd.errors import UsageError
from sspd.simulation.codecs.network import delivery
from sspd.simulation.codecs.transmission import transmitted
from sspd.simulation.face_track import detector_square
from sspd.simulation.person.motion import head_poses
from sspd.simulation.render import render_frame
from sspd.simulation.spec import VideoSpec, frame_times, rest_place
from sspd.simulation.stage import Stage, set_stage
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
#: Reach of a camera's filters beyond a box, pixels.
_MARGIN_PX = 12


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
    return _padded(spec, x, y, side)


def face_boxes(spec: VideoSpec) -> list[Box]:
    """Return the padded box of each frame: one, or those of a detector that looks again.

    Parameters
    ----------
    spec : VideoSpec

    Returns
    -------
    list of Box
        Squares inside the frame, pixels.

    >>> from sspd.simulation.face_track import FaceTrackSpec
    >>> moving = VideoSpec(duration_s=4, motion="translation", speed_px_s=90)
    >>> len(set(face_boxes(moving)))
    1
    >>> len(set(face_boxes(moving.replace(face_track=FaceTrackSpec())))) > 3
    True
    """
    t, track = frame_times(spec), spec.face_track
    if track is None:
        return [face_box(spec)] * t.size
    rng = spec.rng("track")
    px, py, pside = rng.uniform(0, 1, 3).tolist()
    poses = head_poses(spec, t)
    x, y = rest_place(spec)
    boxes: list[Box] = []
    looked = -1
    for k, look in enumerate(np.floor(t / track.every_s + 1e-6).astype(int).tolist()):
        if look == looked:
            boxes.append(boxes[-1])
            continue
        looked = look
        side = DETECTOR_SIDE * spec.face_px
        at = (x + float(poses.x[k]), y + float(poses.y[k]) + DETECTOR_DOWN * spec.face_px, side)
        ex, ey, eside = (track.unrest * rng.standard_normal(3)).tolist()
        found = detector_square(at, (px, py, pside), (ex, ey, eside))
        boxes.append(_padded(spec, *found))
    return boxes


def _padded(spec: VideoSpec, x: float, y: float, side: float) -> Box:
    """Return the padded box of a detector's square."""
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
        Face box, pixels; None means those of `face_boxes`.

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
    boxes = [box] * spec.n_frames if box else face_boxes(spec)
    stage = set_stage(spec, _around(spec, boxes))
    # only a network changes the number of frames and their times
    t = delivery(spec).t if encode else stage.t
    at = np.maximum(np.searchsorted(stage.t, t + 1e-6) - 1, 0)  # a tracker's box at that time
    rgb = np.empty((len(t), size, size, 3), np.uint16)
    frames = _encoded(stage) if encode else (render_frame(stage, k) for k in range(len(t)))
    n = 0
    for n, frame in enumerate(frames, start=1):
        rgb[n - 1] = _shrink(_cut(frame, boxes[at[n - 1]], stage.window), size)
    if n != len(t):
        raise RuntimeError(f"simulate: {n} of {len(t)} frames came back from the encoder")
    return Frames(rgb, t, FIXED_POINT_MAX)


def _around(spec: VideoSpec, boxes: Sequence[Box]) -> Box:
    """Return the part of the video to render for these boxes."""
    # cameras filter over space, and what they filter at the edges of a box lies beyond it
    margin = 0 if spec.camera is None else _MARGIN_PX
    return Box(
        max(min(box.left for box in boxes) - margin, 0),
        max(min(box.top for box in boxes) - margin, 0),
        min(max(box.right for box in boxes) + margin, spec.width),
        min(max(box.bottom for box in boxes) + margin, spec.height),
    )


def _cut(frame: NDArray[np.uint8], box: Box, window: Box) -> NDArray[np.uint8]:
    left, top = box.left - window.left, box.top - window.top
    return frame[top : top + box.height, left : left + box.width]


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
