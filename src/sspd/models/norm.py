"""Batch normalization, over the clips of several processes where asked.

Where several processes train one network, each on some clips of a batch, the statistics
are those of the whole batch, so that they train as one process would. The fast way is
`sspd.accel.torch_norm`.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from sspd.accel.switch import enabled
from sspd.accel.torch_norm import (
    Collectives,
    batch_norm,
    newest_share,
    takes_rows,
    update_statistics,
)
from sspd.models.collectives import pooled, summed

_COLLECTIVES = Collectives(pooled, summed)


class BatchNorm(nn.BatchNorm3d):
    """`torch.nn.BatchNorm3d`, fast, and over the clips of all processes where asked.

    Examples
    --------
    >>> norm = BatchNorm(8)
    >>> norm(torch.randn(2, 8, 4, 6, 6)).shape, norm.together
    (torch.Size([2, 8, 4, 6, 6]), False)
    """

    #: True if statistics are taken over all processes of a training; all must then call it.
    together = False

    def forward(self, x: Tensor) -> Tensor:
        """Normalise a batch.

        Parameters
        ----------
        x : Tensor, shape (n, c, t, h, w)

        Returns
        -------
        Tensor
            Of the same shape.
        """
        return normalise(x, self)


def take_together(network: nn.Module, together: bool) -> None:
    """Set whether a network's statistics are those of all processes, in place.

    Parameters
    ----------
    network : Module
    together : bool
    """
    for module in network.modules():
        if isinstance(module, BatchNorm):
            module.together = together


def normalise(x: Tensor, norm: nn.BatchNorm3d) -> Tensor:
    """Return what ``norm(x)`` gives.

    Parameters
    ----------
    x : Tensor, shape (n, c, t, h, w)
    norm : BatchNorm3d
        Of c channels; its running statistics are updated in training.

    Returns
    -------
    Tensor
        Shape and type of `x`.

    Examples
    --------
    >>> x = torch.randn(2, 8, 4, 6, 6).to(memory_format=torch.channels_last_3d)
    >>> norm = nn.BatchNorm3d(8)
    >>> torch.allclose(normalise(x, norm), norm(x), atol=1e-5)
    True
    """
    if not norm.training:
        return nn.BatchNorm3d.forward(norm, x)
    together = _is_together(norm)
    if enabled() and (takes_rows(x) or together):
        collectives = _COLLECTIVES if together else None
        return batch_norm(x, norm, norm.weight, norm.bias, collectives)
    if together:
        return _pooled_norm(x, norm, norm.weight, norm.bias)
    return nn.BatchNorm3d.forward(norm, x)


def whiten(x: Tensor, norm: nn.BatchNorm3d) -> Tensor:
    """Return what ``norm(x)`` would give in training without its weight and bias.

    Parameters
    ----------
    x : Tensor, shape (n, c, t, h, w)
        Without a gradient.
    norm : BatchNorm3d
        Of c channels; its running statistics are updated.

    Returns
    -------
    Tensor
        Shape and type of `x`.

    Examples
    --------
    >>> x = torch.randn(2, 3, 4, 6, 6)
    >>> norm = nn.BatchNorm3d(3)
    >>> torch.allclose(whiten(x, norm), norm(x), atol=1e-5)
    True
    """
    together = _is_together(norm)
    if enabled() and (takes_rows(x) or together):
        ones, zeros = x.new_ones(x.shape[1]), x.new_zeros(x.shape[1])
        return batch_norm(x, norm, ones, zeros, _COLLECTIVES if together else None)
    if together:
        return _pooled_norm(x, norm, x.new_ones(x.shape[1]), x.new_zeros(x.shape[1]))
    running = norm.running_mean, norm.running_var
    return nn.functional.batch_norm(x, *running, None, None, True, newest_share(norm), norm.eps)


def _is_together(norm: nn.BatchNorm3d) -> bool:
    return isinstance(norm, BatchNorm) and norm.together


class _SumOverProcesses(torch.autograd.Function):
    """The sum of what each process has; every process's loss counts in its gradient."""

    @staticmethod
    def forward(_: Any, values: Tensor) -> Tensor:
        return summed(values)

    @staticmethod
    def backward(_: Any, *gradients: Tensor) -> Tensor:
        return summed(gradients[0])


def _pooled_norm(x: Tensor, norm: nn.BatchNorm3d, weight: Tensor, bias: Tensor) -> Tensor:
    """Normalize over all processes, written as the formula; the plain twin of `batch_norm`."""

    def total(values: Tensor) -> Tensor:
        sums: Tensor = _SumOverProcesses.apply(values.sum((0, 2, 3, 4)))  # type: ignore[no-untyped-call]
        return sums

    def by_channel(values: Tensor) -> Tensor:
        return values[:, None, None, None]

    exact = x.to(torch.promote_types(x.dtype, torch.float32))
    n = float(summed(x.new_tensor(x.numel() // x.shape[1], dtype=torch.float64)))
    mean = total(exact) / n
    centred = exact - by_channel(mean)
    variance = total(centred.square()) / n
    update_statistics(norm, mean, variance, n)
    unit = centred / by_channel(torch.sqrt(variance + norm.eps))
    return (unit * by_channel(weight) + by_channel(bias)).to(x.dtype)
