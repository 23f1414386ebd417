"""``sspd demo``: measure a simulated face with a known pulse, to test the installation."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from sspd.utils.places import make_folder

#: Length of the video, seconds, and its seed; it has noise, motion and compression.
DEMO_S = 30.0
DEMO_SEED = 11


def demo(
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder for video and report.")
    ] = Path("demo"),
    hr: Annotated[
        float, typer.Option("--hr", min=42, max=190, help="Heart rate to simulate, bpm.")
    ] = 72.0,
    show: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the report when done.")
    ] = True,
) -> None:
    """Simulate a face with a known pulse, measure it, and compare.

    Writes DIR/face.mp4 with its true heart rate, and DIR/result.json, .png and
    .html.
    """
    from sspd.pipeline import measure
    from sspd.report.html import write_html
    from sspd.report.json import write_json
    from sspd.report.plots import plot_vitals
    from sspd.report.text import NOTICE, headline
    from sspd.simulation import VideoSpec, truth, write_truth, write_video

    make_folder(out)
    video = out / "face.mp4"
    spec = VideoSpec(
        seed=DEMO_SEED, duration_s=DEMO_S, hr_bpm=hr, noise_levels=1.5, background="blobs"
    )
    typer.echo(f"simulating {DEMO_S:g} s of a face with a pulse of about {hr:g} bpm ...")
    write_video(spec, video)
    write_truth(spec, video)
    typer.echo("measuring it ...")
    vitals = measure(video)
    write_json([vitals], out / "result.json")
    plot_vitals(vitals, out / "result.png")
    write_html([vitals], out / "result.html")
    known = truth(spec)
    typer.echo(f"truth     {known.hr_bpm:.1f} bpm")
    typer.echo(f"estimate  {headline(vitals)}")
    for name in ("face.mp4", "result.json", "result.png", "result.html"):
        typer.echo(f"wrote     {out / name}")
    typer.echo(NOTICE)
    # only for a person at a terminal, never from a script or a build
    if show and sys.stdout.isatty():
        typer.launch(str(out / "result.html"))
    if not vitals.accepted:
        raise typer.Exit(3)
