"""``sspd train``: train a network on face videos, without labels."""

from __future__ import annotations

import io
import os
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sspd.cli.console import interruptible
from sspd.cli.messages import show
from sspd.cli.train_data import label_series, recordings_in, say, stored_or_cut
from sspd.cli.train_memory import prepare, warn_of_memory
from sspd.errors import ProcessLostError, UsageError
from sspd.utils.packages import require
from sspd.utils.progress import Meter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sspd.research.recipes import BaselineRecipe, Recipe
    from sspd.research.train.process_group import ProcessGroup
    from sspd.research.train.sampler import Video

DEVICES = ("auto", "cpu", "cuda")


def train(
    data: Annotated[
        Path,
        typer.Argument(
            help="Folder of videos, searched recursively, or of stored faces; or NAME:PATH of a"
            " dataset (see sspd datasets)."
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", help="Folder for faces, training states, logs and the weights.")
    ] = Path("runs/train"),
    recipe: Annotated[
        str,
        typer.Option(
            "--recipe",
            help="Settings of the training: laptop, shipped, further, paper, paper-vipl-hr,"
            " paper-vipl-160, released, ablation; or those of another paper's network, such as"
            " physnet and physnet-laptop (see sspd methods).",
        ),
    ] = "laptop",
    minutes: Annotated[
        float | None, typer.Option("--minutes", min=0.1, help="Stop after this time, minutes.")
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option("--steps", min=1, help="Number of optimizer steps, instead of the recipe's."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Same seed, same weights.")] = 0,
    init: Annotated[
        str | None,
        typer.Option(
            "--init",
            help="Initial weights: a file, 'shipped', or 'nothing' (random).",
            show_default="shipped for laptop and further, else nothing",
        ),
    ] = None,
    protocol: Annotated[
        str | None,
        typer.Option("--protocol", help="For a dataset: train on this split's train subjects."),
    ] = None,
    fold: Annotated[
        str | None,
        typer.Option("--fold", help="For a protocol with several folds: the fold to train."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue the training in --out where it was stopped.")
    ] = False,
    precision: Annotated[
        str | None,
        typer.Option("--precision", help="Arithmetic: f32, bf16 or f16, instead of the recipe's."),
    ] = None,
    select: Annotated[
        str | None,
        typer.Option("--select", help="State to export: last, or best (by label-free self-tests)."),
    ] = None,
    device: Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")] = "auto",
    devices: Annotated[
        int | None,
        typer.Option(
            "--devices",
            min=1,
            help="Number of processes on this machine that train together, one per CUDA device.",
            show_default="as started by torchrun, else 1",
        ),
    ] = None,
    nodes: Annotated[
        int,
        typer.Option("--nodes", min=1, help="Machines that train together (SLURM, torchrun)."),
    ] = 1,
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", min=1, help="Processes to crop faces.", show_default="one per core"),
    ] = None,
) -> None:
    """Train a network on face videos; labels are neither needed nor read.

    Networks of other papers that need labels (physnet, ...) are trained with
    the contact waveforms of a dataset, or the known waveforms of simulated
    videos.
    """
    chosen = _recipe(recipe, steps, precision, select)
    needed = prepare(chosen)  # before anything imports torch
    _check_device(device)
    warn_of_memory(needed, device, chosen.precision)
    from sspd.research.train.launch import join

    processes, device = join(devices, nodes, device)
    goes_on = f"the last state is kept in {out}, the same command with --resume continues"
    with _lost_told_once(processes), interruptible(goes_on):
        if processes.is_main:
            _check_start(out, init, resume)
        with _in_turn(processes, device):
            videos, failed, chosen = _videos(
                data, chosen, out, protocol, fold, jobs or os.cpu_count() or 1
            )
        weights = _train_with_bar(
            videos, chosen, out, seed, device, init, resume, minutes, processes
        )
    if processes.is_main:
        _tell(weights, getattr(chosen, "method", "sspd"))
        if failed:
            raise typer.Exit(1)


@contextmanager
def _lost_told_once(processes: ProcessGroup) -> Iterator[None]:
    """Where one process is gone, the first of the others says so; at the end they part."""
    from sspd.research.train.launch import leave

    try:
        yield
    except ProcessLostError:
        if processes.is_main:
            raise
        raise typer.Exit(1) from None
    finally:
        leave()


@contextmanager
def _in_turn(processes: ProcessGroup, device: str) -> Iterator[None]:
    """The first process does it and tells; then the others find it done, and are quiet."""
    import torch

    place = torch.device("cpu" if device == "auto" else device)
    if processes.is_main:
        yield
        processes.wait(place)
        return
    processes.wait(place)
    with redirect_stderr(io.StringIO()):
        yield


def _videos(
    data: Path,
    chosen: Recipe | BaselineRecipe,
    out: Path,
    protocol: str | None,
    fold: str | None,
    jobs: int,
) -> tuple[list[Video], int, Recipe | BaselineRecipe]:
    """Return the videos to train on, the number that cannot be used, and the recipe."""
    from sspd.research.train.sampler import usable_videos

    labelled = getattr(chosen, "kind", "") == "labelled"
    recordings = recordings_in(data, protocol, fold, labelled)
    follow = getattr(chosen.network, "follow", False)
    entries, failed = stored_or_cut(data, recordings, out, chosen.crop_px, follow, jobs)
    labels, of_rates = label_series(data, recordings, entries) if labelled else (None, False)
    chosen = chosen.by_rates() if of_rates else chosen  # type: ignore[union-attr]
    videos, short = usable_videos(entries, chosen.clip_s, labels, of_rates=of_rates)
    for video in short:
        say(f"{video}: skipped, shorter than a clip of {chosen.clip_s:g} s")
    say(f"training {chosen.name!r} on {len(videos)} videos, {failed + len(short)} skipped")
    return videos, failed, chosen


def _tell(weights: Path, method: str) -> None:
    """What came of it, and how to try it."""
    from sspd.models.checkpoint import load_any
    from sspd.network.export import export_onnx

    onnx = weights.with_suffix(".onnx")
    with Meter("Exporting"):
        export_onnx(load_any(weights), onnx)
    for line in _verdict(weights.parent):
        show(line)
    show(f"weights: {weights} and {onnx.name} beside it")
    how = "" if method == "sspd" else f"--method {method} "
    show(f"try them: sspd measure VIDEO {how}--weights {onnx}")


def _verdict(out: Path) -> list[str]:
    """What label-free signs say of the weights; before and after, where there is a before."""
    from sspd.research.train.monitor import read_verdict

    found = read_verdict(out)
    lines = [f"{found['verdict']}: {found['why']}"]
    then, now = found["before"], found["signs"]
    if then is not None and then["judged"] and now["judged"]:
        lines.append(
            f"before the training: rates agree with POS in {100 * then['with_pos']:.0f} % (now"
            f" {100 * now['with_pos']:.0f} %), power in a line {100 * then['in_line']:.0f} % (now"
            f" {100 * now['in_line']:.0f} %)"
        )
    return lines


def _check_start(out: Path, init: str | None, resume: bool) -> None:
    """Raise what else would be raised only after the faces are cropped."""
    from sspd.models.checkpoint import refuse_unsafe
    from sspd.research.train.loop import refuse_second_training

    if not resume:
        refuse_second_training(out)
    if init not in (None, "shipped", "nothing"):
        refuse_unsafe(Path(str(init)))


def _recipe(
    name: str, steps: int | None, precision: str | None, select: str | None
) -> Recipe | BaselineRecipe:
    from dataclasses import replace

    from sspd.research.recipes import PRECISIONS, find_recipe

    recipe = find_recipe(name)
    if steps is not None:
        recipe = replace(recipe, steps=steps, epochs=None)
    if precision is not None:
        if precision not in PRECISIONS:
            raise UsageError(f"--precision is one of {', '.join(PRECISIONS)}, not {precision!r}")
        recipe = replace(recipe, precision=precision)
    return recipe if select is None else replace(recipe, select=select)  # type: ignore[arg-type]


def _check_device(device: str) -> None:
    """Raise where training is impossible, before faces are cropped from an hour of video."""
    if device not in DEVICES:
        raise UsageError(f"--device is one of {', '.join(DEVICES)}, not {device!r}")
    require("torch", extra="train", purpose="training")
    import torch

    if device == "cuda" and not torch.cuda.is_available():
        raise UsageError("--device cuda: torch finds no CUDA device here; cpu would work")


def _train_with_bar(
    videos: Sequence[Video],
    recipe: Recipe | BaselineRecipe,
    out: Path,
    seed: int,
    device: str,
    init: str | None,
    resume: bool,
    minutes: float | None,
    processes: ProcessGroup,
) -> Path:
    from sspd.research.train.loop import TrainingProgress as Told
    from sspd.research.train.loop import train as run

    with Meter("Training", unit="steps", visible=processes.is_main) as meter:

        def told(now: Told) -> None:
            text = f"Training, loss {now.loss:.3f}, in band {now.health.band_ratio:.0%}"
            meter.update(now.step, now.steps, text)

        return run(
            videos,
            recipe,
            out,
            seed=seed,
            device=device,
            init=init,
            resume=resume,
            max_minutes=minutes,
            processes=processes,
            on_step=told,
            on_phase=meter.phase,
            notice=meter.note,
        )
