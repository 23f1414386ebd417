"""``sspd live``: measure what a camera sees, and show it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from sspd.cli.messages import Messages
from sspd.cli.options import Arithmetic, FaceBox, MethodName, WeightsFile, WindowLength
from sspd.cli.values import parse_box
from sspd.errors import OutputError, UsageError
from sspd.utils.locks import claim

if TYPE_CHECKING:
    from rich.console import Console

    from sspd.report.result import Vitals
    from sspd.types import MeasureOptions


def live(
    camera: Annotated[
        str | None,
        typer.Option(
            "--camera",
            metavar="N",
            help="Number of the camera, its device (/dev/video2), or an address (rtsp://...).",
            show_default="0",
        ),
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option(
            "--source", metavar="F", help="Play this video, or read this FIFO, as if live."
        ),
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(
            "--seconds",
            metavar="S",
            help="End after this time, 8 s or more.",
            show_default="with Ctrl-C",
        ),
    ] = None,
    method: MethodName = "sspd",
    weights: WeightsFile = None,
    precision: Arithmetic = "f32",
    window: WindowLength = 30.0,
    box: FaceBox = None,
    record: Annotated[
        Path | None,
        typer.Option(
            "--record",
            metavar="F.mkv",
            help="Write exactly the frames that are measured, about 5 MB a second.",
        ),
    ] = None,
    overlay: Annotated[
        Path | None,
        typer.Option(
            "--overlay",
            metavar="F.mp4",
            help="At the end, write the video with face box, rate and waveform.",
        ),
    ] = None,
    json_lines: Annotated[
        Path | None,
        typer.Option(
            "--json-lines",
            metavar="F",
            help="Write each update as a line of JSON (-: to standard output).",
        ),
    ] = None,
    lsl: Annotated[
        bool, typer.Option("--lsl", help="Send waveform, rate and beats to LSL (extra lsl).")
    ] = False,
) -> None:
    """Measure heart rate and breathing from a camera, live.

    In a terminal it shows the waveform, the rate with its confidence, gauges of
    light and face, and one hint at a time; elsewhere it prints a line a second.
    At the end there is a result as of `sspd measure`. Exit codes are the same;
    Ctrl-C ends it with a result.
    """
    from sspd.accel.process import tune_process

    tune_process()
    from sspd.types import MeasureOptions

    if camera is not None and source is not None:
        raise UsageError("give --camera or --source, not both")
    if seconds is not None and not 8 <= seconds <= 86_400:
        raise UsageError(f"--seconds needs 8 to 86400, got {seconds:g}")
    options = MeasureOptions(
        method=method,
        weights=None if weights is None else str(weights),
        precision=precision,
        window_s=window,
        end_s=seconds,
        box=parse_box(box),
    )
    outputs = _Outputs(record, overlay, json_lines, lsl)
    _check(outputs, source)
    with ExitStack() as stack:
        stack.enter_context(claim([path for path in outputs.files if not _is_stdout(path)]))
        results, interrupted = _measure(stack, source or camera or "0", options, outputs)
    raise typer.Exit(130 if interrupted else Messages().code(results))


class _Outputs(NamedTuple):
    record: Path | None
    overlay: Path | None
    json_lines: Path | None
    lsl: bool

    @property
    def files(self) -> list[Path]:
        """The files that are asked for."""
        named = (self.record, self.overlay, self.json_lines)
        return [path for path in named if path is not None]


def _check(outputs: _Outputs, source: Path | None) -> None:
    """Say at once which output cannot be written."""
    for path in outputs.files:
        if source is not None and os.path.realpath(path) == os.path.realpath(source):
            raise OutputError(f"{path}: is the source, which would be lost")
    from sspd.live.recorder import check_recording
    from sspd.report.outputs import check_result_output

    if outputs.record is not None:
        check_recording(outputs.record)
        check_result_output("record", outputs.record)
    if outputs.overlay is not None:
        check_result_output("overlay", outputs.overlay)
    if outputs.json_lines is not None and not _is_stdout(outputs.json_lines):
        check_result_output("json_lines", outputs.json_lines)


def _is_stdout(path: Path | None) -> bool:
    return path is not None and str(path) == "-"


def _measure(
    stack: ExitStack, which: str | Path, options: MeasureOptions, outputs: _Outputs
) -> tuple[list[Vitals], bool]:
    """Run one measurement; its results, and whether Ctrl-C ended it."""
    from sspd.cli.console import results_console
    from sspd.cli.live_outputs import json_line_writer, lsl_sender, recording, write_overlays
    from sspd.live.display import display
    from sspd.live.run import LiveMeasurement
    from sspd.live.warm_up import warm_up
    from sspd.pipeline import load_method, open_camera
    from sspd.report.table import print_results

    camera = stack.enter_context(open_camera(which))
    method = load_method(options)
    camera.check()  # before the seconds that the preparation takes
    console = results_console(stderr=_is_stdout(outputs.json_lines))
    with _preparing(console):
        warm_up(options, method)
    name = camera.info.name
    stopped = stack.enter_context(stop_at_ctrl_c())
    fps = camera.info.fps or 30.0
    recorder, recorded = recording(stack, outputs.record, outputs.overlay, fps)
    write_view = json_line_writer(stack, outputs.json_lines)
    send = lsl_sender(camera, method.fs) if outputs.lsl else None
    measurement = LiveMeasurement(camera, options, method, recorder=recorder, stopped=stopped)
    with display(console, name) as shown:
        for view in measurement.views():
            shown.show(view)
            write_view(view)
            if send is not None:
                send(view)
    if recorder is not None:
        recorder.close()
    results = list(measurement.results)
    print_results(results, console)
    if outputs.overlay is not None and recorded is not None:
        write_overlays(results, recorded, outputs.overlay)
    return results, stopped()


@contextmanager
def _preparing(console: Console) -> Iterator[None]:
    if not console.is_terminal:
        yield
        return
    with console.status("preparing", refresh_per_second=4):
        yield


@contextmanager
def stop_at_ctrl_c() -> Iterator[Callable[[], bool]]:
    """Make the first Ctrl-C a wish to end; a second one interrupts as always.

    Yields
    ------
    callable
        Whether it was pressed.
    """
    pressed = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield pressed.is_set
        return
    before = signal.getsignal(signal.SIGINT)

    def press(number: int, frame: object) -> None:
        signal.signal(signal.SIGINT, before)
        pressed.set()

    signal.signal(signal.SIGINT, press)
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, before)
