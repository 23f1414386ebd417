"""Waveforms at several rates: a row a method, a column a rate, the contact waveform above."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from sspd.research.figures import rates
from sspd.research.figures.rates import draw_rates
from sspd.types import Series, Signal


def wave(fs: float) -> Signal:
    return Signal(np.sin(2 * np.pi * np.arange(int(10 * fs)) / fs), fs, 0.2)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    figures: list[Figure] = []
    real = rates.new_figure

    def kept(width: float, height: float) -> Figure:
        figures.append(real(width, height))
        return figures[-1]

    monkeypatch.setattr(rates, "new_figure", kept)
    return figures


def test_every_rate_has_its_waveform_and_the_label_above(
    drawn: list[Figure], tmp_path: Path
) -> None:
    t = np.arange(0, 20, 1 / 60)
    waves = {"sspd": {"half": wave(15.0), "whole": wave(30.0)}, "two": {"whole": wave(30.0)}}
    draw_rates(tmp_path / "a.png", "01-01", waves, Series(t, np.cos(t)))
    titles = [axes.get_title() for axes in drawn[0].axes]
    assert titles == ["sspd, Fs/2 = 15 Hz", "sspd, Fs = 30 Hz", "", titles[3]]
    assert drawn[0].get_suptitle().startswith("01-01: frames fed at their own rate; the output")
    assert "no filter" not in drawn[0].get_suptitle()  # sums take slow waves off
    first, label = drawn[0].axes[0].lines
    assert len(first.get_xdata()) == 150 and float(first.get_xdata()[0]) == 0.2
    assert float(np.min(label.get_ydata())) > float(np.max(first.get_ydata()))
    inside = np.asarray(label.get_xdata())
    assert inside.min() >= 0.2 and inside.max() <= 0.2 + 10


def test_without_a_label_or_with_a_flat_waveform(tmp_path: Path) -> None:
    draw_rates(tmp_path / "a.png", "$x", {"sspd": {"whole": Signal(np.ones(90), 30.0, 0.0)}}, None)
    assert (tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"
