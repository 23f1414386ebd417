"""The processes of one training, which share the clips of each step and train as one would."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, nn

from sspd.errors import UsageError
from sspd.models.collectives import gathered, summed
from sspd.research.recipes import AnyRecipe, Recipe
from sspd.research.train.sampler import draws_of_step, steps_of

Item = TypeVar("Item")


@dataclass(frozen=True)
class ProcessGroup:
    """The processes of a training, seen from one of them.

    All of them must call every method but `mine`, in the same order.

    Examples
    --------
    >>> ProcessGroup(1, 2).mine(["a", "b", "c"]), ProcessGroup().is_main
    (['b'], True)
    """

    rank: int = 0
    size: int = 1

    @property
    def is_main(self) -> bool:
        """True in the main process, which writes files, runs self-checks and reports."""
        return self.rank == 0

    def mine(self, items: Sequence[Item]) -> Sequence[Item]:
        """Return this process's share of a step's items.

        Parameters
        ----------
        items : sequence

        Returns
        -------
        sequence
            Every n-th item.
        """
        return items[self.rank :: self.size]

    def total(self, values: Tensor) -> Tensor:
        """Return the sum of all processes' values, without a gradient.

        Parameters
        ----------
        values : Tensor

        Returns
        -------
        Tensor
            Shaped as `values`.
        """
        return values.detach() if self.size == 1 else summed(values)

    def rows(self, mine: Tensor, n: int) -> Tensor:
        """Gather the rows of all processes, in the order in which `mine` dealt them.

        Parameters
        ----------
        mine : Tensor, shape (rows, ...)
            Rows of this process.
        n : int
            Rows of all processes.

        Returns
        -------
        Tensor, shape (n, ...)
            Without a gradient.
        """
        mine = mine.detach()
        if self.size == 1:
            return mine
        most = -(-n // self.size)
        padded = mine.new_zeros(most, *mine.shape[1:])
        padded[: len(mine)] = mine
        return torch.stack(gathered(padded), dim=1).flatten(0, 1)[:n]

    def sum_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replace gradients by their sums over all processes, in place.

        Parameters
        ----------
        parameters : iterable of Parameter
        """
        if self.size == 1:
            return
        gradients = [p.grad for p in parameters if p.grad is not None]
        every = summed(torch.cat([g.flatten() for g in gradients]))
        parts = torch.split(every, [g.numel() for g in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))

    def wait(self, place: torch.device) -> None:
        """Wait until all processes are here.

        Parameters
        ----------
        place : torch.device
        """
        self.total(torch.zeros(1, device=place))

    def main_answer(self, answer: bool, place: torch.device) -> bool:
        """Return the main process's answer in every process.

        Parameters
        ----------
        answer : bool
            Used in the main process only.
        place : torch.device

        Returns
        -------
        bool
        """
        mine = float(answer and self.is_main)
        return bool(self.total(torch.tensor([mine], device=place)).item())


SINGLE = ProcessGroup()


def require_enough_clips(recipe: AnyRecipe, n_videos: int, processes: ProcessGroup) -> None:
    """Raise `UsageError` for a training that this number of processes cannot share.

    Parameters
    ----------
    recipe : Recipe, BaselineRecipe or StudentRecipe
    n_videos : int
    processes : ProcessGroup
    """
    if processes.size == 1:
        return
    if not isinstance(recipe, Recipe):
        raise UsageError(f"{recipe.name!r} is trained by one process; several train sspd's recipes")
    steps = range(min(steps_of(recipe, n_videos), -(-n_videos // recipe.batch)))
    least = min(len(draws_of_step(step, recipe, n_videos, 0)) for step in steps)
    if least < processes.size:
        raise UsageError(
            f"a step of {least} clips is too small for {processes.size} processes;"
            f" {least} would work"
        )
