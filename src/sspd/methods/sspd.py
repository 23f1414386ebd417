"""The network of this project, trained without labels."""

from __future__ import annotations

from pathlib import Path

from sspd.containers import FaceSegment, Signal
from sspd.methods.base import Method
from sspd.signal import standardise

CITATION = (
    "X. Zhang, W. Sun, H. Lu, Y. Chen, Y. Ge, X. Huang, J. Yuan, Y. Chen, Self-similarity "
    "prior distillation for unsupervised remote physiological measurement, IEEE "
    "Transactions on Multimedia, 2024"
)
#: The network is fully convolutional in time but halves its rate once.
_FEWEST_DIFFERENCES = 4


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
    from sspd.face.follow import crop_px, network_faces
    from sspd.runtime import load_network
    from sspd.views.grid import network_input

    network = load_network(weights, precision=precision, threads=threads)
    spec = network.spec
    lag = 0.5 + 0.5 * spec.summations

    def run(segment: FaceSegment) -> Signal | None:
        faces = segment.faces
        if len(faces) < 2 or (faces.t[-1] - faces.t[0]) * spec.fs < _FEWEST_DIFFERENCES:
            return None
        seen = network_faces(faces, spec.size, spec.follow)
        wave = standardise(network(network_input(seen, spec.fs)))
        return Signal(wave, spec.fs, float(faces.t[0]) + lag / spec.fs)

    size = crop_px(spec.size, spec.follow)
    return Method("sspd", CITATION, spec.fs, size, run, weights=spec.name)
