"""Test if several processes train as one would, also after one of them was killed.

python benchmarks/train_together.py FOLDER

20 steps of four clips (faces of 96, 2 s, float32) by one process on one thread and on two, by two
processes (Lightning Fabric, gloo), and by two of which one is killed at a random moment and started
again by torchrun. Compared are the losses of the steps, and the waveforms of fixed clips with the
finished weights. At the recipe's learning rate, rounding errors grow from step to step for any
cause (see one process on two threads); at a tenth of it, they stay small.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from sspd.errors import SSPDError
from sspd.models.checkpoint import load_checkpoint
from sspd.models.spec import NetworkSpec, PyramidSpec
from sspd.research.datasets.faces import open_store, write_entry
from sspd.research.recipes import Recipe
from sspd.research.train import calibration_videos, finalize
from sspd.research.train.launch import join
from sspd.research.train.log import read_metrics
from sspd.research.train.loop import train
from sspd.research.train.sampler import Draw, Video, clip_at, usable_videos
from sspd.research.train.trainers import trainer_for
from sspd.simulation import VideoSpec, simulate_faces

STEPS = 20
RECIPE = Recipe(
    name="together",
    source="this benchmark",
    network=NetworkSpec(fs=12.0, size=96, token_size=64, pyramid=PyramidSpec(widths=(9, 5))),
    clip_s=2.0,
    batch=4,
    epochs=None,
    steps=STEPS,
    precision="f32",
    crop_px=113,
)
TORCHRUN = ("torch.distributed.run", "--standalone", "--nproc-per-node", "2", "--max-restarts", "3")


def faces(folder: Path) -> list[Video]:
    """Return the faces for the training."""
    if not folder.exists():
        folder.mkdir(parents=True)
        for seed in range(5):
            spec = VideoSpec(
                seed=seed, duration_s=4.0, fps=15.0, face_px=120, hr_bpm=60 + 20 * seed
            )
            write_entry(folder, f"video{seed}", simulate_faces(spec, 113), f"video{seed}.mp4")
    return usable_videos(open_store(folder), RECIPE.clip_s)[0]


def child(folder: Path, out: Path, rate: float, devices: int | None) -> None:
    """Run one of the processes of a training."""
    finalize.STATISTICS_CLIPS, calibration_videos.VIDEOS, calibration_videos.DURATION_S = 4, 1, 3.0
    processes, device = join(devices, 1, "cpu")
    recipe = replace(RECIPE, learning_rate=rate)
    videos = faces(folder / "faces")
    train(
        videos,
        recipe,
        out,
        seed=3,
        device=device,
        processes=processes,
        resume=True,
        checkpoint_s=2.0,
    )


def start(folder: Path, out: Path, rate: float, *launcher: str, threads: int = 1) -> int:
    """Start a training; return its first process."""
    command = [sys.executable, *(["-m", *launcher] if launcher else []), __file__, str(folder)]
    command += ["--child", str(out), "--rate", str(rate)]
    command += ["--devices", "2"] if out.name.startswith("two") else []
    environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
    return subprocess.Popen(command, env=environment, start_new_session=True).pid


def finished(pid: int) -> None:
    """Wait for a training."""
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def kill_one(pid: int, out: Path) -> int:
    """Kill one of the processes at a random step; return the steps that were taken."""
    while not (out / "metrics.jsonl").exists() or len(read_metrics(out)) < STEPS // 3:
        time.sleep(0.1)
    time.sleep(random.uniform(0, 5))
    steps = len(read_metrics(out))
    listed = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True)
    os.kill(int(random.choice(listed.stdout.split())), signal.SIGKILL)
    return steps


def result(videos: list[Video], out: Path) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return losses, and waveforms of fixed clips with the weights, each with deviation 1."""
    network, _ = load_checkpoint(out / "model.safetensors")
    see = trainer_for(RECIPE).forward_clip(network.eval(), torch.device("cpu"))
    rows = [see(torch.from_numpy(clip_at(f, Draw(k, 0), RECIPE, 9))) for k, f in enumerate(videos)]
    losses = [row["loss/total"] for row in read_metrics(out)]
    return np.array(losses), np.array([row / row.std() for row in rows])


def compare(folder: Path, rate: float) -> None:
    """Print how much the others differ from one process."""
    videos = faces(folder / "faces")
    outs = {name: folder / f"{name}-{rate:g}" for name in ("one", "threads", "two", "killed")}
    finished(start(folder, outs["one"], rate))
    finished(start(folder, outs["threads"], rate, threads=2))
    finished(start(folder, outs["two"], rate))
    pid = start(folder, outs["killed"], rate, *TORCHRUN)
    at = kill_one(pid, outs["killed"])
    finished(pid)
    losses, waves = result(videos, outs["one"])
    names = {"threads": "two threads", "two": "two processes", "killed": f"two, one killed at {at}"}
    for name, text in names.items():
        other = result(videos, outs[name])
        off, apart = np.abs(other[0] - losses).max(), np.abs(other[1] - waves).max()
        print(f"| {rate:g} | {text} | {off:.1e} | {apart:.1e} |", flush=True)


def main() -> None:
    """Run and compare, or be one of the child processes."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--child", type=Path)
    parser.add_argument("--rate", type=float)
    parser.add_argument("--devices", type=int)
    args = parser.parse_args()
    if args.child:
        try:
            child(args.folder, args.child, args.rate, args.devices)
        except SSPDError as error:
            sys.exit(str(error))
        return
    for rate in (1e-4, 1e-3):
        compare(args.folder, rate)


if __name__ == "__main__":
    main()
