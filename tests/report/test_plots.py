from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from helpers import results
from sspd.errors import OutputError
from sspd.report.plots import plot_vitals
from sspd.types import Signal, Vitals, WindowVitals


def _picture(path: Path) -> np.ndarray:
    picture = cv2.imread(str(path))
    assert picture is not None
    assert picture.shape[0] > 500
    assert picture.shape[1] > 800
    return picture[..., ::-1].astype(int)


def _share(picture: np.ndarray, colour: str) -> float:
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    return float((np.abs(picture - rgb).sum(axis=2) < 12).mean())


@pytest.mark.slow
def test_accepted_and_refused_look_different(tmp_path: Path) -> None:
    measured = results.measured()
    refused = results.rejected()
    plot_vitals(measured, tmp_path / "a.png")
    plot_vitals(refused, tmp_path / "b.png")
    good, none = _picture(tmp_path / "a.png"), _picture(tmp_path / "b.png")
    assert good.mean() > 200  # light
    assert _share(good, "#1f4e79") > 0.002  # the waveform
    assert _share(good, "#f3d6d3") > 0.01  # the stretch that was refused
    assert _share(good, "#2e7d32") > 1e-4  # the reading
    assert _share(none, "#1f4e79") == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.png"]


@pytest.mark.slow
@pytest.mark.parametrize("n", [0, 1, 20, 100, 240])
def test_short_and_flat_waveforms_are_drawn(n: int, tmp_path: Path) -> None:
    row = WindowVitals(0.0, n / 30, None, None, None, None, False, ("too_short",))
    short = Vitals("a.mp4", "pos", None, n / 30, 30.0, (row,), reasons=("too_short",))
    plot_vitals(replace(short, signal=Signal(np.zeros(n), 30.0)), tmp_path / "a.png")
    _picture(tmp_path / "a.png")


def test_other_formats_by_suffix_and_nonsense_refused(tmp_path: Path) -> None:
    measured = results.measured()
    plot_vitals(measured, tmp_path / "a.svg")
    assert "<svg" in (tmp_path / "a.svg").read_text()
    with pytest.raises(OutputError, match="png"):
        plot_vitals(measured, tmp_path / "a.docx")


@pytest.mark.parametrize("name", ["$x^$.mp4", "bytes \udcff.mp4", "顔\n\a.mp4"], ids=range(3))
def test_any_name_can_be_drawn(name: str, tmp_path: Path) -> None:
    odd = replace(results.rejected(), source=name, method=name, weights=name)
    plot_vitals(odd, tmp_path / "a.png")
    _picture(tmp_path / "a.png")
