"""Rendering of frames: light, pulse, motion and noise applied to the drawn layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from sspd.simulation.canvas import SIDE, UP
from sspd.simulation.person.anatomy import F32
from sspd.simulation.person.face import draw_person
from sspd.simulation.spec import VideoSpec, rest_place
from sspd.simulation.stage import Stage, set_stage
from sspd.types import Box, Frames

#: Moving by one face width under a nearby light has the effect of turning by this, radians.
_NEAR_LIGHT = 0.15


def _patch(stage: Stage, k: int) -> F32:
    """Return the person at frame ``k``, before it is moved, on the stage's scratch patch."""
    person, poses, out = stage.person, stage.poses, stage.scratch
    turn = poses.yaw[k] + _NEAR_LIGHT * poses.x[k] / stage.spec.face_px
    nod = poses.pitch[k] + _NEAR_LIGHT * poses.y[k] / stage.spec.face_px
    head = out[person.head_at]
    # starts from the resting head, so that nothing of the last frame remains
    cv2.scaleAdd(person.pulse, float(stage.volume[k]), person.rgba[person.head_at], dst=head)
    for layer, amount in (
        (person.late, stage.volume_rate[k]),
        (person.turn, turn),
        (person.nod, nod),
    ):
        cv2.scaleAdd(layer, float(amount), head, dst=head)
    if poses.mouth[k] > 0:
        position = float(poses.mouth[k]) * (len(person.mouths) - 1)
        below = min(int(position), len(person.mouths) - 2)
        lips = out[person.mouth_at]
        cv2.scaleAdd(person.mouths[below], below + 1 - position, lips, dst=lips)
        cv2.scaleAdd(person.mouths[below + 1], position - below, lips, dst=lips)
    if poses.lids[k] > 0:
        eyes = out[person.eyes_at]
        cv2.scaleAdd(person.shut, float(poses.lids[k]), eyes, dst=eyes)
    return out


def _place(stage: Stage, k: int, patch: F32) -> tuple[Box, F32] | None:
    """Move the patch to its position, and return the covered part of the window and its pixels."""
    poses, window = stage.poses, stage.window
    h, w = patch.shape[:2]
    cx, cy = stage.person.centre
    x, y = stage.rest[0] + poses.x[k] - window.left, stage.rest[1] + poses.y[k] - window.top
    reach = 4 + abs(np.sin(poses.roll[k])) * max(h, w)
    box = Box(
        max(int(x - cx - reach), 0),
        max(int(y - cy - reach), 0),
        min(int(x - cx + w + reach), window.width),
        min(int(y - cy + h + reach), window.height),
    )
    if box.width <= 0 or box.height <= 0:
        return None
    cos, sin = np.cos(poses.roll[k]), np.sin(poses.roll[k])
    # maps pixels of the box to the patch
    matrix = np.array([[cos, sin, 0.0], [-sin, cos, 0.0]])
    matrix[:, 2] = (cx, cy) - matrix[:, :2] @ (x - box.left, y - box.top)
    size = (box.width, box.height)
    if stage.spec.motion in ("still", "translation"):
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return box, cv2.warpAffine(patch, matrix, size, flags=flags)
    return box, _turned(stage, k, patch, matrix, size)


