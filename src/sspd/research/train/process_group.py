"""Several processes that train one network as one would: each has every n-th clip of a step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, nn

from sspd.errors import UsageError
from sspd.models.collectives import gathered, summed
from sspd.research.recipes import BaselineRecipe, Recipe
from sspd.research.train.sampler import draws_of_step, steps_of

Item = TypeVar("Item")


@dataclass(frozen=True)
class Team:
    """The processes of a training, seen from one of them.

    Every method but `mine` must be called by all of them, in the same order.

    Examples
    --------
    >>> Team(1, 2).mine(["a", "b", "c"]), Team().is_main
    (['b'], True)
    """

    rank: int = 0
    size: int = 1

    @property
    def is_main(self) -> bool:
        """Whether this process is the one that writes, looks and tells."""
        return self.rank == 0

    def mine(self, items: Sequence[Item]) -> Sequence[Item]:
        """The part of a step's items that is this process'."""
        return items[self.rank :: self.size]

    def total(self, values: Tensor) -> Tensor:
        """The sum of what each has, without a gradient."""
        return values.detach() if self.size == 1 else summed(values)

    def rows(self, mine: Tensor, n: int) -> Tensor:
        """All n rows of which each process has its own, in the order that `mine` dealt them."""
        mine = mine.detach()
        if self.size == 1:
            return mine
        most = -(-n // self.size)
        padded = mine.new_zeros(most, *mine.shape[1:])
        padded[: len(mine)] = mine
        return torch.stack(gathered(padded), dim=1).flatten(0, 1)[:n]

    def add_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replace gradients by their sums, in place."""
        if self.size == 1:
            return
        gradients = [p.grad for p in parameters if p.grad is not None]
        every = summed(torch.cat([g.flatten() for g in gradients]))
        parts = torch.split(every, [g.numel() for g in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))

    def wait(self, place: torch.device) -> None:
        """Go on when all are here."""
        self.total(torch.zeros(1, device=place))

    def leader_says(self, answer: bool, place: torch.device) -> bool:
        """The leading process' answer, for all."""
        mine = float(answer and self.is_main)
        return bool(self.total(torch.tensor([mine], device=place)).item())


SINGLE = Team()


def refuse_shared(recipe: Recipe | BaselineRecipe, n_videos: int, team: Team) -> None:
    """`UsageError` for a training that so many processes cannot share.

    Parameters
    ----------
    recipe : Recipe or BaselineRecipe
    n_videos : int
    team : Team
    """
    if team.size == 1:
        return
    if isinstance(recipe, BaselineRecipe):
        raise UsageError(f"{recipe.name!r} is trained by one process; several train sspd's recipes")
    steps = range(min(steps_of(recipe, n_videos), -(-n_videos // recipe.batch)))
    least = min(len(draws_of_step(step, recipe, n_videos, 0)) for step in steps)
    if least < team.size:
        raise UsageError(
            f"a step of {least} clips is too small for {team.size} processes; {least} would work"
        )
