"""The display: every phase is drawn, in Braille and in ASCII, and lines elsewhere."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from sspd.live.display import display, plain_line, render_view
from sspd.live.gauges import Gauges
from sspd.live.hints import HINTS
from sspd.live.phases import PHASE_WORDS, PHASES
from sspd.live.sparkline import bar, braille, signs
from sspd.live.view import LiveView
from sspd.types import Respiration, Signal

WAVE = Signal(np.sin(np.arange(300) / 4), 30.0, 2.0)
GAUGES = Gauges(0.3, 190, 0.05, 120.0, 0.0, 0.05, 0.3)


def _drawn(view: LiveView, *, ascii_only: bool, width: int = 80) -> str:
    file = io.StringIO()
    console = Console(file=file, width=width, force_terminal=True, color_system=None)
    console.print(render_view(view, "camera 0", width, ascii_only=ascii_only))
    return file.getvalue()


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("phase", PHASES)
def test_every_phase_is_drawn(phase: str, ascii_only: bool) -> None:
    tracking = phase == "tracking"
    view = LiveView(
        12.0,
        phase,
        "running",
        72.4 if tracking else None,
        0.97 if tracking else None,
        "more_light",
        GAUGES,
        WAVE,
        np.array([11.9]),
        Respiration(0.25),
        18.0,
    )
    drawn = _drawn(view, ascii_only=ascii_only)
    assert PHASE_WORDS[phase] in drawn
    assert HINTS["more_light"] in drawn
    assert "18 s left" in drawn
    assert ("72 bpm" in drawn) == tracking
    assert ("0.97" in drawn) == tracking
    assert ("15 breaths/min" in drawn) == tracking
    assert max(len(line) for line in drawn.splitlines()) <= 80
    if ascii_only:
        assert drawn.isascii()


@settings(max_examples=25)
@given(st.integers(20, 200))
def test_it_fits_any_width(width: int) -> None:
    view = LiveView(1.0, "warming_up", "running", waveform=WAVE)
    lines = _drawn(view, ascii_only=False, width=width).splitlines()
    assert max(len(line) for line in lines) <= max(26, width)


@given(
    st.lists(st.floats(-1e6, 1e6) | st.just(np.nan), max_size=50),
    st.integers(1, 60),
    st.integers(1, 6),
)
def test_any_waveform_can_be_drawn(values: list[float], width: int, height: int) -> None:
    signal = Signal(np.array(values, np.float64), 30.0)
    lines = braille(signal, width, height)
    assert [len(line) for line in lines] == [width] * height
    assert all(c == " " or 0x2800 < ord(c) <= 0x28FF for line in lines for c in line)
    assert len(signs(signal, width)) == width


def test_a_waveform_goes_up_and_down() -> None:
    rising = braille(Signal(np.linspace(0, 1, 40), 30.0), 4, 2)
    assert rising[0][0] == " "
    assert rising[0][-1] != " "
    assert rising[1][0] != " "


@given(st.floats(-2, 3), st.integers(1, 40))
def test_a_bar_has_its_width(share: float, width: int) -> None:
    assert len(bar(share, width)) == width


def test_in_a_pipe_there_is_a_line_a_second() -> None:
    file = io.StringIO()
    with display(Console(file=file, width=200), "camera 0") as shown:
        for k in range(25):
            shown.show(LiveView(0.2 * k, "searching", "running", hint="face_the_camera"))
        shown.show(LiveView(5.0, "done", "running"))
    lines = file.getvalue().splitlines()
    assert len(lines) == 5
    assert all("Face the camera." in line and "\x1b" not in line for line in lines)


def test_a_camera_without_frames_is_named() -> None:
    line = plain_line(LiveView(3.0, "recovering", "opening"))
    assert line.endswith("The camera is being opened.")
