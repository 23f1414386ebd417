"""Where on a face the network's waveform comes from: LayerCAM of a video (Sec. IV-E)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sspd.errors import UsageError
from sspd.face.stabilize import network_frames
from sspd.pipeline.crops import first_face
from sspd.types import Box, Series
from sspd.utils.packages import require

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

#: Length of what is explained, seconds: the paper's clip.
CLIP_S = 10.0


@dataclass(frozen=True, eq=False)
class Explanation:
    """The first face and a map over it for each layer.

    Parameters
    ----------
    face : uint8 array, shape (size, size, 3)
        The first picture as the network sees it.
    maps : mapping of str to float64 array, shape (size, size)
        Layer -> activation at each of its pixels, averaged in time, largest 1; 0 where the
        layer does not reach.
    box : Box
        Where the face was cut out, pixels of the video.
    by_truth : bool
        Whether a known waveform was held against the network's, or its own.
    """

    face: NDArray[np.uint8]
    maps: Mapping[str, NDArray[np.float64]]
    box: Box
    by_truth: bool


def explain(
    source: str | Path,
    *,
    weights: str | Path | None = None,
    truth: Series | None = None,
    start_s: float = 0.0,
    seconds: float = CLIP_S,
    layers: Sequence[str] | None = None,
) -> Explanation:
    """Map what of a face the network's waveform rests on.

    Parameters
    ----------
    source : path
        A video.
    weights : path or None
        A checkpoint (``.safetensors``); None: the one shipped with the package.
    truth : Series or None
        The contact waveform, as the paper uses; without it the network's own output.
    start_s, seconds : float
        The stretch of the video.
    layers : sequence of str or None
        Of `sspd.research.evaluate.layer_cam.LAYERS`; None: all.

    Raises
    ------
    SourceError
        A video that cannot be read, or shows no face there.
    UsageError
        Weights without gradients, no such layer, or a stretch that is too short.
    WeightsError
        Weights that cannot be used.
    DependencyError
        Torch is not installed.

    Notes
    -----
    SSPD, Sec. IV-E and Fig. 10.
    """
    require("torch", extra="train", purpose="LayerCAM")
    import torch

    from sspd.models.checkpoint import load_checkpoint
    from sspd.network.inputs import input_chunks
    from sspd.network.load import shipped_weights
    from sspd.research.evaluate.layer_cam import LAYERS, layer_cam, place_of_layer
    from sspd.research.train.labels import wave_at

    chosen = tuple(layers or LAYERS)
    for layer in chosen:
        place_of_layer(layer)
    path = shipped_weights(".safetensors") if weights is None else Path(weights)
    if path.suffix == ".onnx":
        raise UsageError(f"{path}: gradients need the checkpoint, {path.stem}.safetensors")
    network, _ = load_checkpoint(path)
    spec = network.spec
    span_s = {"start_s": start_s, "end_s": start_s + seconds}
    segment = first_face(Path(source), size=spec.size, stabilize=spec.follow, **span_s)
    faces, box = segment.faces, segment.box
    assert box is not None
    seen = network_frames(faces, spec.size, spec.follow)
    given = np.array(list(input_chunks([seen], spec)))
    if len(given) < spec.fs:
        raise UsageError(f"{source}: a second of face is wanted, there are {len(given)} steps")
    score: Callable[[Tensor], Tensor] = (
        torch.var
    )  # of its own output: a correlation with itself has no gradient
    if truth is not None:
        first_s = float(seen.t[0]) + (spec.lag_steps - 0.5 * spec.summations) / spec.fs
        values = wave_at(truth, first_s, len(given), spec.fs, spec.summations)
        score = partial(_likeness, torch.from_numpy(spec.polarity * values)[None])
    eaten = given if spec.colour == "rgb" else given[:, ::-1].copy()
    clip = torch.from_numpy(eaten.transpose(1, 0, 2, 3).copy())[None]
    found = layer_cam(network, clip, score, chosen)
    first = np.rint(seen.rgb[0] * (255 / seen.max_value)).astype(np.uint8)
    maps = {
        name: over_face(map_.double().mean(dim=0).numpy(), spec.size, *place_of_layer(name))
        for name, map_ in found.items()
    }
    return Explanation(first, maps, box, truth is not None)


def _likeness(truth: Tensor, wave: Tensor) -> Tensor:
    """The paper's choice: the negative Pearson loss, turned to rise."""
    from sspd.research.losses.pearson import negative_pearson

    return -negative_pearson(wave, truth)


def over_face(
    activation: NDArray[np.float64], size: int, first: int, step: int
) -> NDArray[np.float64]:
    """A layer's map on the pixels of the face, largest 1.

    Parameters
    ----------
    activation : float64 array, shape (h', w')
    size : int
        Side of the face, pixels.
    first, step : int
        See `sspd.research.evaluate.layer_cam.Place`.

    >>> over_face(np.array([[4.0, 2.0], [0.0, 0.0]]), 6, 1, 2)[1, 1:5].tolist()
    [1.0, 1.0, 0.5, 0.5]
    """
    out = np.zeros((size, size))
    large = np.kron(activation, np.ones((step, step)))[: size - first, : size - first]
    out[first : first + large.shape[0], first : first + large.shape[1]] = large
    peak = float(out.max())
    return out / peak if peak > 0 else out
