"""Train, and export the network for measuring: the last room of a training clip."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from sspd.models.checkpoint import load_any
from sspd.models.nano import NanoNetwork
from sspd.network.export import export_onnx
from sspd.research.recipes import AnyRecipe
from sspd.research.train.loop import TrainingProgress, train
from sspd.research.train.process_group import SINGLE, ProcessGroup
from sspd.research.train.sampler import Video
from sspd.utils.progress import OnProgress


def train_and_export(
    videos: Sequence[Video],
    recipe: AnyRecipe,
    out: Path,
    *,
    seed: int = 0,
    device: str = "auto",
    init: str | Path | None = None,
    teacher: str | Path = "shipped",
    resume: bool = False,
    minutes: float | None = None,
    name: str | None = None,
    processes: ProcessGroup = SINGLE,
    progress: OnProgress = lambda what, done, total: None,
    notice: Callable[[str], None] = lambda line: None,
) -> tuple[Path, Path]:
    """Train a network, and write it as a checkpoint and as ONNX.

    Parameters
    ----------
    videos : sequence of Video
        From `sspd.research.train.data.prepare_data`.
    recipe : Recipe, BaselineRecipe or StudentRecipe
    out : Path
        Folder of states, log and weights.
    seed, device, init, teacher, resume, processes, notice
        See `sspd.research.train.loop.train`.
    minutes : float, optional
        Stop after this time, minutes.
    name : str, optional
        Name of the weights in reports, and of this training in its progress; None: the
        folder's name, and progress without a name.
    progress : callable
        Called with the name of the phase, the number done, and the total.

    Returns
    -------
    weights, onnx : Path
        ``model.safetensors`` and ``model.onnx``; the first process of a group writes them. Of a
        small network, ``model-int8.onnx`` is beside them.

    Raises
    ------
    TrainingError
        No video is long enough, the loss is not finite, or ``out`` holds another training.
    OutputError
        ``out`` cannot be written.
    """
    of = "" if name is None else f" {name}"

    def told(now: TrainingProgress) -> None:
        text = f"Training{of}, loss {now.loss:.3f}, in band {now.health.band_ratio:.0%}"
        progress(text, now.step, now.steps)

    weights = train(
        videos,
        recipe,
        out,
        seed=seed,
        device=device,
        init=init,
        teacher=teacher,
        resume=resume,
        max_minutes=minutes,
        name=name,
        processes=processes,
        on_step=told,
        on_phase=lambda what: progress(f"{what}{of and ','}{of}", 0, 0),
        notice=notice,
    )
    onnx = weights.with_suffix(".onnx")
    if processes.is_main:
        progress(f"Exporting{of and ','}{of}", 0, 0)
        network = load_any(weights)
        export_onnx(network, onnx)
        if isinstance(network, NanoNetwork):
            export_onnx(network, onnx.with_name(f"{onnx.stem}-int8.onnx"), int8=True)
    return weights, onnx
