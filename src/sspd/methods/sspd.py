"""The self-similarity prior distillation network of this project, trained without labels."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, islice
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sspd.methods.method import Method, MethodEntry
from sspd.signal import standardise
from sspd.types import Frames, Signal

if TYPE_CHECKING:
    from sspd.network import Network

CITATION = (
    "X. Zhang, W. Sun, H. Lu, Y. Chen, Y. Ge, X. Huang, J. Yuan, Y. Chen, Self-similarity "
    "prior distillation for unsupervised remote physiological measurement, IEEE "
    "Transactions on Multimedia, 2024"
)

#: Requirement of the method on the video and its weights.
SSPD_WEIGHTS = "weights; the light that they were trained on (shipped: colour)"


def build(
    *,
    weights: str | Path | None = None,
    precision: str = "f32",
    threads: int | None = None,
) -> Method:
    """Load the SSPD network and wrap it as a `Method`.

    The time of each output value follows from `NetworkSpec.lag_steps`.

    Parameters
    ----------
    weights : path or None
        None means the weights shipped with the package.
    precision : str
        See `sspd.network.load_network`.
    threads : int or None
        See `sspd.network.load_network`.

    Returns
    -------
    Method

    Raises
    ------
    WeightsError
        The weights cannot be used.
    """
    from sspd.accel.prefetch import prefetch
    from sspd.face.stabilize import crop_px, network_chunks
    from sspd.face.track import CROP_CHUNK_FRAMES
    from sspd.network import SHORTEST, load_network
    from sspd.network.inputs import input_chunks
    from sspd.network.stream import BLOCK_FRAMES

    network = load_network(weights, precision=precision, threads=threads)
    spec, ahead = network.spec, ceil(BLOCK_FRAMES / CROP_CHUNK_FRAMES)

    def run(faces: Iterable[Frames]) -> Signal | None:
        chunks = (chunk for chunk in faces if len(chunk))
        first = next(chunks, None)
        if first is None:
            return None
        start_s = float(first.t[0])
        # Stabilization costs as much as the network, so the two run in parallel: while the
        # network processes one block of frames, the next block is prepared.
        stable = prefetch(network_chunks(chain([first], chunks), spec.size, spec.follow), ahead)
        del first  # or its frames would stay in memory until the end of the segment
        rows = input_chunks(stable, spec)
        enough = list(islice(rows, SHORTEST))
        if len(enough) < SHORTEST:
            return None
        wave = standardise(network(chain(enough, rows)))
        return Signal(wave, spec.fs, start_s + spec.lag_steps / spec.fs)

    size = crop_px(spec.size, spec.follow)
    return Method(
        "sspd",
        CITATION,
        spec.fs,
        size,
        run,
        weights=spec.name,
        confidence=spec.confidence,
        needs=SSPD_WEIGHTS,
        prepare=network.begin,
    )


ENTRY = MethodEntry("sspd", CITATION, build, SSPD_WEIGHTS)


def native_waveform(network: Network, faces: Frames) -> Signal | None:
    """Run the network on frames at their own rate, without resampling to its grid.

    The network treats them as frames at its own rate, and its output is returned at theirs.
    Fig. 7 of the paper does so for videos of half and double the rate.

    Parameters
    ----------
    network : Network
        From `sspd.network.load_network`.
    faces : Frames
        Crops of one fixed box; their rate is taken from the mean step of their timestamps.

    Returns
    -------
    Signal or None
        None for too few frames.
    """
    from sspd.face.stabilize import network_frames
    from sspd.network import SHORTEST
    from sspd.network.inputs import input_rows

    if len(faces) <= SHORTEST:
        return None
    fs = (len(faces) - 1) / float(faces.t[-1] - faces.t[0])
    stable = network_frames(faces, network.spec.size, network.spec.follow)
    pixels = stable.rgb.astype(np.float32) * np.float32(255 / stable.max_value)
    wave = standardise(network(input_rows(pixels, network.spec), fs))
    return Signal(wave, fs, float(faces.t[0]) + network.spec.lag_steps / fs)
