"""The outputs of ``sspd live``: a recording, an annotated video, lines of JSON, LSL."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sspd.errors import OutputError

if TYPE_CHECKING:
    from sspd.live.recorder import Recorder
    from sspd.live.view import LiveView
    from sspd.pipeline.camera import CameraSource
    from sspd.types import Vitals

#: Called with each view of a live measurement.
OnView = Callable[["LiveView"], object]


def recording(
    stack: ExitStack, record: Path | None, overlay: Path | None, fps: float
) -> tuple[Recorder | None, Path | None]:
    """Begin the recording that is asked for, or that an annotated video needs.

    Parameters
    ----------
    stack : ExitStack
        Gives it up if the command fails.
    record, overlay : Path or None
    fps : float
        Nominal frame rate, Hz.

    Returns
    -------
    recorder : Recorder or None
    path : Path or None
        Of the recording; a temporary one, where only the annotated video is asked for.
    """
    from sspd.live.recorder import Recorder

    if record is None and overlay is None:
        return None, None
    path = record
    if path is None:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="sspd-"))
        path = Path(folder) / "live.mkv"
    return stack.enter_context(Recorder(path, fps)), path


def write_overlays(results: Sequence[Vitals], recorded: Path, overlay: Path) -> None:
    """Write the annotated video of a recording.

    Parameters
    ----------
    results : sequence of Vitals
    recorded : Path
        The recording.
    overlay : Path
        An .mp4 file.
    """
    from sspd.report.overlay import write_overlay

    write_overlay(replace(results[0], source=str(recorded)), overlay)


def json_line_writer(stack: ExitStack, path: Path | None) -> OnView:
    """Open the file of JSON lines, and return what writes a view to it.

    Each line is written at once, so that a reader can follow; so it is the one output that is
    there before the end.

    Parameters
    ----------
    stack : ExitStack
        Closes the file.
    path : Path or None
        ``-`` is standard output.

    Returns
    -------
    callable
    """
    from sspd.live.messages import final_message, ready_message, to_line, update_message

    if path is None:
        return lambda view: None
    file: Any = sys.stdout
    if str(path) != "-":
        try:
            file = stack.enter_context(path.open("w", encoding="utf-8"))
        except OSError as error:
            raise OutputError(f"{path}: cannot be written ({error.strerror})") from error

    def write(message: dict[str, Any]) -> None:
        file.write(to_line(message))
        file.flush()

    def write_view(view: LiveView) -> None:
        if view.phase == "done":
            write(final_message(view.results))
        elif view.update is not None:
            more = {"phase": view.phase, "camera": view.camera, "live_hint": view.hint}
            write(update_message(view.update, shown_bpm=view.rate_bpm, **more))

    write(ready_message())
    return write_view


def lsl_sender(camera: CameraSource, fs: float) -> OnView:
    """Open the streams of LSL, and return what sends a view to them.

    Parameters
    ----------
    camera : CameraSource
    fs : float
        Rate of the waveform, Hz.

    Returns
    -------
    callable
    """
    from sspd.live.lsl import LslStreams

    streams = LslStreams("sspd", fs)
    return lambda view: streams.send(view, camera.time_s)
