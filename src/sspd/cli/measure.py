"""``sspd measure``: videos in, heart rates out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sspd.cli.journals import close_journal, open_journal
from sspd.cli.messages import Messages
from sspd.cli.options import (
    Arithmetic,
    ClusterAddress,
    Engine,
    FaceBox,
    MethodName,
    WeightsFile,
    WindowLength,
)
from sspd.cli.values import check_span, parse_box
from sspd.errors import UsageError

if TYPE_CHECKING:
    from sspd.types import Vitals

#: Exit code of a run that Ctrl-C interrupted, as shells have it.
BROKEN_OFF = 130
#: Faces that can be measured: the largest one, or all.
FACES = ("largest", "all")


def measure(
    context: typer.Context,
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="SOURCE...",
            help="Videos, folders of videos, folders of images (with --fps), lists of videos"
            " (.csv, .parquet), or addresses (s3://, gs://, az://).",
        ),
    ],
    json: Annotated[
        Path | None,
        typer.Option(
            "--json", metavar="F.json", help="Write all results as JSON (-: to standard output)."
        ),
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option(
            "--csv", metavar="F.csv", help="Write one row per video (-: to standard output)."
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="F.html", help="Write a report to read or print."),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            "--plot",
            metavar="F.png",
            help="Write a plot of the result; of several videos: F-VIDEO.png each.",
        ),
    ] = None,
    signal: Annotated[
        Path | None,
        typer.Option(
            "--signal",
            metavar="F.csv",
            help="Write time, waveform, beats and the filtered waveform in which beats were"
            " detected; of several videos: F-VIDEO.csv each.",
        ),
    ] = None,
    overlay: Annotated[
        Path | None,
        typer.Option(
            "--overlay",
            metavar="F.mp4",
            help="Write the video with face box, rate and waveform; of several: F-VIDEO.mp4 each.",
        ),
    ] = None,
    no_image: Annotated[
        bool, typer.Option("--no-image", help="Leave the frames of the videos out of the report.")
    ] = False,
    method: MethodName = "sspd",
    weights: WeightsFile = None,
    window: WindowLength = 30.0,
    step: Annotated[
        float | None,
        typer.Option(
            "--step", metavar="S", help="Time between windows, seconds.", show_default="as --window"
        ),
    ] = None,
    start: Annotated[
        float, typer.Option("--start", metavar="S", min=0.0, help="Start at this time, seconds.")
    ] = 0.0,
    end: Annotated[
        float | None, typer.Option("--end", metavar="S", help="Stop at this time, seconds.")
    ] = None,
    fps: Annotated[
        float | None,
        typer.Option(
            "--fps",
            metavar="R",
            help="Frames per second, overrides the file; needed for raw streams (.h264).",
        ),
    ] = None,
    box: FaceBox = None,
    face: Annotated[
        str,
        typer.Option(
            "--face",
            help="Faces to measure: largest, or all (one row each; more files: F-face2.csv ...).",
        ),
    ] = "largest",
    precision: Arithmetic = "f32",
    smooth: Annotated[
        bool,
        typer.Option("--smooth", help="Let windows that are unsure lean on accepted neighbours."),
    ] = False,
    min_confidence: Annotated[
        float | None,
        typer.Option(
            "--min-confidence",
            metavar="C",
            help="Lowest confidence of an accepted window, 0 to 1.",
            show_default="0.6",
        ),
    ] = None,
    jobs: Annotated[
        int,
        typer.Option(
            "--jobs",
            metavar="N",
            min=0,
            help="Videos measured at the same time; 0: as many as cores and memory allow.",
        ),
    ] = 1,
    engine: Engine = "local",
    address: ClusterAddress = None,
    split: Annotated[
        float | None,
        typer.Option(
            "--split",
            metavar="S",
            min=0.0,
            help="Cut long videos into parts of S seconds, for several workers; 0: none.",
            show_default="600 with lists, stores and clusters",
        ),
    ] = None,
    parquet: Annotated[
        Path | None,
        typer.Option("--parquet", metavar="DIR", help="Write all results as Parquet shards."),
    ] = None,
    allow_http: Annotated[
        bool, typer.Option("--allow-http", help="Open http:// and https:// addresses too.")
    ] = False,
    limit: Annotated[
        float | None,
        typer.Option(
            "--limit",
            metavar="S",
            help="For untrusted videos: each in a process limited to S seconds and 4 GB.",
        ),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume", help="Continue the same command where it was interrupted or failed."
        ),
    ] = False,
) -> None:
    """Measure heart rate, variability and breathing in face videos.

    Prints a table. Exit code 0: all measured; 3: at least one video has no
    reliable pulse (the reasons are printed); 1: a video or an output failed; 2:
    wrong usage; 130: interrupted by Ctrl-C.

    Each result is kept in a journal beside the first output until everything is
    done. With it, --resume measures only what is missing, failed or changed.
    """
    from sspd.accel.process import tune_process

    tune_process()
    from sspd.cli import outputs as files
    from sspd.cli.corpus import Placing, is_corpus, measure_as_corpus
    from sspd.cli.inputs import list_videos
    from sspd.cli.progress import VideoMeter, collect_results
    from sspd.pipeline.batch import measure_many
    from sspd.types import MeasureOptions

    check_span(start, end)
    _check_usage(limit, report if not no_image else None, face)
    asked = {"json": json, "csv": csv, "report": report, "parquet": parquet}
    asked |= {"plot": plot, "signal": signal, "overlay": overlay}
    settings: dict[str, Any] = {
        "method": method,
        "weights": None if weights is None else str(weights),
        "window_s": window,
        "step_s": step,
        "start_s": start,
        "end_s": end,
        "fps": fps,
        "box": parse_box(box),
        "every_face": face == "all",
        "precision": precision,
        "smooth": smooth,
        "min_confidence": min_confidence,
    }
    if engine != "local" or address or split is not None or is_corpus(sources, asked):
        options = MeasureOptions(**settings)
        placing = Placing(engine, address, jobs, limit, split, allow_http, resume)
        raise typer.Exit(measure_as_corpus(context, sources, asked, options, placing))
    messages, found = Messages(), list(list_videos(sources))
    outputs = files.usable_outputs(asked, found, messages.fail, every_face=face == "all")
    if messages.failed:
        raise typer.Exit(2 if messages.misused else 1)
    files.hold_outputs(context, outputs, found)
    journal = open_journal(outputs, resume, messages)
    if journal is not None:
        context.call_on_close(journal.close)
    meter = VideoMeter(found)
    run = measure_many(
        [video for video, problem in found if problem is None],
        jobs=jobs,
        outputs=files.video_outputs(found, outputs),
        journal=journal,
        **settings,
        limit_s=limit,
        progress=meter.report,
    )
    results, broken_off = collect_results(
        run, found, method, messages, waveforms="report" in outputs, meter=meter
    )
    if results:
        files.write_whole(results, outputs, messages.fail, with_image=not no_image)
    unfinished = close_journal(journal, ended_well=not (broken_off or messages.failed))
    _print(results, unfinished, beside=files.to_standard_output(outputs))
    if broken_off:
        _tell_of_interrupt(messages, results, len(found), unfinished)
    raise typer.Exit(BROKEN_OFF if broken_off else messages.code(results))


def _check_usage(limit: float | None, report_with_image: Path | None, face: str) -> None:
    if limit is not None and report_with_image is not None:
        raise UsageError(
            "--limit opens videos in other processes only, but the frames of --report are read"
            " in this one; add --no-image"
        )
    if face not in FACES:
        raise UsageError(f"--face is one of {', '.join(FACES)}, not {face!r}")


def _tell_of_interrupt(
    messages: Messages, results: Sequence[Vitals], given: int, unfinished: bool
) -> None:
    from sspd.report.text import video_count

    how = "; the same command with --resume continues" if unfinished else ""
    messages.note(f"interrupted after {video_count(results)} of {given} videos{how}")


def _print(results: Sequence[Vitals], unfinished: bool, *, beside: bool = False) -> None:
    """The table; on standard error where ``beside`` results on standard output."""
    from sspd.cli.console import results_console
    from sspd.report.table import print_results, say
    from sspd.report.text import summary

    console = results_console(stderr=beside)
    if results:
        print_results(results, console)
    if len(results) > 1:
        again = "; --resume tries these again" if unfinished else ""
        failed = any(vitals.error is not None for vitals in results)
        say(summary(results) + (again if failed else ""), console)
