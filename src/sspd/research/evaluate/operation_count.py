"""Cost of a network: its parameters and multiply-adds, counted on the network itself."""

from __future__ import annotations

import torch
from torch import nn

from sspd.models.nano import NanoNetwork


def count_parameters(network: nn.Module) -> int:
    """Count the trained parameters of a network, without running statistics.

    Parameters
    ----------
    network : nn.Module

    Returns
    -------
    int

    >>> count_parameters(nn.Linear(3, 2))
    8
    """
    return sum(p.numel() for p in network.parameters())


def count_multiply_adds(network: nn.Module, input_shape: tuple[int, ...]) -> int:
    """Count the multiply-adds of the convolutions and linear maps for one input.

    Runs the network on PyTorch's ``meta`` device: shapes flow, numbers do not.

    Parameters
    ----------
    network : nn.Module
    input_shape : tuple of int
        Shape of its input, e.g. (1, 3, 300, 128, 128).

    Returns
    -------
    int

    Examples
    --------
    >>> count_multiply_adds(nn.Conv1d(2, 4, 3), (1, 2, 10))
    192
    """
    import copy

    from torch.utils.flop_counter import FlopCounterMode

    shadow = copy.deepcopy(network).to("meta").eval()
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        shadow(torch.empty(input_shape, device="meta"))
    aten = torch.ops.aten
    counts = counter.get_flop_counts()["Global"]
    # two operations each; products of two activations (attention) are not what papers count
    kinds = (aten.convolution, aten.addmm, aten.mm)
    flops: int = sum(counts.get(kind, 0) for kind in kinds)
    return flops // 2


def multiply_adds_per_frame(network: NanoNetwork) -> int:
    """Count the multiply-adds of the small network for one frame.

    Here the weighted means over the regions count too, which are products of activations.

    Parameters
    ----------
    network : NanoNetwork

    Returns
    -------
    int

    >>> from sspd.models.nano_spec import NanoSpec
    >>> multiply_adds_per_frame(NanoNetwork(NanoSpec(fs=30.0))) < 15e6
    True
    """
    spec = network.spec
    counted = count_multiply_adds(network, (1, 1, 3, spec.size, spec.size))
    return counted + spec.heads * spec.values * spec.map_size**2
