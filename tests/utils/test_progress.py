from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest

from sspd.utils.progress import EVERY_S, Meter

SOURCE = Path(__file__).resolve().parents[2] / "src" / "sspd"


class _Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_off_a_terminal_there_is_a_line_each_half_minute() -> None:
    clock, shown = _Clock(), StringIO()
    with Meter("Simulating", 100, "videos", stream=shown, clock=clock) as meter:
        for n in range(1, 51):
            clock.now += 2.0
            meter.update(n)
    lines = shown.getvalue().splitlines()
    assert lines == [
        "sspd: Simulating: 15/100 videos, 0:30 so far, about 2:50 left",
        "sspd: Simulating: 30/100 videos, 1:00 so far, about 2:20 left",
        "sspd: Simulating: 45/100 videos, 1:30 so far, about 1:50 left",
    ]


def test_a_phase_without_steps_is_named_too() -> None:
    clock, shown = _Clock(), StringIO()
    with Meter("Training", 10, "steps", stream=shown, clock=clock) as meter:
        meter.update(10)
        clock.now += EVERY_S - 1
        meter.phase("Choosing a state")
        clock.now += EVERY_S
        meter.tick()  # what the meter's own thread does
        clock.now += 1
        meter.tick()
        meter.report("Measuring, fold 1 of 3", 0, 0)
        meter.report("Measuring, fold 2 of 3", 3, 30)
        clock.now += EVERY_S
        meter.tick()
    assert shown.getvalue().splitlines() == [
        "sspd: Choosing a state, 0:59 so far",
        "sspd: Measuring, fold 2 of 3: 3/30 done, 1:30 so far, about 4:30 left",
    ]
    assert "None" not in shown.getvalue()


def test_what_lasts_a_moment_says_nothing_in_a_pipe() -> None:
    shown = StringIO()
    with Meter("Reading", 2, stream=shown) as meter:
        assert list(meter.track("ab")) == ["a", "b"]
    assert shown.getvalue() == ""


@pytest.mark.parametrize(("total", "unit"), [(None, ""), (0, "videos"), (12, "")])
def test_no_count_of_none(total: float | None, unit: str) -> None:
    meter = Meter("Training", total, unit, stream=StringIO())
    assert "None" not in meter.words() and "/0" not in meter.words()


def test_lines_of_the_program_itself_begin_with_its_name() -> None:
    shown = StringIO()
    with Meter("Reading", 2, stream=shown) as meter:
        meter.line("one")
        meter.note("two")
    assert shown.getvalue() == "one\nsspd: two\n"


def test_there_is_one_bar() -> None:
    for path in SOURCE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        drawn = "rich.progress" in text or "rich.live" in text or 'end="\\r"' in text
        # the display of a live measurement is no bar: it redraws in a place of its own
        known = path.relative_to(SOURCE).as_posix() in ("utils/progress.py", "live/display.py")
        assert drawn == known, path
