from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from rich.progress import Progress

import results
from sspd.cli.told import Told
from sspd.cli.watch import FilmBar, watch
from sspd.many import Measured


class _Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def _run(*done: Measured) -> Generator[Measured, None, None]:
    yield from done


def _films(n: int) -> list[tuple[Path, str | None]]:
    return [(Path(f"{i}.mp4"), None) for i in range(n)]


def test_results_stand_in_the_order_of_the_sources(capsys: pytest.CaptureFixture[str]) -> None:
    found = [*_films(2), (Path("empty"), "empty: no film in this folder"), *_films(1)]
    done = [Measured(2, results.refused()), Measured(0, results.measured())]
    told = Told()
    rows, broken_off = watch(
        _run(*done, Measured(1, results.failed())), found, "pos", told, waveforms=False
    )
    assert [row.source for row in rows] == ["films/good one.mp4", "c.mp4", "empty", "b.mp4"]
    assert not broken_off
    assert rows[0].signal is None
    assert rows[2].error == "empty: no film in this folder"
    assert capsys.readouterr().err.splitlines() == [
        "sspd: empty: no film in this folder",
        "sspd: good one.mp4: warning: cut short",
        "sspd: c.mp4: no such file",
    ]
    assert (told.failed, told.misused, told.code(rows)) == (True, False, 1)


def test_what_was_told_by_the_run_before_is_not_told_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = Measured(0, results.measured(), resumed=True)
    watch(_run(before, Measured(1, results.measured())), _films(2), "pos", Told(), waveforms=False)
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_files_that_failed_and_misuse_are_told() -> None:
    lines: list[str] = []
    told = Told(out=lines.append)
    failed = Measured(1, replace(results.failed(), error="the box is too large"), misused=True)
    run = _run(Measured(0, results.refused(), failures=("a.png: no space",)), failed)
    rows, _ = watch(run, _films(2), "pos", told, waveforms=False)
    assert lines == ["sspd: a.png: no space", "sspd: the box is too large"]
    assert told.code(rows) == 2


def test_ctrl_c_keeps_what_came_before() -> None:
    ended: list[str] = []

    def run() -> Generator[Measured, None, None]:
        try:
            yield Measured(1, results.refused())
            raise KeyboardInterrupt
        finally:
            ended.append("workers")

    rows, broken_off = watch(run(), _films(3), "pos", Told(), waveforms=False)
    assert broken_off
    assert [row.source for row in rows] == ["b.mp4"]
    assert ended == ["workers"]


def test_a_terminal_shows_films_done_and_time_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[tuple[Path, str | None]] = [(tmp_path / f"{i}.mp4", None) for i in range(3)]
    for i, (film, _) in enumerate(found):
        film.write_bytes(bytes(100 * (i + 1)))
    before = Measured(2, results.refused(), resumed=True)
    screen, told = _Terminal(), Told()
    console = Console(file=screen, force_terminal=True, width=120, _environ={"TERM": "xterm"})
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setattr("sspd.cli.watch.Console", lambda **_: console)
    watch(
        _run(before, *(Measured(i, results.failed()) for i in (0, 1))),
        found,
        "pos",
        told,
        waveforms=False,
    )
    shown = screen.getvalue()
    assert "films 3/3" in shown
    assert "left" in shown
    assert shown.count("sspd: c.mp4: no such file") == 2
    told.note("the bar is gone, and lines go their usual way")
    assert screen.getvalue() == shown + "sspd: the bar is gone, and lines go their usual way\n"


def test_a_bar_grows_with_the_size_of_the_films(tmp_path: Path) -> None:
    films = [tmp_path / f"{i}.mp4" for i in range(3)]
    for film, size in zip(films[:2], (100, 300), strict=True):
        film.write_bytes(bytes(size))
    progress = Progress(console=Console(file=StringIO()))
    bar = FilmBar(films, progress)
    (task,) = progress.tasks
    assert (task.completed, task.total, task.fields["films"]) == (0, 401, "0/3")
    # what was measured before this run says nothing about the time left
    bar.add(Measured(1, results.refused(), resumed=True))
    assert (task.completed, task.time_remaining) == (300, None)
    bar.add(Measured(2, results.failed()))
    assert (task.completed, task.fields["films"]) == (301, "2/3")


def test_a_pipe_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    watch(_run(Measured(0, results.refused())), _films(1), "pos", Told(), waveforms=False)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("waveforms", [False, True])
def test_waveforms_are_kept_where_they_are_wanted(waveforms: bool) -> None:
    run = _run(Measured(0, results.measured()))
    (vitals,), _ = watch(run, _films(1), "pos", Told(), waveforms=waveforms)
    assert (vitals.signal is not None) == (vitals.beats_s is not None) == waveforms
