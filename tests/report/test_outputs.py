from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from helpers import results
from sspd.errors import OutputError
from sspd.report.csv import write_csv
from sspd.report.json import write_json
from sspd.report.outputs import VIDEO_OUTPUTS, check_result_output, write_outputs
from sspd.report.table import print_results
from sspd.types import Vitals

#: An annotated video wants the video itself: tests/cli/test_outputs.py.
DRAWN = tuple(kind for kind in VIDEO_OUTPUTS if kind != "overlay")


def test_every_kind_of_file_is_written(tmp_path: Path) -> None:
    outputs = {kind: tmp_path / f"{kind}.png" for kind in DRAWN}
    assert write_outputs(results.measured(), outputs) == ()
    assert all(path.stat().st_size > 1000 for path in outputs.values())


def test_a_file_that_fails_leaves_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("two\nlines")

    monkeypatch.setattr("sspd.report.plots.plot_vitals", broken)
    outputs = {"plot": tmp_path / "a.png", "signal": tmp_path / "a.csv"}
    (line,) = write_outputs(results.rejected(), outputs)
    assert line == f"{tmp_path / 'a.png'}: unexpected RuntimeError: two lines"
    assert outputs["signal"].exists()


def test_a_plot_is_a_picture_before_work_starts(tmp_path: Path) -> None:
    assert check_result_output("plot", tmp_path / "a.PNG") == tmp_path / "a.PNG"
    assert check_result_output("signal", tmp_path / "a.docx") == tmp_path / "a.docx"
    with pytest.raises(OutputError, match="png"):
        check_result_output("plot", tmp_path / "a.docx")
    assert check_result_output("overlay", tmp_path / "a.MP4") == tmp_path / "a.MP4"
    with pytest.raises(OutputError, match="mp4"):
        check_result_output("overlay", tmp_path / "a.avi")
    with pytest.raises(OutputError, match="does not exist"):
        check_result_output("plot", tmp_path / "gone" / "a.png")


def test_a_result_without_a_waveform_has_its_files(tmp_path: Path) -> None:
    bare = Vitals("a.mp4", "pos", None, 5.0, None, ())
    assert write_outputs(bare, {kind: tmp_path / f"{kind}.png" for kind in DRAWN}) == ()


def test_a_name_that_is_no_text_stands_in_every_output(tmp_path: Path) -> None:
    odd = replace(results.measured(), source="videos/a\udcff.mp4")
    outputs = {kind: tmp_path / f"{kind}.png" for kind in DRAWN}
    assert write_outputs(odd, outputs) == ()
    write_json([odd], tmp_path / "a.json")
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))[0]["source"] == odd.source
    write_csv([odd], tmp_path / "a.csv")
    assert "a\\udcff.mp4" in (tmp_path / "a.csv").read_text(encoding="utf-8")
    console = Console(width=160, record=True, file=StringIO())
    print_results([odd], console)
    assert "a?.mp4" in console.export_text().encode().decode()
