"""``sspd train``: a network from films of faces, without labels."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from sspd.errors import DependencyError, SourceError, SSPDError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sspd.containers import Recording
    from sspd.datasets.faces import FaceEntry
    from sspd.recipes import Recipe
    from sspd.train.sampler import Film

Item = TypeVar("Item")
FACES_FOLDER = "faces"
DEVICES = ("auto", "cpu", "cuda")


def train(
    data: Annotated[
        Path,
        typer.Argument(
            help="Folder of films, searched recursively, or of stored faces; or NAME:PATH of a"
            " dataset (sspd datasets)."
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", help="Folder for faces, states, logs and the weights.")
    ] = Path("runs/train"),
    recipe: Annotated[
        str,
        typer.Option("--recipe", help="Settings: laptop, shipped, paper, paper-vipl-hr, released."),
    ] = "laptop",
    minutes: Annotated[
        float | None, typer.Option("--minutes", min=0.1, help="Stop after so long.")
    ] = None,
    steps: Annotated[
        int | None, typer.Option("--steps", min=1, help="Optimiser steps, not the recipe's.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Same seed, same weights.")] = 0,
    init: Annotated[
        str | None,
        typer.Option(
            "--init",
            help="Start from these weights: a file, 'shipped' or 'nothing', not the recipe's."
            " laptop starts from the shipped ones, the others from nothing.",
        ),
    ] = None,
    protocol: Annotated[
        str | None,
        typer.Option("--protocol", help="Of a dataset: train on this split's train subjects."),
    ] = None,
    fold: Annotated[
        str | None, typer.Option("--fold", help="Of a protocol of several folds: this one.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where a training in --out was stopped.")
    ] = False,
    precision: Annotated[
        str | None, typer.Option("--precision", help="f32, bf16 or f16, not the recipe's.")
    ] = None,
    device: Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")] = "auto",
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", min=1, help="Processes that cut out faces; one a processor core."),
    ] = None,
) -> None:
    """Train a network on films of faces; no labels are needed, none are read."""
    from sspd.train.memory import prepare_memory

    prepare_memory()  # before anything imports torch
    chosen = _recipe(recipe, steps, precision)
    _check_device(device)
    _check_start(out, init, resume)
    recordings = _recordings(data, protocol, fold)
    entries, failed = _faces(
        data, recordings, out, chosen.crop_px, chosen.network.follow, jobs or os.cpu_count() or 1
    )
    from sspd.train.sampler import usable_films

    films, short = usable_films(entries, chosen.clip_s)
    for film in short:
        _say(f"{film}: skipped, shorter than a clip of {chosen.clip_s:g} s")
    skipped = failed + len(short)
    _say(f"training {chosen.name!r} on {len(films)} films, {skipped} skipped")
    weights = _train_with_bar(films, chosen, out, seed, device, init, resume, minutes)
    typer.echo(f"weights: {weights} and {weights.with_suffix('.onnx').name} beside it")
    typer.echo(f"try them: sspd measure FILM --weights {weights.with_suffix('.onnx')}")
    if failed:
        raise typer.Exit(1)


def _check_start(out: Path, init: str | None, resume: bool) -> None:
    """Refuse what would only be refused after the faces are cut out."""
    from sspd.nn.checkpoint import refuse_unsafe
    from sspd.train.loop import refuse_second_training

    if not resume:
        refuse_second_training(out)
    if init not in (None, "shipped", "nothing"):
        refuse_unsafe(Path(str(init)))


def _recipe(name: str, steps: int | None, precision: str | None) -> Recipe:
    from dataclasses import replace

    from sspd.recipes import PRECISIONS, get_recipe

    recipe = get_recipe(name)
    if steps is not None:
        recipe = replace(recipe, steps=steps, epochs=None)
    if precision is not None:
        if precision not in PRECISIONS:
            raise UsageError(f"--precision is one of {', '.join(PRECISIONS)}, not {precision!r}")
        recipe = replace(recipe, precision=precision)
    return recipe


def _check_device(device: str) -> None:
    """Refuse what cannot train, before faces are cut out of an hour of film."""
    if device not in DEVICES:
        raise UsageError(f"--device is one of {', '.join(DEVICES)}, not {device!r}")
    try:
        import torch
    except ImportError as error:
        raise DependencyError(
            "training needs torch, which is not installed; install sspd[train] from the clone"
        ) from error
    if device == "cuda" and not torch.cuda.is_available():
        raise UsageError("--device cuda: torch finds no CUDA device here; cpu would work")


def _recordings(data: Path, protocol: str | None, fold: str | None) -> list[Recording] | None:
    """A dataset's recordings, of a split's train subjects alone; None: it is a folder."""
    from sspd.datasets.table import DATASETS, named_dataset
    from sspd.evaluate import get_protocol

    name = str(data).partition(":")[0]
    if fold is not None and protocol is None:
        raise UsageError("train: --fold is one of a --protocol")
    if data.is_dir() or name == str(data) or name not in DATASETS:
        if protocol is not None:
            raise UsageError("train: --protocol wants a dataset, like ubfc-rppg:/data/UBFC")
        return None
    split = None if protocol is None else get_protocol(protocol)
    dataset, root = named_dataset(str(data))
    recordings = dataset.recordings(root)
    if split is not None:
        found = split.split(name, root, [recording.subject for recording in recordings])
        recordings = found.to_train(recordings, fold)
    if not recordings:
        raise SourceError(f"{data}: none of its recordings is trained on")
    left_out = {defect.recording for defect in dataset.defects if defect.excluded}
    return [recording for recording in recordings if recording.name not in left_out]


def _faces(
    data: Path,
    recordings: list[Recording] | None,
    out: Path,
    size: int,
    follow: bool,
    jobs: int,
) -> tuple[list[FaceEntry], int]:
    """Stored faces of the data, and how many films could not be used."""
    from sspd.datasets.faces import is_store, open_store, store_bytes
    from sspd.datasets.faces_build import Source, still_entries, stored_faces
    from sspd.video.folder import films_in

    if recordings is None and not data.is_dir():
        raise SourceError(f"{data}: not a folder; give a folder of films")
    store = out / FACES_FOLDER
    if recordings is None and is_store(data):
        entries = open_store(data)
        if not follow:
            return entries, 0
        held = still_entries(entries, store, size)
        return list(_bar(held, len(entries), "Holding heads still")), 0
    sources: Sequence[Source] = films_in(data) if recordings is None else recordings
    if not sources:
        raise SourceError(f"{data}: no film in this folder")
    failed: list[Path] = []

    def skip(film: Path, error: SSPDError) -> None:
        _say(f"skipped: {error}")
        failed.append(film)

    with _counting("Cutting out faces", len(sources)) as told:
        entries = stored_faces(sources, store, size, follow, jobs=jobs, progress=told, skipped=skip)
    if not entries:
        raise SourceError(f"{data}: none of its {len(sources)} films can be used")
    _say(f"faces: {store_bytes(store) / 1e6:.0f} MB in {store}")
    return entries, len(failed)


def _train_with_bar(
    films: Sequence[Film],
    recipe: Recipe,
    out: Path,
    seed: int,
    device: str,
    init: str | None,
    resume: bool,
    minutes: float | None,
) -> Path:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from sspd.nn.checkpoint import load_checkpoint
    from sspd.runtime.export import export_onnx
    from sspd.train.loop import Progress as Told
    from sspd.train.loop import train as run

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total} steps"),
        TimeRemainingColumn(),
    )
    quiet = not sys.stderr.isatty()
    with Progress(*columns, console=Console(stderr=True), disable=quiet) as bar:
        task = bar.add_task("Training", total=None)

        def told(now: Told) -> None:
            text = f"loss {now.loss:.3f}, in band {now.health.band_ratio:.0%}"
            bar.update(task, completed=now.step, total=now.steps, description=text)

        weights = run(
            films,
            recipe,
            out,
            seed=seed,
            device=device,
            init=init,
            resume=resume,
            max_minutes=minutes,
            on_step=told,
        )
    export_onnx(load_checkpoint(weights)[0], weights.with_suffix(".onnx"))
    return weights


@contextmanager
def _counting(text: str, total: int) -> Iterator[Callable[[int, int], None]]:
    """A bar that is told how many of how many are done."""
    from rich.console import Console
    from rich.progress import Progress

    quiet = not sys.stderr.isatty()
    with Progress(console=Console(stderr=True), disable=quiet) as bar:
        task = bar.add_task(text, total=total)
        yield lambda done, n: bar.update(task, completed=done, total=n)


def _bar(items: Iterable[Item], total: int, text: str) -> Iterable[Item]:
    from rich.console import Console
    from rich.progress import track

    quiet = not sys.stderr.isatty()
    return track(items, text, total, console=Console(stderr=True), disable=quiet)


def _say(text: str) -> None:
    typer.echo(f"sspd: {text}", err=True)
