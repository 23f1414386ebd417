"""`sspd.train`: face videos become the weights of a network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sspd.errors import ProcessLostError
from sspd.research.api.sources import Data, Notice
from sspd.research.api.train_checks import check_arguments, check_start, teacher_of
from sspd.research.api.train_data import faces_of
from sspd.research.api.train_on_ray import train_on_ray
from sspd.research.recipes import AnyRecipe, RecipeLike, choose_recipe
from sspd.scale.mapping import mapping_of
from sspd.utils.progress import OnProgress

if TYPE_CHECKING:
    from sspd.research.train.data import TrainingData
    from sspd.research.train.process_group import ProcessGroup


@dataclass(frozen=True, eq=False)
class TrainingResult:
    """Result of a training.

    Parameters
    ----------
    weights, onnx : Path
        The checkpoint, and the same network for measuring: `sspd.measure` takes it as ``weights``.
    recipe : Recipe, BaselineRecipe or StudentRecipe
        As it was trained.
    step : int
        The optimizer step whose state was exported.
    n_videos : int
        Videos that were trained on.
    unreadable, unlabelled, too_short : tuple of str
        Videos that were left out, a line each.
    verdict, why : str
        The self-check without labels: ``learned a pulse``, ``collapsed`` or ``undecided``.
    signs, before : mapping
        Its figures, see `sspd.research.train.self_check.SelfCheck`, and those of the weights
        that the training started from (None where it had none).
    rank : int
        Of this process among those that trained together; process 0 wrote the files.
    """

    weights: Path
    onnx: Path
    recipe: AnyRecipe
    step: int
    n_videos: int
    unreadable: tuple[str, ...]
    unlabelled: tuple[str, ...]
    too_short: tuple[str, ...]
    verdict: str
    why: str
    signs: Mapping[str, float | None]
    before: Mapping[str, float | None] | None
    rank: int = 0

    @property
    def method(self) -> str:
        """The method that measures with these weights."""
        return getattr(self.recipe, "method", "sspd")


def train(
    data: Data,
    recipe: RecipeLike = "laptop",
    out: str | Path = "runs/train",
    *,
    steps: int | None = None,
    minutes: float | None = None,
    seed: int = 0,
    init: str | Path | None = None,
    teacher: str | Path | None = None,
    protocol: str | None = None,
    fold: str | None = None,
    resume: bool = False,
    precision: str | None = None,
    select: str | None = None,
    device: str = "auto",
    devices: int | None = None,
    nodes: int = 1,
    jobs: int | None = None,
    engine: str = "local",
    address: str | None = None,
    faces: str | Path | None = None,
    progress: OnProgress = lambda what, done, total: None,
    notice: Notice = lambda line: None,
) -> TrainingResult:
    """Train a network on face videos; labels are neither needed nor read.

    Recipes of other papers' networks that learn from labels (physnet, ...) take the contact
    waveforms of a dataset, or the known waveforms of simulated videos. Faces are cropped
    once and kept in ``out/faces``.

    Parameters
    ----------
    data : path, str, tuple or sequence of paths
        A folder of videos, searched recursively, or of stored faces; the address of stored
        faces (``s3://...``), whose clips are read while they are trained on; video files; or
        a dataset, as ``"NAME:PATH"`` or ``(name, path)``.
    recipe : str, Recipe, BaselineRecipe or StudentRecipe
        Settings of the training, or their name, see `sspd.research.recipes`.
    out : path
        Folder for faces, training states, logs and the weights.
    steps : int, optional
        Optimizer steps, instead of the recipe's.
    minutes : float, optional
        Stop after this time, minutes, and finish with what there is.
    seed : int
        Same seed, same weights (on one machine).
    init : path or str, optional
        Initial weights: a file, ``"shipped"``, or ``"nothing"`` (random). None: as the recipe
        says.
    teacher : path or str, optional
        Who teaches, for recipes of a small network (``nano``): a checkpoint of sspd, or
        ``"shipped"``, the default.
    protocol, fold : str, optional
        For a dataset: train on the train subjects of this split, and of this fold of it.
    resume : bool
        Continue the training in ``out`` where it was stopped.
    precision : str, optional
        ``f32``, ``bf16`` or ``f16``, instead of the recipe's.
    select : str, optional
        State to export: ``last``, or ``best`` by self-tests without labels.
    device : str
        ``auto``, ``cpu`` or ``cuda``.
    devices, nodes : int
        Processes on this machine that train together, each of which starts the running script
        again, and machines; None: as ``torchrun`` started them, else 1.
    jobs : int, optional
        Processes that crop faces; None: one per core.
    engine, address : str
        Where faces are cropped, see `sspd.scale.mapping.mapping_of`. With ``"ray"`` and several
        ``devices`` or ``nodes``, the processes of the training are started on the cluster too,
        see `sspd.research.api.train_on_ray`. ``out`` is in a folder that all nodes share.
    faces : path or str, optional
        Folder or address in which cropped faces are kept; None: ``out/faces``.
    progress : callable, optional
        Called with what is done, how many of it, and how many there are (0: nobody knows).
    notice : callable, optional
        Called with a line for each video that is left out, and for whatever is not as usual.

    Returns
    -------
    TrainingResult

    Raises
    ------
    UsageError
        An argument that cannot be right.
    SourceError
        Nothing can be trained on.
    OutputError
        ``out`` cannot be written.
    TrainingError
        ``out`` holds another training, no video is as long as a clip, or the training failed.
    DependencyError
        PyTorch is not installed.

    Examples
    --------
    Train on your own videos, and measure with the new weights:

    >>> result = train("my_videos", out="runs/mine", minutes=60)         # doctest: +SKIP
    >>> sspd.measure("face.mp4", weights=result.onnx).hr_bpm             # doctest: +SKIP
    61.4

    It takes minutes, so it is skipped here; a wrong argument is an error at once:

    >>> train("my_videos", recipe="soup")                            # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    sspd.errors.UsageError: no recipe is called 'soup'; there are ...
    """
    out = Path(out)
    chosen = choose_recipe(recipe, steps=steps, precision=precision, select=select)
    check_arguments(device, minutes, seed, jobs)
    taught_by = teacher_of(teacher, chosen)
    over = mapping_of(engine, address, notice)

    def crop() -> TrainingData:
        split, workers = (protocol, fold), (jobs, over)
        return faces_of(data, chosen, out, faces, split, workers, progress, notice)

    if engine == "ray" and (devices or 1) * nodes > 1:
        # faces are there before the processes take the cluster's cores
        crop()
        own: dict[str, Any] = {"data": data, "recipe": chosen, "out": out, "faces": faces}
        own |= {"init": init, "teacher": teacher, "protocol": protocol, "fold": fold}
        own |= {"seed": seed, "minutes": minutes, "resume": resume, "device": device, "jobs": 1}
        return train_on_ray(own, devices or 1, nodes, address, (progress, notice))
    from sspd.research.train.export import train_and_export
    from sspd.research.train.launch import join, leave

    processes, place = join(devices, nodes, device)
    if not processes.is_main:
        progress, notice = _silent, _silent
    try:
        if processes.is_main:
            check_start(out, chosen, place, init, resume, notice)
        with _in_turn(processes, place):
            found = crop()
        weights, onnx = train_and_export(
            found.videos,
            found.recipe,
            out,
            seed=seed,
            device=place,
            init=init,
            teacher=taught_by,
            resume=resume,
            minutes=minutes,
            processes=processes,
            progress=progress,
            notice=notice,
        )
        return _result(weights, onnx, found, processes.rank)
    except ProcessLostError as error:
        error.rank = processes.rank  # the first process alone tells it
        raise
    finally:
        leave()


def _silent(*_: object) -> None:  # another process tells
    pass


@contextmanager
def _in_turn(processes: ProcessGroup, device: str) -> Iterator[None]:
    """Let the first process crop the faces; then the others find them in the store."""
    import torch

    place = torch.device("cpu" if device == "auto" else device)
    if not processes.is_main:
        processes.wait(place)
    yield
    if processes.is_main:
        processes.wait(place)


def _result(weights: Path, onnx: Path, found: TrainingData, rank: int) -> TrainingResult:
    from sspd.research.train.monitor import read_verdict

    told = read_verdict(weights.parent)
    return TrainingResult(
        weights,
        onnx,
        found.recipe,
        told["step"],
        len(found.videos),
        found.unreadable,
        found.unlabelled,
        found.too_short,
        told["verdict"],
        told["why"],
        told["signs"],
        told["before"],
        rank,
    )
