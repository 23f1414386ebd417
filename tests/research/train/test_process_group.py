"""Two real processes (gloo) against one: a norm, uneven rows, a whole training."""

from __future__ import annotations

import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.research.train.test_kill import CHILD as ALONE_CHILD
from torch import Tensor, nn

from sspd.errors import ProcessLostError, UsageError
from sspd.models.norm import take_together
from sspd.research.recipes import Recipe, find_recipe
from sspd.research.train.launch import join
from sspd.research.train.log import read_metrics
from sspd.research.train.loop import MODEL_FILE, train
from sspd.research.train.process_group import ProcessGroup, require_enough_clips
from sspd.research.train.sampler import Draw, Video
from sspd.research.train.state import new_state
from sspd.research.train.step import take_step

CPU = torch.device("cpu")
#: One of two processes; what it is told to do is a function of this file.
CHILD = """
import pickle, sys
import torch, torch.distributed as dist
from sspd.research.train.launch import leave
from tests.research.train import test_process_group
rank, folder, task = int(sys.argv[1]), sys.argv[2], sys.argv[3]
torch.set_num_threads(1)
dist.init_process_group("gloo", init_method=f"file://{folder}/meet-{task}", rank=rank, world_size=2)
answer = getattr(test_process_group, task)(rank, folder)
leave()
pickle.dump(answer, open(f"{folder}/{task}-{rank}", "wb"))
"""


def by_two(task: str, folder: Path) -> list[Any]:
    """What each of two processes answers."""
    command = [sys.executable, "-c", CHILD]
    children = [
        subprocess.Popen([*command, str(rank), str(folder), task], stderr=subprocess.PIPE)
        for rank in range(2)
    ]
    for child in children:
        _, said = child.communicate()
        assert child.returncode == 0, said.decode()
    return [pickle.loads((folder / f"{task}-{rank}").read_bytes()) for rank in range(2)]


def maps(last: bool, channels: int) -> Tensor:
    x = torch.randn(3, channels, 4, 6, 5, generator=torch.Generator().manual_seed(channels))
    return (2 * x + 1).contiguous(
        memory_format=torch.channels_last_3d if last else torch.contiguous_format
    )


def norm_outcome(x: Tensor, norm: nn.BatchNorm3d, slope: Tensor) -> list[Tensor]:
    nn.init.constant_(norm.weight, 1.5)
    x = x.detach().requires_grad_()
    y = norm(x)
    gradients = torch.autograd.grad(y, (x, norm.weight, norm.bias), slope)
    return [
        t.detach() for t in (y, *gradients, norm.running_mean, norm.running_var) if t is not None
    ]


KINDS = [(last, channels) for last in (False, True) for channels in (3, 40)]


def norms(rank: int, folder: str) -> list[list[Tensor]]:
    from sspd.models.norm import BatchNorm, take_together

    answers = []
    for kind in KINDS:
        norm = BatchNorm(kind[1])
        take_together(norm, True)
        mine = slice(rank, None, 2)  # two clips and one
        answers.append(norm_outcome(maps(*kind)[mine], norm, maps(*kind)[mine].sin()))
    return answers


@pytest.mark.slow
def test_norms_over_two_processes_are_those_of_one(tmp_path: Path) -> None:
    for kind, first, second in zip(KINDS, *by_two("norms", tmp_path), strict=True):
        whole = norm_outcome(maps(*kind), nn.BatchNorm3d(kind[1]), maps(*kind).sin())
        for place, right in enumerate(whole):
            if place in (0, 1):  # of clips
                found = torch.empty_like(right)
                found[0::2], found[1::2] = first[place], second[place]
            elif place in (2, 3):  # of parameters: summed later
                found = first[place] + second[place]
            else:
                found = first[place]
                assert torch.equal(first[place], second[place])
            torch.testing.assert_close(found, right, atol=1e-4, rtol=1e-4)


def rows(rank: int, folder: str) -> tuple[Tensor, Tensor, bool]:
    processes = ProcessGroup(rank, 2)
    mine = processes.mine(torch.arange(5.0).reshape(5, 1).unbind())
    late = processes.main_answer(rank == 0, CPU)
    return (
        processes.rows(torch.stack(list(mine)), 5),
        processes.total(torch.tensor(1.0 + rank)),
        late,
    )


@pytest.mark.slow
def test_rows_come_back_in_their_order(tmp_path: Path) -> None:
    for every, total, late in by_two("rows", tmp_path):
        assert torch.equal(every.flatten(), torch.arange(5.0))
        assert (total.item(), late) == (3.0, True)


def lost(rank: int, folder: str) -> str:
    try:
        ProcessGroup(rank, 2).wait(CPU)  # both have met: one that leaves before is no lost one
        if rank == 1:
            return "gone"
        ProcessGroup(0, 2).wait(CPU)
    except ProcessLostError as error:
        return str(error)
    return "nothing was said"


