"""Names from outside: no terminal obeys them, no spreadsheet runs them, no page shows a tag."""

from __future__ import annotations

import csv
import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from helpers import results
from sspd.cli.messages import Messages, show
from sspd.report.csv import write_csv
from sspd.report.html import write_html
from sspd.report.json import write_json
from sspd.report.labels import csv_cell, legible
from sspd.research.evaluate.csv_cells import csv_text

Make = Callable[..., Any]
#: What a terminal would obey: clear the screen, the clipboard, its title, a bell, C1 (CSI and
#: OSC in one character), the direction of writing, a line that looks like ours.
ORDERS = {
    "clear": "\x1b[2J",
    "clipboard": "\x1b]52;c;cm0gLXJm\x07",
    "title": "\x1b]0;root\x07",
    "c1": "\x9b2J",
    "c1 osc": "\x9d52;c;QQ==\x9c",
    "right to left": "\u202e4pm",
    "isolate": "\u2066x",
    "newline": "\nsspd: all well",
    "return": "\rsspd: all well",
    "line separator": "\u2028sspd: all well",
    "delete": "\x7f\x08\x08",
    "no text": os.fsdecode(b"\xff\xfe"),
}
#: What a spreadsheet would run.
FORMULAE = ["=1+1", "+1+cmd|' /C calc'!A0", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1", " =1", "＝1+1"]


def forbidden(shown: str) -> list[str]:
    """Orders that came through."""
    return [name for name, order in ORDERS.items() if order in shown.replace("\r\n", "\n")]


@pytest.mark.parametrize("order", ORDERS)
def test_a_name_is_one_line_without_orders(order: str, capsys: pytest.CaptureFixture[str]) -> None:
    name = f"a{ORDERS[order]}b.mp4"
    Messages().fail(f"{name}: no such file")
    show(f"{name}: a finding", err=True)
    show("weights: " + name.replace("\n", " "))
    shown = capsys.readouterr()
    if order != "newline":
        assert forbidden(shown.out + shown.err) == []
        assert len(shown.err.splitlines()) == 2
    assert all(c == "\n" or c == legible(c) for c in shown.out + shown.err)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, write_video: Make, patches: Make) -> Path:
    """Files with all such names, one of them a video."""
    place = tmp_path_factory.mktemp("inbox")
    for order in ORDERS.values():
        (place / f"a{order}b.mp4").write_text("no video")
    (place / "[red]b[bold].mp4").write_text("no video")
    write_video(place / "=\x1b[2J.mp4", patches(5))
    return place


def _measure(*arguments: str | Path) -> list[str]:
    command = [sys.executable, "-m", "sspd.cli.main", "measure", "--method", "pos"]
    return [*command, *map(str, arguments)]


def on_a_terminal(command: list[str]) -> str:
    """What a command sends to its terminal."""
    ours, its = pty.openpty()
    environment = os.environ | {"TERM": "xterm-256color", "COLUMNS": "100"}
    process = subprocess.Popen(command, stdin=its, stdout=its, stderr=its, env=environment)
    os.close(its)
    shown = bytearray()
    try:
        while data := os.read(ours, 1 << 16):
            shown += data
    except OSError:  # Linux: the other side is closed
        pass
    finally:
        os.close(ours)
        process.wait()
    return shown.decode("utf-8", "surrogateescape")


@pytest.mark.slow
def test_nothing_of_a_name_is_obeyed_on_a_terminal(folder: Path, tmp_path: Path) -> None:
    files = [folder, "--csv", tmp_path / "o.csv", "--json", tmp_path / "o.json"]
    shown = on_a_terminal(_measure(*files, "--report", tmp_path / "o.html"))
    assert forbidden(shown) == []
    assert "[red]b[bold]" in shown.replace("\r\n", "")
    rows = list(csv.DictReader((tmp_path / "o.csv").read_text("utf-8").splitlines()))
    assert len(rows) == len(ORDERS) + 2
    # neither where such a file is shown
    for name in ("o.csv", "o.json", "o.html"):
        text = (tmp_path / name).read_bytes().decode("utf-8")
        assert all(c == "\n" or c == legible(c) for c in text)
    exact = {row["source"] for row in json.loads((tmp_path / "o.json").read_text("utf-8"))}
    assert exact == {str(path) for path in folder.iterdir()}


def test_a_name_alone_on_the_bar(folder: Path) -> None:
    for name in ("[red]b[bold].mp4", "a\x1b]0;root\x07b.mp4"):
        shown = on_a_terminal(_measure(folder / name))
        assert forbidden(shown) == []
        assert "not a video" in shown


def test_what_a_shell_makes_an_option_of_is_reported_legibly() -> None:
    for name in ("--a\x1b]52;c;QQ==\x07b.mp4", "-\x9b2J", "--\u202ex"):
        done = subprocess.run(_measure(name), capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert not set("\x1b\x07\x9b\u202e") & set(done.stderr + done.stdout)


@pytest.mark.parametrize("name", FORMULAE)
def test_no_cell_is_a_formula(name: str, tmp_path: Path) -> None:
    vitals = replace(
        results.rejected(), source=name, weights=name, warnings=(name,), error=f"{name}: no"
    )
    write_csv([vitals], tmp_path / "a.csv")
    cells = next(iter(csv.DictReader((tmp_path / "a.csv").read_text("utf-8").splitlines())))
    evaluated = next(iter(csv.DictReader(csv_text(["a"], [[name]]).splitlines())))
    for cell in (*(cells[key] for key in ("source", "weights", "warnings")), evaluated["a"]):
        assert cell[0] in "'\\"
        assert cell.lstrip("'").strip().endswith(name.strip().lstrip())


@pytest.mark.parametrize("number", ["-1.5", "+2", "-3e-05", "-inf", "0.5"])
def test_numbers_stay_numbers(number: str) -> None:
    assert csv_cell(number) == number
    assert csv_text(["a"], [[number]]) == f"a\n{number}\n"


def test_the_title_of_a_page_is_text(tmp_path: Path) -> None:
    vitals = replace(results.measured(), source="</title><script>\x1b[2J\u202e.mp4")
    write_html([vitals], tmp_path / "a.html", with_image=False)
    page = (tmp_path / "a.html").read_text("utf-8")
    assert "<script>" not in page
    assert "\x1b" not in page
    write_json([vitals], tmp_path / "a.json")
    text = (tmp_path / "a.json").read_text("utf-8")
    assert "\u202e" not in text
    assert json.loads(text)[0]["source"] == vitals.source
