"""LayerCAM of the backbone's convolutions: which parts of the face count (Sec. IV-E, Fig. 10).

P.-T. Jiang et al., "LayerCAM: exploring hierarchical class activation maps for localization",
IEEE Transactions on Image Processing 30, 2021.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.utils.hooks import RemovableHandle

from sspd.errors import UsageError
from sspd.models.backbone import BLOCK_CHANNELS, ConvBlock
from sspd.models.network import MeasuringNetwork, pad_to_even

#: The second convolution of each block, as the figure names them.
LAYERS = tuple(f"ConvBlock{k + 1}_Conv2" for k in range(len(BLOCK_CHANNELS)))
#: Pixels that a block's two unpadded convolutions remove on each side of its map.
_BORDER = 3


class LayerOffset(NamedTuple):
    """Position of a layer's map on the face, pixels."""

    first: int
    """Left and upper edge of the map's first pixel."""
    step: int
    """Pixels of the face for one pixel of the map."""


def layer_offset(layer: str) -> LayerOffset:
    """Return the position of a layer's map on the face.

    Convolutions are not padded in space, so maps are smaller than the face.

    Parameters
    ----------
    layer : str
        One of `LAYERS`.

    Returns
    -------
    LayerOffset
        Pixels of the face.

    Raises
    ------
    UsageError
        There is no such layer; the message lists all layers.

    >>> [tuple(layer_offset(layer)) for layer in LAYERS]
    [(3, 1), (9, 2), (21, 4)]
    """
    if layer not in LAYERS:
        raise UsageError(f"no layer {layer!r}; choose from {', '.join(LAYERS)}")
    first = step = 0
    for _ in range(LAYERS.index(layer) + 1):
        step = 2 * step or 1
        first += _BORDER * step
    return LayerOffset(first, step)


def layer_cam(
    network: MeasuringNetwork,
    differences: Tensor,
    score: Callable[[Tensor], Tensor],
    layers: Sequence[str] = LAYERS,
) -> Mapping[str, Tensor]:
    """Compute LayerCAM maps: positive gradients times activations, summed over channels.

    Parameters
    ----------
    network : MeasuringNetwork
        In evaluation mode.
    differences : Tensor, shape (1, 3, t, size, size)
        Input of the network.
    score : callable
        Maps the network's waveform (1, t) to the scalar whose gradient is taken; larger means
        better explained.
    layers : sequence of str
        Of `LAYERS`.

    Returns
    -------
    mapping of str to Tensor, shape (t, h', w')
        Not negative.

    Raises
    ------
    UsageError
        There is no such layer.
    """
    for layer in layers:
        layer_offset(layer)
    n = differences.shape[2]
    seen: dict[str, Tensor] = {}
    hooks: list[RemovableHandle] = []
    for name in layers:
        block = network.backbone.blocks[LAYERS.index(name)]
        assert isinstance(block, ConvBlock)

        def keep(_: object, __: object, output: Tensor, name: str = name) -> None:
            seen[name] = output

        hooks.append(block.conv2.register_forward_hook(keep))
    try:
        with torch.enable_grad():
            given = pad_to_even(differences).requires_grad_(True)  # gives the layers one
            # training stops the predictor's gradient; here it passes
            wave = network.predictor(network.features(given).map)[:, :n]
            gradients = torch.autograd.grad(score(wave), [seen[name] for name in layers])
    finally:
        for hook in hooks:
            hook.remove()
    return {
        name: (gradient.relu() * seen[name].detach()).sum(dim=1).relu()[0, :n]
        for name, gradient in zip(layers, gradients, strict=True)
    }
