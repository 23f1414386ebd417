"""The log of a training: numbers as JSON lines, and numbers and plots for TensorBoard."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sspd.research.losses.similarity import self_similarity_map
from sspd.research.train.step_types import Outcome
from sspd.utils.files import write_whole
from sspd.utils.locks import open_to_append

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

METRICS_FILE = "metrics.jsonl"
#: Plots are large, so they are written once in this many steps.
PLOT_STEPS = 25


class TrainingLog:
    """Write the numbers of every step as JSON lines and to TensorBoard, and plots now and then.

    Parameters
    ----------
    out : Path
        Folder of the training.
    step : int
        First step of this run: lines of later steps, left by a killed run, are dropped.
    """

    def __init__(self, out: Path, step: int) -> None:
        self._file = out / METRICS_FILE
        _drop_later_lines(self._file, step)
        self._board = _summary_writer(out / "tensorboard", step)

    def write(self, step: int, outcome: Outcome, extra: dict[str, Any]) -> None:
        """Log one step.

        Parameters
        ----------
        step : int
        outcome : Outcome
            Loss parts and health of the step.
        extra : dict
            More numbers by name.
        """
        parts = {f"loss/{k}": v.item() for k, v in outcome.parts.items()}
        health = {f"health/{k}": v for k, v in outcome.health._asdict().items()}
        extra = {**outcome.extra, **extra}
        row = {"step": step, **parts, **health, **extra}
        with open_to_append(self._file) as file:
            file.write(json.dumps(row).encode() + b"\n")
        if self._board is None:
            return
        for name, value in (parts | health | extra).items():
            self._board.add_scalar(name, value, step)
        if step % PLOT_STEPS == 0:
            self._plot(step, outcome)
        self._board.flush()

    def _plot(self, step: int, outcome: Outcome) -> None:
        from matplotlib.figure import Figure

        assert self._board is not None
        figure = Figure(figsize=(8, 2.5), layout="constrained")
        axes = figure.subplots()
        for name, wave in outcome.waves.items():
            axes.plot(wave[0].detach().float().cpu().numpy(), label=name, linewidth=1)
        for name, levels in outcome.tokens.items():
            for level, tokens in enumerate(levels, start=1):
                shown = (self_similarity_map(tokens[:1].detach()) + 1) / 2
                self._board.add_image(f"ssm{level}/{name}", shown, step)
        axes.set(xlabel="frame", title="rPPG of the first clip")
        axes.legend()
        self._board.add_figure("rppg", figure, step)

    def close(self) -> None:
        """Close the files."""
        if self._board is not None:
            self._board.close()


def read_metrics(out: str | Path) -> list[dict[str, float]]:
    """Read the rows of a training's ``metrics.jsonl``, in order; a torn last line is left out.

    Parameters
    ----------
    out : path
        Folder of the training.

    Returns
    -------
    list of dict
    """
    rows = []
    for line in (Path(out) / METRICS_FILE).read_text().splitlines():
        try:
            rows.append(json.loads(line))
        except ValueError:
            break
    return rows


def _drop_later_lines(file: Path, step: int) -> None:
    if not file.exists():
        return
    kept = [row for row in read_metrics(file.parent) if row["step"] < step]
    write_whole(file, "".join(json.dumps(row) + "\n" for row in kept).encode())


def _summary_writer(folder: Path, step: int) -> SummaryWriter | None:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:  # the JSON lines are written all the same
        return None
    return SummaryWriter(str(folder), purge_step=step or None)
