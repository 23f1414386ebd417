from __future__ import annotations

import base64
import json
import re
import sys
from dataclasses import fields, replace
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest
from matplotlib.figure import Figure

import sspd
from helpers import results
from sspd.errors import DependencyError
from sspd.pipeline.batch.serialize import from_record, to_record
from sspd.report.json import WINDOW_KEYS, vitals_to_dict, write_json
from sspd.report.labels import REASON_WORDS
from sspd.report.result import MOST_ROWS, Vitals
from sspd.types import Respiration, WindowVitals


@pytest.mark.parametrize("vitals", [results.measured(), results.rejected(), results.failed()])
def test_a_result_is_one_short_line(vitals: Vitals) -> None:
    text = repr(vitals)
    assert isinstance(vitals, sspd.Vitals)
    assert "\n" not in text and len(text) < 120
    assert vitals.source in text
    assert repr(replace(vitals, source="a\nb\x1b[2J.mp4")).isprintable()


def test_what_the_line_says() -> None:
    measured = results.measured()
    assert f"{measured.hr_bpm:.1f} bpm" in repr(measured)
    assert "confidence unknown" in repr(measured)
    assert "face_id=1" in repr(replace(measured, face_id=1))
    assert "rejected: no_face" in repr(results.rejected())
    assert "failed: c.mp4: no such file" in repr(results.failed())
    # what it holds is no longer either
    for part in (measured.signal, measured.windows[0], measured.hrv["sdnn_ms"]):
        assert len(repr(part)) < 250


def test_names_are_those_of_the_json(tmp_path: Path) -> None:
    vitals = results.measured()
    write_json([vitals], tmp_path / "a.json")
    assert vitals.to_dict() == json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))[0]
    for name in vitals_to_dict(vitals):
        assert name == "schema_version" or hasattr(vitals, name), name
    for name, value in vitals.to_dict()["respiration"].items():
        own = getattr(vitals.respiration, name)
        known = pytest.approx(own, abs=0.01) if isinstance(value, float) else own
        assert value == known
    for name, row in vitals.to_dict()["hrv"].items():
        assert row.keys() == {field.name for field in fields(vitals.hrv[name])}
    for row in vitals.to_dict()["windows"]:
        assert tuple(row) == WINDOW_KEYS
        assert all(hasattr(vitals.windows[0], name) for name in row)
    assert Respiration(0.2).breaths_per_minute == pytest.approx(12)


def test_a_result_of_another_process_shows_itself_too() -> None:
    back = from_record(json.loads(json.dumps(to_record(results.measured()))))
    assert isinstance(back, sspd.Vitals)
    assert back.to_dict() == results.measured().to_dict()


class _Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_a_notebook_shows_a_picture_and_a_table() -> None:
    text = results.measured()._repr_html_()
    (picture,) = [given for tag, given in _Tags(text).found if tag == "img"]
    kind, data = str(picture["src"]).split(",")
    assert kind == "data:image/png;base64"
    pixels = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None and pixels.std() > 5
    assert text.count("<tr>") == 1 + len(results.measured().windows)
    assert f"{results.measured().hr_bpm:.1f} bpm" in text
    assert len(text) < 100_000
    assert not re.search(r"https?://|<script|<link", text)


def test_a_notebook_says_why_there_is_no_rate() -> None:
    text = results.rejected()._repr_html_()
    assert REASON_WORDS["no_face"].help in text
    assert "<img" not in text
    assert "c.mp4: no such file" in results.failed()._repr_html_()
    evil = replace(results.rejected(), source="<script>alert(1)</script>.mp4")
    assert "<script" not in evil._repr_html_()


def test_an_hours_windows_are_cut_short() -> None:
    row = WindowVitals(0.0, 30.0, 60.0, 60.0, 5.0, 0.9, accepted=True)
    text = replace(results.rejected(), windows=(row,) * 120)._repr_html_()
    assert text.count("<tr>") == 1 + MOST_ROWS
    assert f"and {120 - MOST_ROWS} more windows" in text


@pytest.mark.parametrize("vitals", [results.measured(), results.rejected(), results.failed()])
def test_plot_gives_a_figure_without_a_window(vitals: Vitals, tmp_path: Path) -> None:
    figure = vitals.plot()
    assert isinstance(figure, Figure)
    assert len(figure.axes) == 4
    figure.savefig(tmp_path / "a.png")


def test_without_pandas_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(DependencyError, match="pip install pandas"):
        results.measured().to_frame()


def test_windows_as_a_frame() -> None:
    pandas = pytest.importorskip("pandas")
    frame = results.measured().to_frame()
    assert isinstance(frame, pandas.DataFrame)
    assert tuple(frame.columns) == WINDOW_KEYS == tuple(results.failed().to_frame().columns)
    assert frame["accepted"].tolist() == [w.accepted for w in results.measured().windows]
    assert len(results.failed().to_frame()) == 0
