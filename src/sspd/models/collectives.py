"""Numbers of several processes that train one network, each on some clips of a batch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.distributed as dist
from torch import Tensor

from sspd.errors import ProcessLostError


def summed(values: Tensor) -> Tensor:
    """The sum over all processes, the same bits in each.

    Parameters
    ----------
    values : Tensor
        Of one shape everywhere.

    Raises
    ------
    ProcessLostError
        Another process is gone.
    """
    total = values.detach().clone(memory_format=torch.contiguous_format)
    with _others_there():
        dist.all_reduce(total)
    return total


def gathered(values: Tensor) -> list[Tensor]:
    """What each process has, by rank.

    Parameters
    ----------
    values : Tensor
        Of one shape everywhere.
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
    """Mean and variance over all processes of what each has seen a part of.

    Parameters
    ----------
    mean, variance : Tensor, shape (c,)
        Of this process; the variance is the biased one.
    n : float
        How many values a channel they are of.

    Returns
    -------
    mean, variance : Tensor, shape (c,)
    n : float
        Of all processes.
    """
    mine = torch.cat([mean.double(), variance.double(), mean.new_tensor([n]).double()])
    every = torch.stack(gathered(mine))
    c = mean.numel()
    means, variances, counts = every[:, :c], every[:, c : 2 * c], every[:, 2 * c :]
    total = counts.sum()
    whole = (counts * means).sum(0) / total
    spread = (counts * (variances + (means - whole).square())).sum(0) / total
    return whole.to(mean.dtype), spread.to(variance.dtype), float(total)
