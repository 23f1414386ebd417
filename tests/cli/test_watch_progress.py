from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from helpers import results
from sspd.cli.messages import Messages
from sspd.cli.progress import VideoMeter, collect_results
from sspd.pipeline.batch import BatchResult
from sspd.utils.progress import Meter


class _Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def _run(*done: BatchResult) -> Generator[BatchResult, None, None]:
    yield from done


def _videos(n: int) -> list[tuple[Path, str | None]]:
    return [(Path(f"{i}.mp4"), None) for i in range(n)]


def test_results_stand_in_the_order_of_the_sources(capsys: pytest.CaptureFixture[str]) -> None:
    found = [*_videos(2), (Path("empty"), "empty: no video in this folder"), *_videos(1)]
    done = [BatchResult(2, results.rejected()), BatchResult(0, results.measured())]
    messages = Messages()
    rows, broken_off = collect_results(
        _run(*done, BatchResult(1, results.failed())), found, "pos", messages, waveforms=False
    )
    assert [row.source for row in rows] == ["videos/good one.mp4", "c.mp4", "empty", "b.mp4"]
    assert not broken_off
    assert rows[0].signal is None
    assert rows[2].error == "empty: no video in this folder"
    assert capsys.readouterr().err.splitlines() == [
        "sspd: empty: no video in this folder",
        "sspd: good one.mp4: warning: cut short",
        "sspd: c.mp4: no such file",
    ]
    assert (messages.failed, messages.misused, messages.code(rows)) == (True, False, 1)


def test_what_was_reported_by_the_run_before_is_not_reported_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = BatchResult(0, results.measured(), resumed=True)
    collect_results(
        _run(before, BatchResult(1, results.measured())),
        _videos(2),
        "pos",
        Messages(),
        waveforms=False,
    )
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_files_that_failed_and_misuse_are_reported() -> None:
    lines: list[str] = []
    messages = Messages(out=lines.append)
    failed = BatchResult(1, replace(results.failed(), error="the box is too large"), misused=True)
    run = _run(BatchResult(0, results.rejected(), failures=("a.png: no space",)), failed)
    rows, _ = collect_results(run, _videos(2), "pos", messages, waveforms=False)
    assert lines == ["sspd: a.png: no space", "sspd: the box is too large"]
    assert messages.code(rows) == 2


def test_ctrl_c_keeps_what_came_before() -> None:
    ended: list[str] = []

    def run() -> Generator[BatchResult, None, None]:
        try:
            yield BatchResult(1, results.rejected())
            raise KeyboardInterrupt
        finally:
            ended.append("workers")

    rows, broken_off = collect_results(run(), _videos(3), "pos", Messages(), waveforms=False)
    assert broken_off
    assert [row.source for row in rows] == ["b.mp4"]
    assert ended == ["workers"]


def _sized(tmp_path: Path, n: int) -> list[tuple[Path, str | None]]:
    found: list[tuple[Path, str | None]] = [(tmp_path / f"{i}.mp4", None) for i in range(n)]
    for i, (video, _) in enumerate(found):
        video.write_bytes(bytes(100 * (i + 1)))
    return found


def test_a_terminal_shows_videos_done_and_time_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    found = _sized(tmp_path, 3)
    before = BatchResult(2, results.rejected(), resumed=True)
    screen, messages = _Terminal(), Messages()
    monkeypatch.setattr("sys.stderr", screen)
    collect_results(
        _run(before, *(BatchResult(i, results.failed()) for i in (0, 1))),
        found,
        "pos",
        messages,
        waveforms=False,
    )
    shown = screen.getvalue()
    assert "videos" in shown
    assert "3/3, 100 %" in shown
    assert "left" in shown
    assert shown.count("sspd: c.mp4: no such file") == 2
    messages.note("the bar is gone, and lines go their usual way")
    assert screen.getvalue() == shown + "sspd: the bar is gone, and lines go their usual way\n"


def test_a_meter_grows_with_the_size_of_the_videos(tmp_path: Path) -> None:
    found = [*_sized(tmp_path, 3), (tmp_path / "gone.mp4", None), (tmp_path, "no video")]
    now = [0.0]
    meter = Meter("videos", 601, stream=StringIO(), clock=lambda: now[0])
    bar = VideoMeter(found, meter)
    assert meter.words() == "videos: 0/4, 0 %, 0:00 so far"
    # what was measured before this run says nothing about the time left
    now[0] = 60.0
    bar.add(BatchResult(2, results.rejected(), resumed=True))
    assert meter.words() == "videos: 1/4, 50 %, 1:00 so far"
    # half of one and a tenth of another in 10 s
    now[0] = 70.0
    bar.report(0, "reading", 0.5)
    bar.report(1, "reading", 0.1)
    assert meter.words() == "videos: 1/4, 62 %, 1:10 so far, about 0:33 left"
    bar.report(0, "vitals", 0.0)  # all of it is read
    bar.add(BatchResult(0, results.failed()))
    assert meter.done == 420


def test_a_single_video_names_its_phase(tmp_path: Path) -> None:
    meter = Meter("", 100, stream=StringIO(), clock=lambda: 0.0)
    bar = VideoMeter(_sized(tmp_path, 1), meter)
    for phase, done, words in (
        ("reading", 0.25, "0.mp4: reading: 25 %"),
        ("network", 1.0, "0.mp4: network: 100 %"),
        ("vitals", 0.0, "0.mp4: vitals: 100 %"),
    ):
        bar.report(0, phase, done)
        assert meter.words().startswith(words)


def test_a_pipe_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    collect_results(
        _run(BatchResult(0, results.rejected())), _videos(1), "pos", Messages(), waveforms=False
    )
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("waveforms", [False, True])
def test_waveforms_are_kept_where_they_are_needed(waveforms: bool) -> None:
    run = _run(BatchResult(0, results.measured()))
    (vitals,), _ = collect_results(run, _videos(1), "pos", Messages(), waveforms=waveforms)
    assert (vitals.signal is not None) == (vitals.beats_s is not None) == waveforms