@pytest.mark.slow
def test_a_lost_process_is_a_clear_line(tmp_path: Path) -> None:
    assert "--resume continues" in by_two("lost", tmp_path)[0]


def exact_steps(processes: ProcessGroup, recipe: Recipe) -> list[list[float]]:
    """The parts of the loss in each step, every number of it a float64."""
    torch.Tensor.float = torch.Tensor.double  # type: ignore[method-assign]
    state = new_state(recipe, 5, CPU)
    for network in (state.online, state.target):
        take_together(network.double(), processes.size > 1)
    clips = torch.rand(3, 17, 3, 113, 113, generator=torch.Generator().manual_seed(0)).double()
    parts = []
    for step in range(recipe.steps or 0):
        draws = [Draw(step, video) for video in range(3)]
        mine = torch.stack(list(processes.mine(clips.unbind())))
        result, health = take_step(state, mine, processes.mine(draws), recipe, 5, 4, processes, 3)
        state.step += 1
        parts.append([part.item() for part in result.parts] + list(health))
    return parts


def two_exact(rank: int, folder: str) -> list[list[float]]:
    return exact_steps(ProcessGroup(rank, 2), pickle.loads((Path(folder) / "recipe").read_bytes()))


@pytest.mark.slow
def test_steps_of_two_processes_are_those_of_one(
    tiny: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = replace(tiny, precision="f32", batch=3, steps=2, clip_s=16 / 12)
    (tmp_path / "recipe").write_bytes(pickle.dumps(recipe))
    monkeypatch.setattr(torch.Tensor, "float", torch.Tensor.float)  # put back afterwards
    alone = exact_steps(ProcessGroup(), recipe)
    for together in by_two("two_exact", tmp_path):
        np.testing.assert_allclose(together, alone, rtol=1e-8, atol=1e-10)


def whole_training(rank: int, folder: str) -> None:
    from sspd.research.train import calibration_videos, finalize

    finalize.STATISTICS_CLIPS = 4
    calibration_videos.VIDEOS, calibration_videos.DURATION_S = 1, 3.0
    videos, recipe, out = pickle.loads((Path(folder) / "task").read_bytes())
    train(
        videos,
        recipe,
        out,
        seed=5,
        device="cpu",
        processes=ProcessGroup(rank, 2),
        name="tiny",
        max_minutes=9,
    )


@pytest.mark.slow
def test_two_processes_train_as_one(videos: list[Video], tiny: Recipe, tmp_path: Path) -> None:
    recipe = replace(tiny, precision="f32", batch=3)
    for folder in ("alone", "together"):
        (tmp_path / folder).mkdir()
        task = (videos, recipe, tmp_path / folder / "out")
        (tmp_path / folder / "task").write_bytes(pickle.dumps(task))
    command = [sys.executable, "-c", ALONE_CHILD, str(tmp_path / "alone" / "task")]
    subprocess.run(command, check=True)
    by_two("whole_training", tmp_path / "together")
    one, two = (read_metrics(tmp_path / folder / "out") for folder in ("alone", "together"))
    assert len(one) == len(two) == recipe.steps
    # float32 rounding, which Adam makes ten times larger a step; in float64 (above) none is left
    allowed = np.array([1e-5, 1e-4, 1e-3, 1e-2])
    for name in ("loss/total", "loss/snr", "health/spread", "health/agreement"):
        a, b = (np.array([row[name] for row in run]) for run in (one, two))
        np.testing.assert_array_less(np.abs(a - b), allowed)
    assert (tmp_path / "together" / "out" / MODEL_FILE).exists()


def test_what_cannot_be_shared_is_rejected(tiny: Recipe) -> None:
    require_enough_clips(tiny, 3, ProcessGroup(0, 2))
    with pytest.raises(UsageError, match="a step of 2 clips is too small for 3 processes"):
        require_enough_clips(tiny, 3, ProcessGroup(0, 3))
    with pytest.raises(UsageError, match="a step of 1 clips"):  # an epoch's last
        require_enough_clips(replace(tiny, epochs=2, steps=None), 3, ProcessGroup(0, 2))
    with pytest.raises(UsageError, match="trained by one process"):
        require_enough_clips(find_recipe("physnet"), 3, ProcessGroup(0, 2))


def test_more_devices_than_there_are() -> None:
    if torch.cuda.is_available():
        pytest.skip("there are some")
    with pytest.raises(UsageError, match="--devices 2 --nodes 1"):
        join(2, 1, "cuda")


@pytest.mark.slow
def test_the_command_starts_its_processes_and_rejects_in_one_line(
    store: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "sspd.cli.main", "train", str(store), "--device", "cpu"]
    command += ["--recipe", "ablation", "--devices", "2", "--out", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True)
    said = done.stderr.strip().splitlines()
    assert done.returncode == 1
    assert len([line for line in said if line.startswith("sspd: no video is as long")]) == 1, said
    assert not [line for line in said if "Traceback" in line or "gone" in line]
