"""Whether several processes train as one would, also after one of them was killed.

    python benchmarks/train_together.py FACES

20 steps (`--recipe ablation`, float32, on stored faces) by one process of two threads, by
two processes (`--devices 2`, gloo), and by two that torchrun restarts after one of them is
killed at a random moment. The losses of each step and the waveforms of fixed clips by the
finished weights should be the same but for rounding: 1e-4 and 1e-3.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from sspd.datasets.faces import open_store
from sspd.nn.checkpoint import load_checkpoint
from sspd.recipes import get_recipe
from sspd.train.log import read_metrics
from sspd.train.sampler import Draw, clip_at, usable_films
from sspd.train.ways import way_of

RECIPE = "ablation"
TORCHRUN = ("torch.distributed.run", "--standalone", "--nproc-per-node", "2", "--max-restarts", "3")


def start(faces: Path, out: Path, steps: int, *launcher: str, more: tuple[str, ...] = ()) -> int:
    """The command; its process."""
    command = [sys.executable, "-m", *launcher, *(["-m"] if launcher else []), "sspd.cli.main"]
    command += ["train", str(faces), "--out", str(out), "--recipe", RECIPE, "--seed", "3"]
    command += ["--steps", str(steps), "--precision", "f32", "--device", "cpu", "--resume", *more]
    return subprocess.Popen(command, start_new_session=True).pid


def finish(pid: int) -> None:
    """Wait for it."""
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def workers(pid: int) -> list[int]:
    """The processes that a process has started."""
    listed = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True)
    return [int(line) for line in listed.stdout.split()]


def kill_one(pid: int, out: Path, after: int) -> int:
    """Kill one of the processes once so many steps are taken; the steps it had."""
    while not (out / "metrics.jsonl").exists() or len(read_metrics(out)) < after:
        time.sleep(0.2)
    time.sleep(random.uniform(0, 3))
    steps = len(read_metrics(out))
    os.kill(random.choice(workers(pid)), signal.SIGKILL)
    return steps


def losses(out: Path) -> NDArray[np.float64]:
    return np.array([row["loss/total"] for row in read_metrics(out)])


def waves(faces: Path, out: Path) -> NDArray[np.float64]:
    """What the finished weights make of fixed clips, each with deviation 1."""
    network, _ = load_checkpoint(out / "model.safetensors")
    recipe = replace(get_recipe(RECIPE), precision="f32")
    see = way_of(recipe).see(network.eval(), torch.device("cpu"))
    films, _ = usable_films(open_store(faces), recipe.clip_s)
    rows = [see(torch.from_numpy(clip_at(f, Draw(0, k), recipe, 99))) for k, f in enumerate(films)]
    return np.array([row / row.std() for row in rows])


def main() -> None:
    """Print how far the runs are from each other."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("faces", type=Path)
    parser.add_argument("--steps", type=int, default=20)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        one, two, killed = (Path(name) / run for run in ("one", "two", "killed"))
        finish(start(args.faces, one, args.steps))
        right, wave = losses(one), waves(args.faces, one)
        finish(start(args.faces, two, args.steps, more=("--devices", "2")))
        pid = start(args.faces, killed, args.steps, *TORCHRUN)
        at = kill_one(pid, killed, args.steps // 3)
        finish(pid)
        for run, text in ((two, "two processes"), (killed, f"one of two killed at step {at}")):
            off = np.abs(losses(run) - right).max()
            apart = np.abs(waves(args.faces, run) - wave).max()
            print(f"{text}: losses {off:.1e}, waveforms {apart:.1e} from those of one process")


if __name__ == "__main__":
    main()
