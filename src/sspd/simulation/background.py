"""Drawing of the background."""

from __future__ import annotations

import cv2
import numpy as np

from sspd.simulation.canvas import blurred_noise
from sspd.simulation.person.anatomy import F32
from sspd.simulation.spec import VideoSpec


def draw_background(spec: VideoSpec) -> F32:
    """Draw the background under light 1.

    Parameters
    ----------
    spec : VideoSpec

    Returns
    -------
    float32 array, shape (height, width, 3)
        Pixel values 0-255.

    >>> draw_background(VideoSpec(width=96, height=90, face_px=60)).shape
    (90, 96, 3)
    """
    rng = spec.rng("background")
    h, w = spec.height, spec.width
    wall = rng.uniform(70, 205) * rng.uniform(0.85, 1.12, 3)
    x = np.linspace(-1, 1, w, dtype=np.float32)[None, :, None]
    y = np.linspace(-1, 1, h, dtype=np.float32)[:, None, None]
    slope = rng.uniform(0.05, 0.12 if spec.background == "plain" else 0.45)
    angle = rng.uniform(0, 2 * np.pi)
    lean = slope * (np.cos(angle) * x + np.sin(angle) * y)
    image: F32 = np.ascontiguousarray(wall * (1 + lean), np.float32)
    draw = {"blobs": _blobs, "shelves": _shelves, "window": _window}.get(spec.background)
    if draw is not None:
        image = draw(image, rng)
        blur = rng.uniform(0.4, 5.0)
        image = cv2.GaussianBlur(image, (0, 0), blur)
    grain = 0.012 * blurred_noise(rng, (h, w), (1.2, 1.2))
    if spec.background == "texture":
        size = rng.uniform(1.5, 12)
        grain = grain + rng.uniform(0.04, 0.15) * blurred_noise(rng, (h, w), (size, size))
    return np.asarray(np.clip(image * (1 + grain[..., None]), 2, 250), np.float32)


def _blobs(image: F32, rng: np.random.Generator) -> F32:
    h, w = image.shape[:2]
    for _ in range(int(rng.integers(5, 16))):
        centre = (int(rng.uniform(0, w)), int(rng.uniform(0, h)))
        axes = (int(rng.uniform(0.02, 0.2) * w), int(rng.uniform(0.02, 0.3) * h))
        colour = rng.uniform(20, 235, 3).tolist()
        cv2.ellipse(image, centre, axes, rng.uniform(0, 180), 0, 360, colour, -1)
    return cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.004, 0.03)) * w)


def _shelves(image: F32, rng: np.random.Generator) -> F32:
    h, w = image.shape[:2]
    step = int(rng.uniform(0.16, 0.32) * h)
    left = int(rng.uniform(-0.3, 0.6) * w)
    right = left + int(rng.uniform(0.4, 1.0) * w)
    wood = rng.uniform(50, 130) * np.array([1.2, 0.9, 0.65])
    for floor in range(int(rng.uniform(0, 0.2) * h), h + step, step):
        x = max(left, 0)
        while x < min(right, w):
            thick = int(rng.uniform(0.010, 0.045) * w) + 2
            top = floor - int(rng.uniform(0.55, 0.9) * step)
            colour = rng.uniform(25, 220, 3).tolist()
            if rng.random() < 0.85:
                cv2.rectangle(image, (x, top), (min(x + thick, right), floor), colour, -1)
            x += thick + 1
        cv2.rectangle(image, (left, floor), (right, floor + max(h // 60, 2)), wood.tolist(), -1)
    return image


def _window(image: F32, rng: np.random.Generator) -> F32:
    h, w = image.shape[:2]
    left, top = int(rng.uniform(-0.2, 0.75) * w), int(rng.uniform(-0.2, 0.3) * h)
    wide, tall = int(rng.uniform(0.25, 0.6) * w), int(rng.uniform(0.5, 1.1) * h)
    sky = (rng.uniform(190, 245) * np.array([0.97, 1.0, 1.02])).tolist()
    cv2.rectangle(image, (left, top), (left + wide, top + tall), sky, -1)
    frame = rng.uniform(60, 220, 3).mean() * np.ones(3)
    for x in (left, left + wide // 2, left + wide):
        cv2.rectangle(image, (x, top), (x + max(w // 70, 2), top + tall), frame.tolist(), -1)
    return image
