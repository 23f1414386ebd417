"""``sspd simulate``: videos of faces with a known pulse, and their true rates."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sspd.cli.console import interruptible
from sspd.cli.messages import show
from sspd.cli.options import ClusterAddress, Engine, jobs_of
from sspd.cli.phases import phases
from sspd.errors import UsageError


def simulate(
    context: typer.Context,
    out: Annotated[Path, typer.Argument(help="Folder for the videos; created if missing.")],
    n: Annotated[int, typer.Option("--n", min=1, help="Number of videos.")] = 12,
    seconds: Annotated[
        float, typer.Option("--seconds", help="Length of each video, seconds.")
    ] = 30.0,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Same seed, same videos.")] = 0,
    fps: Annotated[float | None, typer.Option("--fps", help="Frames per second.")] = None,
    size: Annotated[str, typer.Option("--size", help="Width x height, pixels.")] = "640x480",
    preset: Annotated[
        str,
        typer.Option(
            "--preset",
            help="Kind of video: varied, still, talking, translation, rotation, nodding, drift,"
            " flicker, swinging, compressed, weak, train1; or a whole scene with heart, light,"
            " camera and codec: home, call, phone, car, ward, gym, dim, null2 (no pulse), or"
            " one of these for each video: train, validation, suite2.",
        ),
    ] = "varied",
    layout: Annotated[
        str,
        typer.Option(
            "--layout",
            help="folder: videos, and truth/ beside them; faces: only the face crops, for"
            " training, many times faster than videos; or the name of a dataset (see sspd"
            " datasets): files as in that dataset, and truth/ beside them.",
        ),
    ] = "folder",
    jobs: Annotated[
        int,
        typer.Option(
            "--jobs", min=1, help="Videos at the same time, for the layouts folder and faces."
        ),
    ] = 1,
    engine: Engine = "local",
    address: ClusterAddress = None,
) -> None:
    """Write videos of simulated faces with a known pulse, and their true rates in truth/.

    A complete video with the same options is kept. Another file of that name is
    never overwritten.
    """
    from sspd.research.api.simulate import KEPT
    from sspd.research.api.simulate import simulate as run

    with interruptible(KEPT), phases(Simulating="videos") as shown:
        made = run(
            out,
            n,
            seconds=seconds,
            seed=seed,
            fps=fps,
            size=_parse_size(size),
            preset=preset,
            layout=layout,
            jobs=jobs_of(context, engine, jobs),
            engine=engine,
            address=address,
            progress=shown.progress,
        )
    what = "faces of " if layout == "faces" else ""
    kept = n - made.n_written
    show(f"{out}: {what}{made.n_written} videos written, {kept} kept, truth in truth/")


def _parse_size(size: str) -> tuple[int, int]:
    sides = size.lower().split("x")
    if len(sides) != 2 or not all(side.isdecimal() for side in sides):
        raise UsageError(f"simulate: --size must be like 640x480, got {size!r}")
    return int(sides[0]), int(sides[1])