def _turned(
    stage: Stage, k: int, patch: F32, matrix: NDArray[np.float64], size: tuple[int, int]
) -> F32:
    """Warp with yaw and pitch: parts that are closer to the camera move more (parallax)."""
    yaw, pitch = float(stage.poses.yaw[k]), float(stage.poses.pitch[k])
    cx, cy = stage.person.centre
    m = matrix.astype(np.float32)
    xs, ys = np.arange(size[0], dtype=np.float32), np.arange(size[1], dtype=np.float32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    lift = cv2.warpAffine(stage.person.depth, matrix, size, flags=flags)
    # the shoulders do not turn with the head
    down = (m[1, 1] * ys + m[1, 2] - np.float32(cy)) / np.float32(stage.spec.face_px)
    neck = np.clip((np.float32(1.0) - down) / np.float32(0.5), 0, 1)
    maps = []
    for row, centre, angle in ((0, cx, yaw), (1, cy, pitch)):
        # foreshortening about the centre, written so that few passes touch every pixel
        shrink = neck * np.float32(1 / np.cos(angle) - 1)
        start = (m[row, 1] * ys + m[row, 2]) * (1 + shrink) - np.float32(centre) * shrink
        place = np.outer(m[row, 0] * (1 + shrink), xs)
        place += start[:, None]
        place -= lift * (neck * np.float32(np.sin(angle)))[:, None]
        maps.append(place)
    return np.asarray(cv2.remap(patch, maps[0], maps[1], cv2.INTER_LINEAR), dtype=np.float32)


def render_pixels(stage: Stage, k: int) -> F32:
    """Render a frame before noise and rounding.

    Parameters
    ----------
    stage : Stage
    k : int
        Number of the frame.

    Returns
    -------
    float32 array, shape (height, width, 3)
        Pixel values 0-255.
    """
    out, light = stage.background.copy(), stage.light
    if light is not None:
        light.on_wall(k, out)
    placed = _place(stage, k, _patch(stage, k))
    if placed is not None:
        box, moved = placed
        part = out[box.top : box.bottom, box.left : box.right]
        through = np.float32(1) - cv2.extractChannel(moved, 3)
        cv2.multiply(part, cv2.cvtColor(through, cv2.COLOR_GRAY2RGB), dst=part)
        rgb = cv2.cvtColor(moved, cv2.COLOR_RGBA2RGB)
        if light is not None:
            light.on_person(k, rgb, box)
        cv2.add(part, rgb, dst=part)
    if stage.spec.swing_percent:
        out *= (np.float32(1) + np.float32(stage.swing[k]) * stage.ramp)[:, None]
    return np.asarray(cv2.transform(out, np.diag(stage.gain[k]), dst=out))


def render_frame(stage: Stage, k: int) -> NDArray[np.uint8]:
    """Render a frame as a camera records it, with noise and rounded to 8 bits.

    Frames are rendered in order: a camera's exposure follows what it saw before.

    Parameters
    ----------
    stage : Stage
    k : int
        Number of the frame.

    Returns
    -------
    uint8 array, shape (height, width, 3)
    """
    return _recorded(stage, k, render_pixels(stage, k))


def _recorded(stage: Stage, k: int, pixels: F32) -> NDArray[np.uint8]:
    """Add noise and round to 8 bits; ``pixels`` is overwritten."""
    if stage.camera is not None:
        return stage.camera.record(k, pixels)
    window = stage.window
    down, right = stage.shifts[k]
    noise = stage.noise[
        down + window.top : down + window.bottom, right + window.left : right + window.right
    ]
    cv2.add(pixels, noise, dst=pixels)
    np.maximum(pixels, 0, out=pixels)
    # rounds and saturates at 255; negative values are already 0
    return np.asarray(cv2.convertScaleAbs(pixels), dtype=np.uint8)


def simulate(
    spec: VideoSpec, chunk: int = 32, *, alter: Callable[[int, F32], F32] | None = None
) -> Iterator[Frames]:
    """Render the frames of a video, 8 bits at full size.

    Parameters
    ----------
    spec : VideoSpec
    chunk : int
        Number of frames per chunk.
    alter : callable or None
        Maps the number of a frame and its pixel values before noise and rounding (float32,
        shape (height, width, 3), may be overwritten) to those that the sensor receives, for
        changes without an option of their own (see `sspd.simulation.lights.gains`).

    Yields
    ------
    Frames

    >>> first = next(simulate(VideoSpec(face_px=60, duration_s=1), chunk=4))
    >>> first.rgb.shape
    (4, 480, 640, 3)
    """
    stage = set_stage(spec)
    for start in range(0, len(stage.t), chunk):
        ks = range(start, min(start + chunk, len(stage.t)))
        if alter is None:
            rgb = np.stack([render_frame(stage, k) for k in ks])
        else:
            rgb = np.stack([_recorded(stage, k, alter(k, render_pixels(stage, k))) for k in ks])
        yield Frames(rgb, stage.t[ks.start : ks.stop])


def skin_mask(spec: VideoSpec) -> NDArray[np.bool_]:
    """Return the region of pulsing skin, in the resting pose.

    Parameters
    ----------
    spec : VideoSpec

    Returns
    -------
    bool array, shape (height, width)

    >>> bool(skin_mask(VideoSpec(face_px=60)).any())
    True
    """
    return _at_rest(spec, draw_person(spec).skin)


def cheek_mask(spec: VideoSpec) -> NDArray[np.bool_]:
    """Return the region in which ``pulse_percent`` is defined, in the resting pose.

    Parameters
    ----------
    spec : VideoSpec

    Returns
    -------
    bool array, shape (height, width)
    """
    return _at_rest(spec, draw_person(spec).cheeks)


def _at_rest(spec: VideoSpec, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    x, y = rest_place(spec)
    shift = np.array([[1.0, 0.0, x - SIDE * spec.face_px], [0.0, 1.0, y - UP * spec.face_px]])
    moved = cv2.warpAffine(mask.astype(np.float32), shift, (spec.width, spec.height))
    return np.asarray(moved > 0.5)
