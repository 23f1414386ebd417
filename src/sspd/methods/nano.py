"""The small streaming network, which the self-similarity network of this project teaches."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sspd.methods.method import Method, OnSignal, Stages
from sspd.signal import standardise
from sspd.types import Frames, Signal

#: A segment with fewer faces on the grid gives no waveform.
FEWEST_FACES = 4
#: Prepared chunks that may wait for the network.
_AHEAD = 2


def build_nano(
    citation: str,
    needs: str,
    *,
    weights: str | Path,
    precision: str = "f32",
    threads: int | None = None,
) -> Method:
    """Load the small network and wrap it as a `Method` with the name ``sspd``.

    Parameters
    ----------
    citation, needs : str
        See `Method`.
    weights : path
        A file of the small network.
    precision, threads
        See `sspd.network.nano_load.load_stream_network`.

    Returns
    -------
    Method

    Raises
    ------
    WeightsError
        The weights cannot be used.
    UsageError
        The network does not run in this precision.
    """
    from sspd.face.stabilize import crop_px, network_chunks
    from sspd.network.grid import grid_chunks
    from sspd.network.nano_load import load_stream_network

    network = load_stream_network(weights, precision=precision, threads=threads)
    spec = network.spec

    def crops(faces: Iterable[Frames]) -> Iterable[Frames]:
        return network_chunks((chunk for chunk in faces if len(chunk)), spec.size, spec.follow)

    def waveform(faces: Iterable[Frames], on_signal: OnSignal | None) -> Signal | None:
        chunks = iter(faces)
        first = next(chunks, None)
        if first is None:
            return None
        start_s = float(first.t[0]) + spec.lag_steps / spec.fs

        def signal(wave: NDArray[np.float64]) -> Signal:
            return Signal(standardise(wave), spec.fs, start_s)

        on_output = None if on_signal is None else lambda wave: on_signal(signal(wave))
        wave = network(grid_chunks(chain([first], chunks), spec.fs), on_output=on_output)
        return signal(wave) if wave.size >= FEWEST_FACES else None

    stages = Stages(waveform, crops, ahead=_AHEAD)
    return Method(
        "sspd",
        citation,
        spec.fs,
        crop_px(spec.size, spec.follow),
        stages.run,
        weights=spec.name,
        confidence=spec.confidence,
        needs=needs,
        prepare=network.begin,
        stages=stages,
        equalizer=spec.equalizer,
    )
