"""Where a network looks: LayerCAM of the backbone's convolutions (Sec. IV-E, Fig. 10).

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
#: A block's two convolutions leave out so many pixels of its map on each side.
_BORDER = 3


class Place(NamedTuple):
    """Where a layer's map lies on the face, pixels."""

    first: int
    """Left and upper edge of its first pixel."""
    step: int
    """Pixels of the face to one of its own."""


def place_of_layer(layer: str) -> Place:
    """Which part of the face a layer's map shows; convolutions are not padded in space.

    Raises
    ------
    UsageError
        No such layer; the message lists those there are.

    >>> [tuple(place_of_layer(layer)) for layer in LAYERS]
    [(3, 1), (9, 2), (21, 4)]
    """
    if layer not in LAYERS:
        raise UsageError(f"no layer {layer!r}; there are: {', '.join(LAYERS)}")
    first = step = 0
    for _ in range(LAYERS.index(layer) + 1):
        step = 2 * step or 1
        first += _BORDER * step
    return Place(first, step)


def layer_cam(
    network: MeasuringNetwork,
    differences: Tensor,
    score: Callable[[Tensor], Tensor],
    layers: Sequence[str] = LAYERS,
) -> Mapping[str, Tensor]:
    """Positive gradients times activations, summed over channels: what speaks for the pulse.

    Parameters
    ----------
    network : MeasuringNetwork
        In evaluation mode.
    differences : Tensor, shape (1, 3, t, size, size)
        What the network eats.
    score : callable
        The network's waveform (1, t) to the scalar whose gradient is taken, which rises
        with what is to be explained.
    layers : sequence of str
        Of `LAYERS`.

    Returns
    -------
    mapping of str to Tensor, shape (t, h', w')
        0 and above.

    Raises
    ------
    UsageError
        No such layer.
    """
    for layer in layers:
        place_of_layer(layer)
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
            given = pad_to_even(differences).requires_grad_(True)  # so that layers have one
            # the predictor's gradient, which training stops, is let through here
            wave = network.predictor(network.features(given).map)[:, :n]
            gradients = torch.autograd.grad(score(wave), [seen[name] for name in layers])
    finally:
        for hook in hooks:
            hook.remove()
    return {
        name: (gradient.relu() * seen[name].detach()).sum(dim=1).relu()[0, :n]
        for name, gradient in zip(layers, gradients, strict=True)
    }
