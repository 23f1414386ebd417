"""The display of a live measurement in a terminal, and its plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich import box
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from sspd.live.gauges import DIM, LARGE, SMALL, Gauges
from sspd.live.hints import HINTS
from sspd.live.phases import PHASE_WORDS
from sspd.live.sparkline import bar, braille, signs
from sspd.live.view import LiveView
from sspd.video.camera.states import CAMERA_STATES, WITH_FRAMES

#: Lines of the waveform, and its widest, characters.
_WAVE_LINES, _MOST_COLUMNS = 4, 100
_BAR = 18
#: A beat is shown for this long, seconds.
_BEAT_S = 0.25
#: Brightness that fills the gauge of the light: skin in good light has half of it.
_FULL_LIGHT = 220.0
#: Elsewhere than in a terminal a line is printed this often, seconds.
LINE_S = 1.0
_COLOURS = {
    "tracking": "green",
    "recovering": "yellow",
    "warming_up": "cyan",
    "searching": "yellow",
    "idle": "dim",
    "done": "dim",
}


def render_view(
    view: LiveView, name: str, width: int, *, ascii_only: bool = False
) -> RenderableType:
    """Return what a terminal shows of one moment.

    Parameters
    ----------
    view : LiveView
    name : str
        Of the camera.
    width : int
        Of the terminal, characters.
    ascii_only : bool
        Whether it can show nothing else.

    Returns
    -------
    rich renderable
    """
    columns = max(20, min(_MOST_COLUMNS, width) - 6)
    head = Text.assemble(
        (PHASE_WORDS[view.phase], _COLOURS[view.phase]),
        f"   {view.time_s:.0f} s",
        "" if view.left_s is None else f", {view.left_s:.0f} s left",
    )
    hint = Text("" if view.hint is None else HINTS[view.hint], style="bold yellow")
    wave = [signs(view.waveform, columns)] if ascii_only else _wave(view, columns)
    body = Group(head, Text("\n".join(wave), style="green"), _numbers(view, ascii_only), hint)
    frame = box.ASCII if ascii_only else box.ROUNDED
    return Panel(body, title=Text(name), width=columns + 6, box=frame, border_style="dim")


def _wave(view: LiveView, columns: int) -> list[str]:
    return braille(view.waveform, columns, _WAVE_LINES)


def _numbers(view: LiveView, ascii_only: bool) -> Table:
    table = Table.grid(padding=(0, 2))
    sure = view.confidence
    full, empty = ("#", ".") if ascii_only else ("━", "╌")
    rate = "-" if view.rate_bpm is None else f"{view.rate_bpm:.0f} bpm"
    breath = view.respiration.breaths_per_minute
    table.add_row(
        Text(f"{rate:>8}", style="bold green" if view.rate_bpm is not None else "dim"),
        Text(_heart(view, ascii_only), style="red"),
        _gauge("light", _light(view.gauges), full, empty),
    )
    table.add_row(
        "" if sure is None else f"confidence {sure:.2f}",
        "" if breath is None or view.rate_bpm is None else f"{breath:.0f} breaths/min",
        _gauge("face", _size(view.gauges), full, empty),
    )
    return table


def _heart(view: LiveView, ascii_only: bool) -> str:
    """A sign that beats with the waveform, which is shown to its end."""
    if view.rate_bpm is None or view.waveform is None or not len(view.beats_s):
        return ""
    end_s = view.waveform.start_s + view.waveform.duration_s
    beats = bool(((view.beats_s > end_s - _BEAT_S) & (view.beats_s <= end_s)).any())
    return ("*" if ascii_only else "♥") if beats else ""


def _gauge(name: str, value: tuple[float, bool] | None, full: str, empty: str) -> Text:
    if value is None:
        return Text(f"{name:<6}{'-':<{_BAR}}", style="dim")
    share, good = value
    drawn = bar(share, _BAR, full=full, empty=empty)
    return Text(f"{name:<6}{drawn}", style="green" if good else "yellow")


def _light(gauges: Gauges | None) -> tuple[float, bool] | None:
    if gauges is None:
        return None
    good = gauges.brightness >= DIM.begins and gauges.overexposed <= 0.1
    return gauges.brightness / _FULL_LIGHT, good


def _size(gauges: Gauges | None) -> tuple[float, bool] | None:
    if gauges is None:
        return None
    return gauges.width / LARGE.begins, SMALL.begins <= gauges.width <= LARGE.begins


def plain_line(view: LiveView) -> str:
    """Return one moment as a line, for a file or another program.

    Parameters
    ----------
    view : LiveView

    Returns
    -------
    str

    >>> plain_line(LiveView(12.0, "tracking", "running", 72.34, 0.97))
    '  12.0 s  measuring  72.3 bpm  confidence 0.97'
    >>> plain_line(LiveView(3.0, "searching", "running", hint="face_the_camera"))
    '   3.0 s  looking for a face  Face the camera.'
    """
    parts = [f"{view.time_s:6.1f} s", PHASE_WORDS[view.phase]]
    if view.rate_bpm is not None:
        parts.append(f"{view.rate_bpm:.1f} bpm")
    if view.confidence is not None:
        parts.append(f"confidence {view.confidence:.2f}")
    if view.hint is not None:
        parts.append(HINTS[view.hint])
    elif view.camera not in WITH_FRAMES and view.phase != "done":
        parts.append(CAMERA_STATES[view.camera].meaning)
    return "  ".join(parts)


class Display:
    """Shows views: as an image that changes in a terminal, as lines elsewhere.

    Parameters
    ----------
    console : rich.console.Console
    name : str
        Of the camera.
    """

    def __init__(self, console: Console, name: str) -> None:
        self._console, self._name = console, name
        self._live: Live | None = None
        self._next_s = 0.0
        self._ascii = not (console.encoding or "").lower().startswith("utf")

    def show(self, view: LiveView) -> None:
        """Show one moment.

        Parameters
        ----------
        view : LiveView
        """
        if self._live is not None:
            width = self._console.width
            drawn = render_view(view, self._name, width, ascii_only=self._ascii)
            self._live.update(drawn, refresh=True)
        elif view.time_s >= self._next_s and view.phase != "done":
            self._next_s = view.time_s + LINE_S
            self._console.print(plain_line(view), highlight=False, markup=False, soft_wrap=True)


@contextmanager
def display(console: Console, name: str) -> Iterator[Display]:
    """Show views until the end of the block, and leave the terminal as it was.

    Parameters
    ----------
    console : rich.console.Console
    name : str
        Of the camera.

    Yields
    ------
    Display
    """
    shown = Display(console, name)
    if not console.is_terminal:
        yield shown
        return
    # drawn when there is something new, so that no thread draws beside the measurement
    with Live(console=console, auto_refresh=False, transient=True) as live:
        shown._live = live
        yield shown
