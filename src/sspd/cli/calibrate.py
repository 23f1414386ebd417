"""``sspd calibrate``: give weights a confidence, fitted to simulated videos."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sspd.cli.console import interruptible, print_table
from sspd.cli.messages import show
from sspd.cli.phases import phases

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sspd.research.calibration.score import ConfidenceScore


def calibrate(
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            help="New files: NAME.safetensors and NAME.onnx; NAME.json for a method without"
            " weights.",
        ),
    ],
    weights: Annotated[
        str | None,
        typer.Argument(
            help="The weights, .safetensors, or .onnx beside its checkpoint.",
            show_default="those of the package",
        ),
    ] = None,
    method: Annotated[
        str,
        typer.Option("--method", help="Method that measures with the weights; see sspd methods."),
    ] = "sspd",
    n: Annotated[
        int, typer.Option("--n", min=1, help="Number of simulated videos that it is fitted to.")
    ] = 360,
    held_out: Annotated[
        int,
        typer.Option("--held-out", min=1, help="Number of other videos, on which it is scored."),
    ] = 120,
    seconds: Annotated[
        float, typer.Option("--seconds", help="Length of each video, seconds.")
    ] = 30.0,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Same seed, same videos.")] = 0,
    jobs: Annotated[
        int, typer.Option("--jobs", min=1, help="Number of processes that simulate and measure.")
    ] = 1,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--folder",
            help="Folder for what was measured, from which the same command continues.",
            show_default="--out with -videos behind it",
        ),
    ] = None,
    equalizer: Annotated[
        bool,
        typer.Option(
            "--equalizer",
            help="Fit the equalizer of the waveform alone (minutes), and keep the confidence.",
        ),
    ] = False,
) -> None:
    """Fit a confidence to simulated videos, and write the weights anew with it.

    With the defaults it takes two to three hours of one core. The same command
    continues where it was stopped.
    """
    from sspd.research.api.calibrate import calibrate as run
    from sspd.research.calibration.collect import KEPT

    with interruptible(KEPT), phases(Measuring="videos") as shown:
        found = run(
            weights,
            out,
            method=method,
            n=n,
            held_out=held_out,
            seconds=seconds,
            seed=seed,
            jobs=jobs,
            folder=folder,
            equalizer=equalizer,
            progress=shown.progress,
        )
    if found.equalizer is not None:
        taps, delay_ms = len(found.equalizer.taps), 1000 * found.equalizer.delay_s
        show(f"equalizer: {taps} taps, corrects a delay of {delay_ms:.1f} ms")
    else:
        print_table(_table(found.scores))
        show(f"fitted to {found.n_readings} readings of {found.n_videos} simulated videos")
    show(f"written: {', '.join(str(file) for file in found.files)}")


def _table(scores: Sequence[ConfidenceScore]) -> str:
    """Return the scores of the confidence on held-out simulated videos, in Markdown."""
    heads = ["windows", "videos", "windows", "readings wrong", "ECE", "AUROC", "accepted"]
    heads += ["accepted and wrong", "right ones accepted"]
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for one in scores:
        length = "all" if one.window_s is None else f"{one.window_s:g} s"
        shares = (one.accepted, one.accepted_wrong, one.right_accepted)
        cells = [length, str(one.n_videos), str(one.n_windows), f"{one.wrong:.0%}"]
        cells += [f"{one.ece:.3f}", f"{one.auroc:.3f}", *(f"{share:.1%}" for share in shares)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", "On held-out simulated videos."]) + "\n"
