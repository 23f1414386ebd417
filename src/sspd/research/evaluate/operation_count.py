"""What a network costs: parameters and multiply-adds, counted on it and not typed in."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn


def count_parameters(network: nn.Module) -> int:
    """Trained numbers; running statistics do not count.

    >>> count_parameters(nn.Linear(3, 2))
    8
    """
    return sum(p.numel() for p in network.parameters())


def count_multiply_adds(network: nn.Module, input_shape: tuple[int, ...]) -> int:
    """Multiply-adds of the convolutions and linear maps for one input.

    Runs the network on PyTorch's ``meta`` device: shapes flow, numbers do not.

    Parameters
    ----------
    network : nn.Module
    input_shape : tuple of int
        Shape of its input, e.g. (1, 3, 300, 128, 128).

    Examples
    --------
    >>> count_multiply_adds(nn.Conv1d(2, 4, 3), (1, 2, 10))
    192
    """
    import copy

    total = 0

    def add(module: nn.Module, given: Any, output: Tensor) -> None:
        nonlocal total
        if isinstance(module, nn.ConvTranspose3d):
            per_input = module.out_channels // module.groups * math.prod(module.kernel_size)
            total += given[0].numel() * per_input
        elif isinstance(module, nn.Linear):
            total += output.numel() * module.in_features
        elif isinstance(module, (nn.Conv1d, nn.Conv2d, nn.Conv3d)):
            per_output = module.in_channels // module.groups * math.prod(module.kernel_size)
            total += output.numel() * per_output

    shadow = copy.deepcopy(network).to("meta").eval()
    for module in shadow.modules():
        module.register_forward_hook(add)
    with torch.no_grad():
        shadow(torch.empty(input_shape, device="meta"))
    return total
