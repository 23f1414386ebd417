"""Show which parts of a face the network's waveform comes from: LayerCAM of a video (Sec. IV-E)."""

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

    from sspd.models.spec import NetworkSpec

#: Length of the explained segment, seconds: the paper's clip.
CLIP_S = 10.0


@dataclass(frozen=True, eq=False)
class Explanation:
    """The first face, and one map over it for each layer.

    Parameters
    ----------
    face : uint8 array, shape (size, size, 3)
        The first frame, as the network sees it.
    maps : mapping of str to float64 array, shape (size, size)
        Layer -> activation at each pixel of the face, averaged over time, at most 1; 0 outside
        the layer's map.
    box : Box
        Where the face was cropped, pixels of the video.
    by_reference : bool
        Whether a reference waveform was used, and not the network's own output.
    """

    face: NDArray[np.uint8]
    maps: Mapping[str, NDArray[np.float64]]
    box: Box
    by_reference: bool


def explain(
    source: str | Path,
    *,
    weights: str | Path | None = None,
    reference: Series | None = None,
    start_s: float = 0.0,
    seconds: float = CLIP_S,
    layers: Sequence[str] | None = None,
) -> Explanation:
    """Map which parts of a face the network's waveform depends on.

    Parameters
    ----------
    source : path
        A video.
    weights : path or None
        A checkpoint (``.safetensors``); None: the one shipped with the package.
    reference : Series or None
        The contact waveform, as in the paper; None: the network's own output is explained.
    start_s, seconds : float
        Start and length of the segment, seconds.
    layers : sequence of str or None
        Of `sspd.research.evaluate.layer_cam.LAYERS`; None: all.

    Returns
    -------
    Explanation

    Raises
    ------
    SourceError
        The video cannot be read, or shows no face in the segment.
    UsageError
        The weights have no gradients, a layer is unknown, or the segment is too short.
    WeightsError
        The weights cannot be used.
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
    from sspd.network.load import find_weights
    from sspd.network.nano_load import holds_nano
    from sspd.research.evaluate.layer_cam import LAYERS, layer_cam, layer_offset
    from sspd.research.train.labels import label_waveform

    chosen = tuple(layers or LAYERS)
    for layer in chosen:
        layer_offset(layer)
    path = find_weights(weights, ".safetensors")
    if path.suffix == ".onnx":
        raise UsageError(f"{path}: gradients need the checkpoint, {path.stem}.safetensors")
    if holds_nano(path):
        raise UsageError(
            f"{path}: LayerCAM is of the large network's layers; nano, a small network, has others"
        )
    network, _ = load_checkpoint(path)
    spec = network.spec
    span_s = {"start_s": start_s, "end_s": start_s + seconds}
    segment = first_face(Path(source), size=spec.size, stabilize=spec.follow, **span_s)
    faces, box = segment.faces, segment.box
    assert box is not None
    seen = network_frames(faces, spec.size, spec.follow)
    given = np.array(list(input_chunks([seen], spec)))
    if len(given) < spec.fs:
        raise UsageError(f"{source}: needs at least 1 s of face, got {len(given)} frames")
    # the variance of its own output, for a correlation with itself has no gradient
    score: Callable[[Tensor], Tensor] = torch.var
    if reference is not None:
        first_s = float(seen.t[0]) + spec.lag_steps / spec.fs
        values = label_waveform(reference, first_s, len(given), spec.fs, spec.summations)
        score = partial(_likeness, torch.from_numpy(spec.polarity * values)[None])
    channels = given if spec.colour == "rgb" else given[:, ::-1].copy()
    clip = torch.from_numpy(channels.transpose(1, 0, 2, 3).copy())[None]
    # the waveform as it is measured, but before it is integrated: both are linear
    found = layer_cam(network, clip, lambda wave: score(_equalized(wave, spec)), chosen)
    first = np.rint(seen.rgb[0] * (255 / seen.max_value)).astype(np.uint8)
    maps = {
        name: map_to_face(map_.double().mean(dim=0).numpy(), spec.size, *layer_offset(name))
        for name, map_ in found.items()
    }
    return Explanation(first, maps, box, reference is not None)


def _equalized(wave: Tensor, spec: NetworkSpec) -> Tensor:
    """Return waveforms (n, time) after the network's equalizer, as `sspd.signal.equalize`."""
    import torch

    if spec.equalizer is None:
        return wave
    taps = torch.tensor(spec.equalizer.taps, dtype=wave.dtype, device=wave.device)
    mirrored = np.pad(np.arange(wave.shape[1]), len(taps) // 2, mode="reflect")
    return torch.nn.functional.conv1d(wave[:, None, mirrored], taps[None, None])[:, 0]


def _likeness(reference: Tensor, wave: Tensor) -> Tensor:
    """Return the paper's score: the negative Pearson loss with its sign turned."""
    from sspd.research.losses.pearson import negative_pearson

    return -negative_pearson(wave, reference)


def map_to_face(
    activation: NDArray[np.float64], size: int, first: int, step: int
) -> NDArray[np.float64]:
    """Map a layer's activation to the pixels of the face, scaled to a maximum of 1.

    Parameters
    ----------
    activation : float64 array, shape (h', w')
    size : int
        Height and width of the face, pixels.
    first, step : int
        See `sspd.research.evaluate.layer_cam.LayerOffset`.

    Returns
    -------
    float64 array, shape (size, size)

    >>> map_to_face(np.array([[4.0, 2.0], [0.0, 0.0]]), 6, 1, 2)[1, 1:5].tolist()
    [1.0, 1.0, 0.5, 0.5]
    """
    out = np.zeros((size, size))
    large = np.kron(activation, np.ones((step, step)))[: size - first, : size - first]
    out[first : first + large.shape[0], first : first + large.shape[1]] = large
    peak = float(out.max())
    return out / peak if peak > 0 else out
