from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from sspd.research.train.health import Health
from sspd.research.train.log import METRICS_FILE, PLOT_STEPS, TrainingLog, read_metrics
from sspd.research.train.step_types import Outcome


def _outcome() -> Outcome:
    names = ("total", "rpd", "tspd", "sd", "snr")
    parts = {name: torch.tensor(float(i)) for i, name in enumerate(names)}
    waves = {"online": torch.randn(2, 30), "target": torch.randn(2, 30)}
    levels = (torch.randn(2, 22, 8), torch.randn(2, 18, 8))
    tokens = {"online": levels, "target": levels}
    return Outcome(parts, Health(0.5, 0.4, 0.3, 0.2), waves, tokens)


def _write(out: Path, first: int, last: int) -> None:
    log = TrainingLog(out, first)
    for step in range(first, last):
        log.write(step, _outcome(), {"seconds": 1.0})
    log.close()


def test_each_step_is_a_row(tmp_path: Path) -> None:
    _write(tmp_path, 0, 2)
    rows = read_metrics(tmp_path)
    assert [row["step"] for row in rows] == [0, 1]
    assert rows[0]["loss/tspd"] == 2
    assert rows[0]["health/agreement"] == 0.3
    assert rows[0]["seconds"] == 1


def test_rows_after_the_state_are_dropped_on_resume(tmp_path: Path) -> None:
    _write(tmp_path, 0, 6)
    file = tmp_path / METRICS_FILE
    file.write_text(file.read_text() + '{"step": 6, "loss/to')  # a line torn by a kill
    assert len(read_metrics(tmp_path)) == 6
    _write(tmp_path, 4, 7)
    assert [row["step"] for row in read_metrics(tmp_path)] == list(range(7))
    assert len(file.read_text().splitlines()) == 7
    assert sorted(p.name for p in tmp_path.iterdir()) == [METRICS_FILE, "tensorboard"]


def test_a_new_training_forgets_an_old_log(tmp_path: Path) -> None:
    (tmp_path / METRICS_FILE).write_text(json.dumps({"step": 0}) + "\n")
    _write(tmp_path, 0, 1)
    assert len(read_metrics(tmp_path)) == 1


@pytest.mark.slow
def test_tensorboard_holds_numbers_maps_and_waveforms(tmp_path: Path) -> None:
    reader = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    _write(tmp_path, 0, PLOT_STEPS + 1)
    board = reader.EventAccumulator(str(tmp_path / "tensorboard"))
    board.Reload()
    assert {"loss/total", "health/band_ratio", "seconds"} <= set(board.Tags()["scalars"])
    pictures = {f"ssm{i}/{name}" for i in (1, 2) for name in ("online", "target")} | {"rppg"}
    assert pictures <= set(board.Tags()["images"])
    assert [e.step for e in board.Images("rppg")] == [0, PLOT_STEPS]
