"""Methods that are networks of other papers: faces on a grid, in clips, to a waveform."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from sspd.containers import Frames, Signal
from sspd.errors import UsageError, WeightsError
from sspd.methods.base import Method
from sspd.recipes.baselines import get_baseline
from sspd.signal import standardise

NEEDS = "weights, which you train (sspd train --recipe); the light that they were trained on"


def build_learned(
    name: str,
    citation: str,
    *,
    weights: str | Path | None = None,
    precision: str = "f32",
    threads: int | None = None,
) -> Method:
    """Load the network of a method, and wrap it.

    Parameters
    ----------
    name : str
        Of the method, which is that of its paper's recipe.
    citation : str
    weights : path or None
        What `sspd train` wrote.
    precision : str
    threads : int or None
        See `sspd.runtime.load_clip_network`.

    Raises
    ------
    UsageError
        No weights.
    WeightsError
        Weights that cannot be used, or of another method.
    """
    from sspd.runtime import load_clip_network
    from sspd.views.grid import grid_pieces

    if weights is None:
        raise UsageError(
            f"the method {name!r} needs --weights: none come with the package; sspd train"
            f" NAME:PATH --recipe {name}-laptop (or {name}) makes some"
        )
    network = load_clip_network(weights, precision=precision, threads=threads)
    spec = network.spec
    wanted = get_baseline(name).network.network
    if spec.network != wanted:
        raise WeightsError(f"{weights}: holds a {spec.network!r}, the method needs a {wanted!r}")

    def run(faces: Iterable[Frames]) -> Signal | None:
        pieces = (piece for piece in faces if len(piece))
        first = next(pieces, None)
        if first is None:
            return None
        wave = network(grid_pieces(chain([first], pieces), spec.fs))
        if wave is None:
            return None
        start_s = float(first.t[0]) + spec.lag_steps / spec.fs
        return Signal(standardise(wave), spec.fs, start_s)

    return Method(
        name,
        citation,
        spec.fs,
        spec.size,
        run,
        weights=spec.name or Path(weights).name,
        confidence=spec.confidence,
        needs=NEEDS,
    )
