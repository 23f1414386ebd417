"""Kill trainings many times, and let the disk of others fill up.

python benchmarks/train_kills.py FOLDER --kills 30 --full 3

A small training (real faces of simulated videos, two networks, a state after every step) in
separate processes, killed by SIGKILL at random moments and resumed; then others on a disk of a few
megabytes that fills up, and gets space again. The finished weights must be those of an
uninterrupted run, every remaining state must be readable, and a full disk must give an error of one
line.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from sspd.research.datasets.faces import write_entry
from sspd.simulation import VideoSpec, simulate_faces

STEPS = 12
#: Space on the disk that fills up, MB: a few states, but not the next one.
DISK_MB = 192

CHILD = f"""
import sys
from dataclasses import replace
from pathlib import Path
import torch
torch.set_num_threads(1)
from sspd.research.train import calibration_videos, finalize
finalize.STATISTICS_CLIPS = 4  # what is saved is in question, not how good it is
calibration_videos.VIDEOS, calibration_videos.DURATION_S = 1, 3.0
from sspd.research.datasets.faces import open_store
from sspd.errors import SSPDError
from sspd.research.recipes import Recipe
from sspd.models.spec import NetworkSpec
from sspd.models.spec import PyramidSpec
from sspd.research.train.loop import train
from sspd.research.train.sampler import usable_videos
recipe = Recipe(
    "kills", "this benchmark", NetworkSpec(fs=12.0, size=96, pyramid=PyramidSpec(widths=(9, 5))),
    clip_s=2.0, batch=2, epochs=None, steps={STEPS}, crop_px=113)
videos, _ = usable_videos(open_store(Path(sys.argv[1])), recipe.clip_s)
try:
    options = dict(seed=5, device="cpu", resume=True, checkpoint_s=0.0, name="k")
    train(videos, recipe, sys.argv[2], **options)
except SSPDError as error:
    sys.exit(str(error))
"""


def faces(folder: Path) -> Path:
    """Return the stored faces for the training."""
    if not folder.exists():
        folder.mkdir(parents=True)
        for seed in range(3):
            spec = VideoSpec(
                seed=seed, duration_s=6.0, fps=15.0, face_px=120, hr_bpm=60 + 30 * seed
            )
            write_entry(folder, f"video{seed}", simulate_faces(spec, 113), f"video{seed}.mp4")
    return folder


def start(store: Path, out: Path) -> subprocess.Popen[bytes]:
    """Start the training in a separate process, or continue it."""
    command = [sys.executable, "-c", CHILD, str(store), str(out)]
    return subprocess.Popen(command, stderr=subprocess.PIPE)


def run_whole(store: Path, out: Path) -> None:
    """Run the training to its end."""
    child = start(store, out)
    said = child.communicate()[1].decode()
    assert child.returncode == 0, said


def weights(out: Path) -> bytes:
    return (out / "model.safetensors").read_bytes()


def unreadable(out: Path) -> int:
    """Count the remaining states that cannot be read."""
    from sspd.research.train.state import read_state_file

    bad = 0
    for path in (out / "states").glob("*.pt"):
        try:
            read_state_file(path)
        except Exception:
            bad += 1
    return bad


def killed(store: Path, out: Path, kills: int, lasted_s: float) -> tuple[int, int]:
    """Kill several times, then finish; return kills of a running training, and bad states."""
    rng, hits, bad = np.random.default_rng(), 0, 0
    while hits < kills and not (out / "model.safetensors").exists():
        child = start(store, out)
        try:
            child.communicate(timeout=rng.uniform(0.2, 0.7) * lasted_s)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            hits += 1
        bad += unreadable(out)
    run_whole(store, out)
    return hits, bad


@contextlib.contextmanager
def small_disk(place: Path) -> Iterator[Path]:
    """Mount a small disk; the machine must allow it."""
    place.mkdir(exist_ok=True)
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "none", str(place)], check=True
    )
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def filled(store: Path, place: Path, free_mb: float) -> tuple[str, bytes, int]:
    """Train on a disk with little free space; return the message, the weights, and bad states."""
    with small_disk(place) as disk:
        filler = disk / "filler"
        filler.write_bytes(bytes(int((DISK_MB - free_mb) * 2**20)))
        child = start(store, disk / "out")
        said = child.communicate()[1].decode().strip()
        assert child.returncode == 1, said
        bad = unreadable(disk / "out")
        filler.unlink()
        run_whole(store, disk / "out")
        return said, weights(disk / "out"), bad


def main() -> None:
    """Print the kills, the messages and the differences."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--full", type=int, default=3)
    args = parser.parse_args()
    store = faces(args.folder / "faces")
    with tempfile.TemporaryDirectory(dir=args.folder) as name:
        folder = Path(name)
        began = time.monotonic()
        run_whole(store, folder / "whole")
        lasted_s = time.monotonic() - began
        right = weights(folder / "whole")
        hits, bad, same, round_ = 0, 0, True, 0
        while hits < args.kills:  # a run may end before enough kills
            more, worse = killed(store, folder / f"killed{round_}", args.kills - hits, lasted_s)
            hits, bad, round_ = hits + more, bad + worse, round_ + 1
            same = same and weights(folder / f"killed{round_ - 1}") == right
        print(f"{hits} kills in {round_} trainings: {bad} bad states, same weights: {same}")
        if args.full and os.geteuid() != 0:
            sys.exit("no disk of its own could be mounted: run as root")
        for free_mb in np.linspace(20.0, 95.0, args.full):
            said, found, bad = filled(store, folder / "disk", float(free_mb))
            lines = len(said.splitlines())
            print(f"{free_mb:.1f} MB free: {lines} line, {bad} bad states, same: {found == right}")
            print(f"    {said[-300:]}")


if __name__ == "__main__":
    main()
