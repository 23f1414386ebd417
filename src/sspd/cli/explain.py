"""``sspd explain``: show which parts of a face the network's waveform comes from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sspd.cli.messages import show
from sspd.errors import UsageError
from sspd.utils.files import check_output

IMAGE_SUFFIXES = (".png", ".svg", ".pdf")


def explain(
    source: Annotated[Path, typer.Argument(help="A video.")],
    plot: Annotated[
        Path, typer.Option("--plot", help="Image to write: .png, .svg or .pdf.")
    ] = Path("explained.png"),
    truth: Annotated[
        Path | None,
        typer.Option(
            "--truth",
            help="Contact waveform of the video (time_s,bvp), as in the paper; without it, the"
            " network's own output is explained.",
        ),
    ] = None,
    weights: Annotated[
        Path | None, typer.Option("--weights", help="Use this network: .safetensors.")
    ] = None,
    layer: Annotated[
        list[str] | None,
        typer.Option("--layer", help="ConvBlock1_Conv2 to ConvBlock3_Conv2.", show_default="all"),
    ] = None,
    start: Annotated[
        float, typer.Option("--start", min=0, help="Start at this time, seconds.")
    ] = 0.0,
    seconds: Annotated[
        float,
        typer.Option("--seconds", min=1, max=60, help="Length of the explained segment, seconds."),
    ] = 10.0,
    no_image: Annotated[
        bool, typer.Option("--no-image", help="Show the maps without the face.")
    ] = False,
) -> None:
    """Draw which parts of the face the network's waveform comes from (LayerCAM, Fig. 10)."""
    from sspd.research.datasets.folder import read_waveform
    from sspd.research.evaluate.explain import explain as run
    from sspd.research.figures.saliency import draw_saliency

    if plot.suffix.lower() not in IMAGE_SUFFIXES:
        raise UsageError(f"explain: --plot ends in {', '.join(IMAGE_SUFFIXES)}, got {plot.name!r}")
    check_output(plot)
    layers = [one for some in layer or [] for one in some.split(",") if one]
    known = None if truth is None else read_waveform(truth)
    found = run(
        source,
        weights=weights,
        reference=known,
        start_s=start,
        seconds=seconds,
        layers=layers or None,
    )
    score = "the contact waveform" if found.by_reference else "its own output"
    title = f"{source.name}, {start:g} to {start + seconds:g} s: LayerCAM by {score}"
    draw_saliency(plot, found.face, found.maps, title, image=not no_image)
    show(f"{plot}: LayerCAM of {', '.join(found.maps)}, by {score}")
