"""The network of this project, trained without labels."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, islice
from pathlib import Path

from sspd.containers import Frames, Signal
from sspd.methods.base import Method
from sspd.signal import standardise

CITATION = (
    "X. Zhang, W. Sun, H. Lu, Y. Chen, Y. Ge, X. Huang, J. Yuan, Y. Chen, Self-similarity "
    "prior distillation for unsupervised remote physiological measurement, IEEE "
    "Transactions on Multimedia, 2024"
)

#: How many pieces of faces held still may wait for the network.
PIECES_AHEAD = 2


def build(
    *,
    weights: str | Path | None = None,
    precision: str = "f32",
    threads: int | None = None,
) -> Method:
    """Load the network, and wrap it as a method.

    A value of the network's output belongs between the two pictures whose difference it
    came from, half a step after the earlier one; each sum up to a value belongs half a
    step later still.

    Raises
    ------
    WeightsError
        Weights that cannot be used.
    """
    from sspd.face.follow import crop_px, network_pieces
    from sspd.runtime import SHORTEST, load_network
    from sspd.runtime.ahead import ahead
    from sspd.views.grid import network_input_pieces

    network = load_network(weights, precision=precision, threads=threads)
    spec = network.spec
    lag = 0.5 + 0.5 * spec.summations

    def run(faces: Iterable[Frames]) -> Signal | None:
        pieces = (piece for piece in faces if len(piece))
        first = next(pieces, None)
        if first is None:
            return None
        # following the head costs as much as the network: the two run side by side
        seen = ahead(network_pieces(chain([first], pieces), spec.size, spec.follow), PIECES_AHEAD)
        differences = network_input_pieces(seen, spec.fs)
        enough = list(islice(differences, SHORTEST))
        if len(enough) < SHORTEST:
            return None
        wave = standardise(network(chain(enough, differences)))
        return Signal(wave, spec.fs, float(first.t[0]) + lag / spec.fs)

    size = crop_px(spec.size, spec.follow)
    return Method(
        "sspd", CITATION, spec.fs, size, run, weights=spec.name, confidence=spec.confidence
    )
