from __future__ import annotations

import base64
import io
import re
from dataclasses import replace
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest

from helpers import results
from sspd.report.axes import MOST_SAMPLES
from sspd.report.figures import Drawing, drawings
from sspd.types import Signal, WindowVitals

NAMES = ["waveform", "rates", "whole", "spectrogram", "spectrum", "similarity"]
SVG = "{http://www.w3.org/2000/svg}"


def _found() -> dict[str, Drawing]:
    return {drawing.name: drawing for drawing in drawings(results.measured())}


def _text(drawing: Drawing) -> str:
    root = ElementTree.parse(io.BytesIO(drawing.svg)).getroot()
    return " ".join("".join(node.itertext()) for node in root.iter(f"{SVG}text"))


def _map(drawing: Drawing) -> np.ndarray:
    """The largest picture of pixels in an SVG."""
    found = re.findall(rb'"data:image/png;base64,([^"]+)"', drawing.svg)
    data = [np.frombuffer(base64.b64decode(part), np.uint8) for part in found]
    pictures = [cv2.imdecode(part, cv2.IMREAD_COLOR) for part in data]
    largest = max((p for p in pictures if p is not None), key=lambda p: p.size)
    return largest[::-1, :, ::-1].astype(int)  # the SVG holds it upside down and turns it


def test_every_picture_is_there_and_legible() -> None:
    found = _found()
    assert list(found) == NAMES
    for drawing in found.values():
        assert drawing.title
        assert drawing.caption.endswith(".")
        svg = drawing.svg.decode()
        sizes = [float(size) for size in re.findall(r"font(?:-size)?: ([\d.]+)px", svg)]
        assert min(sizes) >= 7.5  # of 317 or 648 points, of which the page makes half its width
        assert "http" not in re.sub(r'(xmlns:?\w*|rdf:resource)="[^"]*"', "", svg)
    assert "Red and shaded: rejected." in found["rates"].caption
    assert "66.0 bpm" in _text(found["spectrum"])


def test_the_map_says_what_it_is_and_has_stripes() -> None:
    drawing = _found()["similarity"]
    for words in ("Cosine similarity", "delay embedding", "75.0 s to 85.0 s"):
        assert words in drawing.caption
    pixels = _map(drawing)
    assert min(pixels.shape[:2]) >= 200
    # red is alike, blue opposed: both are there, and the diagonal from below is red
    warmth = (pixels[..., 0] - pixels[..., 2]) / 255
    assert warmth.min() < -0.3
    assert warmth.max() > 0.4
    side = np.linspace(2, min(pixels.shape[:2]) - 3, 50).astype(int)
    rising = warmth[pixels.shape[0] - 1 - side, side]
    assert rising.min() > 0.25


def test_the_spectrogram_is_darkest_at_the_rate() -> None:
    measured = results.measured()
    pure = np.sin(2 * np.pi * 1.8 * np.arange(3600) / 30)
    steady = replace(measured, signal=Signal(pure, 30.0), beats_s=None)
    (drawing,) = [d for d in drawings(steady) if d.name == "spectrogram"]
    dark = _map(drawing).sum(axis=2)
    rows = dark[:, dark.shape[1] // 2]
    # the axis runs from 216 above to 36 beats a minute below
    rate = 216 - 180 * rows.argmin() / rows.size
    assert rate == pytest.approx(108, abs=6)


@pytest.mark.slow
def test_the_same_result_gives_the_same_bytes() -> None:
    first, again = drawings(results.measured()), drawings(results.measured())
    assert [drawing.svg for drawing in first] == [drawing.svg for drawing in again]


@pytest.mark.parametrize("n", [0, 1, 70, 76, 100, 240, 299])
def test_short_and_flat_waveforms_are_drawn(n: int) -> None:
    row = WindowVitals(0.0, n / 30, None, None, None, None, False, ("too_short",))
    short = replace(results.rejected(), windows=(row,), signal=Signal(np.zeros(n), 30.0))
    found = drawings(short)
    if n < 75:
        assert found == []
    else:
        # ten seconds are shown whole already
        assert [drawing.name for drawing in found] == [name for name in NAMES if name != "whole"]
        assert ("too short" in _text(found[2])) == (n < 240)


def test_long_videos_stay_small() -> None:
    t = np.arange(30 * 1800) / 30
    rows = tuple(WindowVitals(a, a + 30.0, 72.0, 72.0, 6.0, None, True) for a in range(0, 1800, 30))
    long = replace(
        results.measured(), signal=Signal(np.sin(2 * np.pi * 1.2 * t), 30.0), windows=rows
    )
    assert t.size > MOST_SAMPLES
    assert sum(len(drawing.svg) for drawing in drawings(long)) < 1_200_000
