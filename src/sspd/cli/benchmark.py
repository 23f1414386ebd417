"""``sspd benchmark``: the size and speed of networks, the paper's Table IV on this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from sspd.cli.console import interruptible, print_table
from sspd.errors import UsageError
from sspd.utils.files import check_output
from sspd.utils.packages import require
from sspd.utils.progress import Meter


def benchmark(
    method: Annotated[
        list[str] | None,
        typer.Option("--method", help="Networks, with commas or repeated.", show_default="all"),
    ] = None,
    runtime: Annotated[
        list[str] | None,
        typer.Option(
            "--runtime",
            help="Runtimes: torch, openvino, cuda.",
            show_default="all that are installed",
        ),
    ] = None,
    frames: Annotated[
        int, typer.Option("--frames", min=4, help="Length of the clip, frames.")
    ] = 300,
    size: Annotated[
        int, typer.Option("--size", min=64, help="Height and width of the faces, pixels.")
    ] = 128,
    repeats: Annotated[int, typer.Option("--repeats", min=1, help="Number of timed rounds.")] = 5,
    threads: Annotated[
        int | None,
        typer.Option("--threads", min=1, help="Number of CPU threads.", show_default="all"),
    ] = None,
    scores: Annotated[
        Path | None,
        typer.Option(
            "--scores", help="Folder of an evaluation: plot its errors against these times."
        ),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Plot of accuracy against cost; needs --scores.")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the times of every round.")
    ] = None,
) -> None:
    """Compare size and speed of networks on this machine, beside the paper's Table IV."""
    require("torch", extra="train", purpose="a comparison of networks")
    from sspd.research.evaluate.cost import COMPARED_NETWORKS, available_runtimes, measure_costs
    from sspd.research.evaluate.cost_table import cost_json, cost_points, cost_table, read_errors

    if (scores is None) != (plot is None):
        raise UsageError("benchmark: --plot needs the errors of --scores; give both options")
    for file in (json_file, plot):
        if file is not None:
            check_output(file)
    errors = {} if scores is None else read_errors(scores)
    names = [one for some in method or COMPARED_NETWORKS for one in some.split(",") if one]
    places = [one for some in runtime or available_runtimes() for one in some.split(",") if one]
    with interruptible("nothing was written"), Meter("Timing", repeats + 1, "rounds") as meter:
        costs = measure_costs(
            names,
            places,
            frames=frames,
            size=size,
            repeats=repeats,
            threads=threads,
            progress=meter.update,
        )
    if plot is not None:
        from sspd.research.figures.costs import draw_costs

        points = cost_points(costs, errors, places[0])
        draw_costs(plot, points, f"{frames} frames of {size}x{size} on {places[0]}; {scores}")
    print_table(cost_table(costs, frames=frames, size=size))
    if json_file is not None:
        from sspd.utils.files import whole_file

        facts = cost_json(costs, frames=frames, size=size, threads=threads)
        with whole_file(json_file) as part:
            part.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
