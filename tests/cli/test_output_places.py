"""Where `sspd measure` writes: files, standard output, the null device, and nowhere else."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import Any

import pytest

from sspd.cli.main import run
from sspd.utils.locks import claim
from sspd.utils.partials import hold_folder


@pytest.mark.parametrize("place", ["-", "/dev/stdout"])
@pytest.mark.parametrize("kind", ["json", "csv"])
def test_results_on_standard_output_the_table_on_standard_error(
    short: Path, measure: Any, kind: str, place: str, tmp_path: Path
) -> None:
    kept = tmp_path / "kept.csv"
    code, out, err = measure(short, f"--{kind}", place, "--signal", kept)
    assert code == 3
    rows = json.loads(out) if kind == "json" else list(csv.DictReader(out.splitlines()))
    assert [row["reasons"] for row in rows] in ([["too_short"]], ["too_short"])
    assert any("less than 8 s" in line for line in err)
    assert list(tmp_path.iterdir()) == [kept]


def test_the_null_device_is_taken_and_stays_one(short: Path, measure: Any) -> None:
    asked = [part for kind in ("json", "csv", "plot") for part in (f"--{kind}", os.devnull)]
    code, out, err = measure(short, *asked)
    assert (code, err) == (3, [])
    assert "less than 8 s" in out
    assert not Path(os.devnull).is_file()
    assert not list(Path(os.devnull).parent.glob("null*.journal"))


@pytest.mark.parametrize(
    "asked",
    [
        ["--plot", "-"],
        ["--signal", "/dev/stdout"],
        ["--json", "-", "--csv", "-"],
        ["--json", "/dev/zero"],
        ["--json", "link.json"],
        ["--csv", "dangling.csv"],
        ["--report", "fifo.html"],
        ["--plot", "link.png"],
    ],
    ids=str,
)
def test_another_place_is_rejected_before_the_work(
    short: Path, measure: Any, asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bashrc").write_text("kept")
    for link in ("link.json", "link.png"):
        Path(link).symlink_to("bashrc")
    Path("dangling.csv").symlink_to("nothing")
    os.mkfifo("fifo.html")
    before = sorted(tmp_path.iterdir())
    code, out, err = measure(short, *asked)
    assert (code, out, len(err)) == (1, "", 1)
    assert sorted(tmp_path.iterdir()) == before
    assert Path("bashrc").read_text() == "kept"


def test_a_journal_is_not_written_through_a_link(short: Path, measure: Any, tmp_path: Path) -> None:
    (tmp_path / "bashrc").write_text("kept")
    (tmp_path / "a.json.journal").symlink_to(tmp_path / "bashrc")
    code, _, err = measure(short, "--json", tmp_path / "a.json")
    assert (code, len(err)) == (1, 1)
    assert "a.json.journal" in err[0]
    assert (tmp_path / "bashrc").read_text() == "kept"


@pytest.mark.slow
def test_modes_are_kept_and_journals_are_private(short: Path, measure: Any, tmp_path: Path) -> None:
    out = tmp_path / "a.json"
    out.write_text("old")
    out.chmod(0o600)
    assert measure(short, tmp_path / "gone.mp4", "--json", out)[0] == 1
    assert oct(out.stat().st_mode)[-3:] == "600"
    assert oct((tmp_path / "a.json.journal").stat().st_mode)[-3:] == "600"


def test_a_second_run_with_one_output_is_reported(
    short: Path, measure: Any, tmp_path: Path
) -> None:
    with claim([tmp_path / "a.csv"]):
        code, out, err = measure(short, "--json", tmp_path / "b.json", "--csv", tmp_path / "a.csv")
    assert (code, out, len(err)) == (1, "", 1)
    assert "a.csv: another run is writing it" in err[0]
    assert list(tmp_path.iterdir()) == []
    assert measure(short, "--csv", tmp_path / "a.csv")[0] == 3
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_what_a_killed_run_left_is_cleaned_up(short: Path, measure: Any, tmp_path: Path) -> None:
    for name in (
        ".a.0123456789abcdef.part.csv",
        ".a-film.0123456789abcdef.part.csv",
        ".a.csv.lock",
    ):
        (tmp_path / name).write_text("half")
    assert measure(short, "--csv", tmp_path / "a.csv")[0] == 3
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


@pytest.mark.parametrize(
    "command",
    [["simulate", "OUT", "--n", "1"], ["evaluate", "folder:none", "--out", "OUT"]],
    ids=["simulate", "evaluate"],
)
def test_a_second_run_into_one_folder_is_reported(
    command: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "out"
    given = [str(out) if part == "OUT" else part for part in command]
    monkeypatch.setattr("sys.argv", ["sspd", *given])
    with hold_folder(out), pytest.raises(SystemExit) as end:
        run()
    assert end.value.code == 1
    assert "out: another run is writing it" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
