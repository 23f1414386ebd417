"""The self-similarity prior distillation network of this project, trained without labels."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, islice
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sspd.methods.method import Method, MethodEntry, OnSignal, Stages
from sspd.signal import equalize_signal, standardise
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
        None means the weights shipped with the package; weights of the small network are a
        method of their own (`sspd.methods.nano`).
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
    from sspd.network.load import find_weights
    from sspd.network.nano_load import holds_nano

    if weights is not None and holds_nano(weights := find_weights(weights)):
        from sspd.methods.nano import build_nano

        needs = CITATION, SSPD_WEIGHTS
        return build_nano(*needs, weights=weights, precision=precision, threads=threads)
    return _build_large(weights, precision, threads)


def _build_large(weights: str | Path | None, precision: str, threads: int | None) -> Method:
    from sspd.face.chunker import CROP_CHUNK_FRAMES
    from sspd.face.stabilize import crop_px, network_chunks
    from sspd.network import SHORTEST, load_network
    from sspd.network.inputs import input_chunks
    from sspd.network.stream import BLOCK_FRAMES

    network = load_network(weights, precision=precision, threads=threads)
    spec = network.spec

    def crops(faces: Iterable[Frames]) -> Iterable[Frames]:
        return network_chunks((chunk for chunk in faces if len(chunk)), spec.size, spec.follow)

    def waveform(faces: Iterable[Frames], on_signal: OnSignal | None) -> Signal | None:
        chunks = iter(faces)
        first = next(chunks, None)
        if first is None:
            return None
        start_s = float(first.t[0]) + spec.lag_steps / spec.fs
        rows = input_chunks(chain([first], chunks), spec)
        del first  # or its frames would be held as long as the segment lasts
        enough = list(islice(rows, SHORTEST))
        if len(enough) < SHORTEST:
            return None

        def signal(wave: NDArray[np.float64]) -> Signal:
            return Signal(standardise(wave), spec.fs, start_s)

        on_output = None if on_signal is None else lambda wave: on_signal(signal(wave))
        return signal(network(chain(enough, rows), on_output=on_output))

    # stabilizing costs as much as the network: they run side by side, and while the network
    # works on one block, the crops of the next wait
    stages = Stages(waveform, crops, ahead=ceil(BLOCK_FRAMES / CROP_CHUNK_FRAMES))
    size = crop_px(spec.size, spec.follow)
    return Method(
        "sspd",
        CITATION,
        spec.fs,
        size,
        stages.run,
        weights=spec.name,
        confidence=spec.confidence,
        needs=SSPD_WEIGHTS,
        prepare=network.begin,
        stages=stages,
        equalizer=spec.equalizer,
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
    signal = Signal(wave, fs, float(faces.t[0]) + network.spec.lag_steps / fs)
    return equalize_signal(signal, network.spec.equalizer)
