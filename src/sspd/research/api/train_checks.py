"""Checks of what `sspd.train` is given, before any work starts."""

from __future__ import annotations

from pathlib import Path

from sspd.errors import UsageError
from sspd.research.api.sources import Notice
from sspd.research.recipes import STUDENTS, AnyRecipe, StudentRecipe
from sspd.utils.packages import require

DEVICES = ("auto", "cpu", "cuda")


def check_arguments(device: str, minutes: float | None, seed: int, jobs: int | None) -> None:
    """Raise an error where training is impossible, before faces are cropped from hours of video.

    Parameters
    ----------
    device, minutes, seed, jobs
        See `sspd.train`.

    Raises
    ------
    UsageError
        One of them cannot be right.
    DependencyError
        PyTorch is not installed.
    """
    if device not in DEVICES:
        raise UsageError(f"device is one of {', '.join(DEVICES)}, not {device!r}")
    if minutes is not None and not minutes > 0:
        raise UsageError(f"minutes must be above 0, got {minutes}")
    if seed < 0 or (jobs is not None and jobs < 1):
        raise UsageError(f"seed must be 0 or more and jobs 1 or more, got {seed} and {jobs}")
    require("torch", extra="train", purpose="training")
    import torch

    if device == "cuda" and not torch.cuda.is_available():
        raise UsageError("device cuda: torch finds no CUDA device here; cpu would work")


def check_start(
    out: Path,
    recipe: AnyRecipe,
    device: str,
    init: str | Path | None,
    resume: bool,
    notice: Notice,
) -> None:
    """Raise what else would be raised only after the faces are cropped.

    Parameters
    ----------
    out : Path
    recipe : Recipe, BaselineRecipe or StudentRecipe
    device, init, resume, notice
        See `sspd.train`.

    Raises
    ------
    TrainingError
        ``out`` holds a training.
    WeightsError
        The initial weights are missing or unsafe.
    """
    from sspd.models.checkpoint import refuse_unsafe
    from sspd.research.train.loop import refuse_second_training
    from sspd.research.train.memory import memory_warning

    if not resume:
        refuse_second_training(out)
    if init not in (None, "shipped", "nothing"):
        refuse_unsafe(Path(str(init)))
    warning = memory_warning(recipe, device)
    if warning is not None:
        notice(warning)


def teacher_of(teacher: str | Path | None, recipe: AnyRecipe) -> str | Path:
    """Return who teaches, after checking that somebody can.

    Parameters
    ----------
    teacher : path, str or None
        See `sspd.train`.
    recipe : Recipe, BaselineRecipe or StudentRecipe

    Returns
    -------
    path or str

    Raises
    ------
    WeightsError
        There is no such checkpoint.
    UsageError
        The recipe has no teacher.
    """
    if isinstance(recipe, StudentRecipe):
        from sspd.research.train.teacher import SHIPPED, teacher_file

        return teacher_file(teacher or SHIPPED)
    if teacher is not None:
        raise UsageError(
            f"the recipe {recipe.name!r} has no teacher; recipes with one: {', '.join(STUDENTS)}"
        )
    return "shipped"
