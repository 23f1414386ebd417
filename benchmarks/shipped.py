"""Make the last part of the shipped weights: 288 simulated videos, two minutes on a GPU.

python benchmarks/shipped.py FOLDER --init FIRST.safetensors --minutes 1.6

FIRST are the weights of the first part (MODEL_CARD.md). Faces of 12 s are made as `sspd simulate
--layout faces` makes them, with more talking heads and more compressed videos than a preset has,
and stabilized. The training never reads their truth.
"""

from __future__ import annotations

import argparse
import os
import shutil
from pathlib import Path

import cv2
import numpy as np

from sspd.research.datasets.faces import open_store, write_entry
from sspd.research.datasets.faces_build import still_entries
from sspd.research.recipes import get_recipe
from sspd.research.train.loop import train
from sspd.research.train.sampler import usable_videos
from sspd.simulation import is_encoded, random_spec, simulate_faces
from sspd.utils.pool import process_pool

#: Preset -> number of videos. The order is part of their seeds.
VIDEOS = {"train1": 160, "talking": 80, "compressed": 48}
SEED, DURATION_S = 2127, 12.0


def make(job: tuple[Path, str, int, int]) -> None:
    """Make the stabilized faces of one video if they are missing."""
    store, preset, place, i = job
    name = f"{preset}_{i:04d}"
    if (store / f"{name}.zarr").exists():
        return
    cv2.setNumThreads(1)
    rng = np.random.default_rng([SEED + place, i])
    spec = random_spec(rng, preset, duration_s=DURATION_S, width=640, height=480)
    moving = store / f".{name}"
    moving.mkdir(parents=True, exist_ok=True)
    faces = simulate_faces(spec, encode=is_encoded(spec))
    write_entry(moving, name, faces, name, simulated_seed=spec.seed)
    for _ in still_entries(open_store(moving), store, get_recipe("further").crop_px):
        pass
    shutil.rmtree(moving)


def main() -> None:
    """Make the faces, then train."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--init", type=Path, required=True)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    args = parser.parse_args()
    store = args.folder / "faces"
    store.mkdir(parents=True, exist_ok=True)
    jobs = [
        (store, preset, place, i)
        for place, (preset, n) in enumerate(VIDEOS.items())
        for i in range(n)
    ]
    with process_pool(args.jobs) as pool:
        list(pool.map(make, jobs))
    recipe = get_recipe("further")
    videos, _ = usable_videos(open_store(store), recipe.clip_s)
    weights = train(
        videos,
        recipe,
        args.folder / "run",
        device=args.device,
        init=args.init,
        max_minutes=args.minutes,
        name="sspd",
        on_step=lambda now: print(f"{now.step} of {now.steps}: {now.loss:.3f}", flush=True),
    )
    print(weights)


if __name__ == "__main__":
    main()
