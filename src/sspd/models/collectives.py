"""Collective operations of processes that train one network together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.distributed as dist
from torch import Tensor

from sspd.errors import ProcessLostError


def summed(values: Tensor) -> Tensor:
    """Return the sum of a tensor over all processes, with the same bits in each.

    Parameters
    ----------
    values : Tensor
        Of the same shape in all processes.

    Returns
    -------
    Tensor
        Of the same shape.

    Raises
    ------
    ProcessLostError
        Another process has ended.
    """
    total = values.detach().clone(memory_format=torch.contiguous_format)
    with _others_there():
        dist.all_reduce(total)
    return total


def gathered(values: Tensor) -> list[Tensor]:
    """Return the tensors of all processes, by rank.

    Parameters
    ----------
    values : Tensor
        Of the same shape in all processes.

    Returns
    -------
    list of Tensor

    Raises
    ------
    ProcessLostError
        Another process has ended.
    """
    values = values.detach().contiguous()
    found = [torch.empty_like(values) for _ in range(dist.get_world_size())]
    with _others_there():
        dist.all_gather(found, values)
    return found


@contextmanager
def _others_there() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        raise ProcessLostError(
            "another of the processes that train together is gone; the last state is kept,"
            " --resume continues from there"
        ) from error


def pooled(mean: Tensor, variance: Tensor, n: float) -> tuple[Tensor, Tensor, float]:
    """Return the mean and variance over the samples of all processes.

    Parameters
    ----------
    mean, variance : Tensor, shape (c,)
        Of this process; the variance is the biased one.
    n : float
        Number of values per channel in this process.

    Returns
    -------
    mean, variance : Tensor, shape (c,)
    n : float
        Number of values per channel in all processes.
    """
    own = torch.cat([mean.double(), variance.double(), mean.new_tensor([n]).double()])
    every = torch.stack(gathered(own))
    c = mean.numel()
    means, variances, counts = every[:, :c], every[:, c : 2 * c], every[:, 2 * c :]
    total = counts.sum()
    whole = (counts * means).sum(0) / total
    spread = (counts * (variances + (means - whole).square())).sum(0) / total
    return whole.to(mean.dtype), spread.to(variance.dtype), float(total)
