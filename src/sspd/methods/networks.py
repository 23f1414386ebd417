"""Methods that are networks of other papers and process clips of frames on a uniform grid.

Each one is an entry of the table at the end of this file; `sspd train` makes its weights.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sspd.errors import UsageError, WeightsError
from sspd.methods.method import Method, MethodEntry, OnSignal, Stages
from sspd.signal import standardise
from sspd.types import Frames, Signal

NEEDS = "weights, which you train (sspd train --recipe); the light that they were trained on"


def build_network(
    name: str,
    citation: str,
    architecture: str,
    *,
    weights: str | Path | None = None,
    precision: str = "f32",
    threads: int | None = None,
) -> Method:
    """Load the network of a published method and wrap it as a `Method`.

    Parameters
    ----------
    name : str
        Name of the method, which is also the name of its training recipe.
    citation : str
        Publication: authors, title, venue, year.
    architecture : str
        A name in `sspd.models.baselines.NETWORKS`.
    weights : path or None
        A weights file written by `sspd train`; None raises an error.
    precision : str
        See `sspd.network.load_clip_network`.
    threads : int or None
        See `sspd.network.load_clip_network`.

    Returns
    -------
    Method

    Raises
    ------
    UsageError
        No weights are given.
    WeightsError
        The weights cannot be used, or belong to another method.
    """
    from sspd.network import load_clip_network
    from sspd.network.grid import grid_chunks

    if weights is None:
        raise UsageError(
            f"the method {name!r} needs --weights: none come with the package; sspd train"
            f" NAME:PATH --recipe {name}-laptop (or {name}) makes some"
        )
    network = load_clip_network(weights, precision=precision, threads=threads)
    spec = network.spec
    if spec.network != architecture:
        raise WeightsError(
            f"{weights}: holds a {spec.network!r}, the method needs a {architecture!r}"
        )

    def waveform(faces: Iterable[Frames], on_signal: OnSignal | None) -> Signal | None:
        chunks = (chunk for chunk in faces if len(chunk))
        first = next(chunks, None)
        if first is None:
            return None
        start_s = float(first.t[0]) + spec.lag_steps / spec.fs

        def signal(wave: NDArray[np.float64]) -> Signal:
            return Signal(standardise(wave), spec.fs, start_s)

        on_output = None if on_signal is None else lambda wave: on_signal(signal(wave))
        wave = network(grid_chunks(chain([first], chunks), spec.fs), on_output=on_output)
        return None if wave is None else signal(wave)

    stages = Stages(waveform)
    return Method(
        name,
        citation,
        spec.fs,
        spec.size,
        stages.run,
        weights=spec.name or Path(weights).name,
        confidence=spec.confidence,
        needs=NEEDS,
        stages=stages,
    )


def _entry(name: str, citation: str, architecture: str | None = None) -> MethodEntry:
    build = partial(build_network, name, citation, architecture or name)
    return MethodEntry(name, citation, build, NEEDS)


CAN = _entry(
    "can",
    "X. Liu, J. Fromm, S. Patel, D. McDuff, Multi-task temporal shift attention networks for "
    "on-device contactless vitals measurement, NeurIPS, 2020",
)
CONTRAST_PHYS = _entry(
    "contrast-phys",
    "Z. Sun, X. Li, Contrast-Phys: unsupervised video-based remote physiological measurement "
    "via spatiotemporal contrast, ECCV, 2022",
)
DEEPPHYS = _entry(
    "deepphys",
    "W. Chen, D. McDuff, DeepPhys: video-based physiological measurement using "
    "convolutional attention networks, ECCV, 2018",
)
EFFICIENTPHYS = _entry(
    "efficientphys",
    "X. Liu, B. Hill, Z. Jiang, S. Patel, D. McDuff, EfficientPhys: enabling simple, fast and "
    "accurate camera-based cardiac measurement, WACV, 2023",
)
HR_CNN = _entry(
    "hr-cnn",
    "R. Spetlik, V. Franc, J. Cech, J. Matas, Visual heart rate estimation with convolutional "
    "neural network, British Machine Vision Conference, 2018",
)
PHYSFORMER = _entry(
    "physformer",
    "Z. Yu, Y. Shen, J. Shi, H. Zhao, P. Torr, G. Zhao, PhysFormer: facial video-based "
    "physiological measurement with temporal difference transformer, CVPR, 2022",
)
PHYSNET = _entry(
    "physnet",
    "Z. Yu, X. Li, G. Zhao, Remote photoplethysmograph signal measurement from facial videos "
    "using spatio-temporal networks, British Machine Vision Conference, 2019",
)
REMOTEPHYS = _entry(
    "remotephys",
    "J. Gideon, S. Stent, The way to my heart is through contrastive learning: remote "
    "photoplethysmography from unlabelled video, ICCV, 2021",
)
SINC = _entry(
    "sinc",
    "J. Speth, N. Vance, P. Flynn, A. Czajka, Non-contrastive unsupervised learning of "
    "physiological signals from video, CVPR, 2023",
    architecture="physnet",
)
