"""Schedules of a training, as pure functions of the step."""

from __future__ import annotations

import math


def momentum_at(step: int, max_steps: int, start: float, end: float) -> float:
    """Return the momentum of the target network: a half cosine from `start` to `end`.

    Sec. IV-B: 0.9 to 1.0, annealed by cosine.

    Parameters
    ----------
    step, max_steps : int
    start, end : float
        Momentum at the first and at the last step.

    Returns
    -------
    float

    >>> [round(momentum_at(s, 101, 0.9, 1.0), 3) for s in (0, 50, 100)]
    [0.9, 0.95, 1.0]
    """
    progress = step / max(1, max_steps - 1)
    return end - (end - start) * (1 + math.cos(math.pi * progress)) / 2


def learning_rate_at(
    step: int, max_steps: int, learning_rate: float, warmup_steps: int, cosine: bool
) -> float:
    """Return the learning rate: a linear warm-up, then constant or a half cosine.

    Parameters
    ----------
    step, max_steps : int
    learning_rate : float
        Rate after the warm-up.
    warmup_steps : int
    cosine : bool
        Whether the rate falls to 0 along a half cosine.

    Returns
    -------
    float

    >>> [round(learning_rate_at(s, 101, 1.0, 0, True), 3) for s in (0, 50, 100)]
    [1.0, 0.5, 0.0]
    >>> [learning_rate_at(s, 101, 1.0, 4, False) for s in (0, 1, 3, 50)]
    [0.25, 0.5, 1.0, 1.0]
    """
    if step < warmup_steps:
        return learning_rate * (step + 1) / warmup_steps
    if not cosine:
        return learning_rate
    progress = (step - warmup_steps) / max(1, max_steps - 1 - warmup_steps)
    return learning_rate * (1 + math.cos(math.pi * min(1.0, progress))) / 2
