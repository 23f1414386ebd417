"""Test if the verdicts on trainings are right: short trainings, half with a planted failure.

python benchmarks/train_verdicts.py FOLDER

Twenty trainings (`--recipe ablation`, 30 steps, 12 simulated videos of 11 s) decide without labels
whether they learned a pulse. The right verdicts were defined before:
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from sspd.errors import TrainingError
from sspd.models.checkpoint import load_checkpoint
from sspd.research.datasets.faces import FaceEntry, open_store, write_entry
from sspd.research.recipes import Recipe, get_recipe
from sspd.research.train.loop import train
from sspd.research.train.memory import prepare_memory
from sspd.research.train.sampler import Draw, clip_at, usable_videos
from sspd.research.train.self_check import (
    PROBE_BAND_HZ,
    PROBE_RATES_HZ,
    check_network,
    diagnose,
    probe_clips,
)
from sspd.research.train.trainers import trainer_for
from sspd.signal import bandpass, integrate, pulse_frequency
from sspd.simulation import VideoSpec, random_spec, simulate_faces
from sspd.types import Frames
from sspd.utils.files import write_whole
from sspd.utils.pool import process_pool

SEED, FACE_PX = 11000, 113
TRAINED, TRAINED_S = 12, 11.0
TESTED, TESTED_S, RIGHT_BPM = 10, 10.5, 5.0
#: Peak-to-trough pulse in green, percent, of the videos that decide.
CLEAR_PERCENT = (0.5, 1.2)
RUNS = 20
KINDS = ("rate", "difference", "snr", "faces", "pulse")
PRESETS = ("still", "train1", "rotation", "talking", "drift")


def spec_of(
    rng: np.random.Generator, k: int, preset: str, duration_s: float, **fixed: Any
) -> VideoSpec:
    """Return a video of a preset with a rate between 45 and 170 bpm."""
    hr_bpm = 45 + (37 * k) % 120 + rng.uniform(0, 5)
    return random_spec(rng, preset, duration_s=duration_s, fps=30.0, hr_bpm=hr_bpm, **fixed)


def wall(rng: np.random.Generator, like: Frames) -> Frames:
    """Make a wall in drifting light, with camera noise."""
    base = rng.uniform(60, 160, (8, 8, 3)).astype(np.float32)
    picture = cv2.resize(base, (FACE_PX, FACE_PX), interpolation=cv2.INTER_CUBIC)
    light = 1 + np.cumsum(rng.normal(0, 0.002, (len(like.t), 1, 1, 1)), axis=0)
    levels = picture * light + rng.normal(0, 2, (len(like.t), FACE_PX, FACE_PX, 3))
    return replace(like, rgb=np.clip(levels * 256, 0, like.max_value).astype(np.uint16))


def videos_of(folder: Path, seed: int, preset: str, kind: str) -> Sequence[FaceEntry]:
    """Return the faces for the training."""
    if not folder.exists():
        folder.mkdir(parents=True)
        rng = np.random.default_rng(seed)
        fixed = {"pulse_percent": 0.0} if kind == "pulse" else {}
        for k in range(TRAINED):
            faces = simulate_faces(spec_of(rng, k, preset, TRAINED_S, **fixed), FACE_PX)
            faces = wall(rng, faces) if kind == "faces" else faces
            write_entry(folder, f"video{k:02d}", faces, f"video{k:02d}.mp4")
    return open_store(folder)


def planted(kind: str) -> Recipe:
    """Return the recipe with its planted failure."""
    recipe = replace(get_recipe("ablation"), steps=30, select="best")
    # the recipe's loss for the table in benchmarks/README.md
    recipe = replace(recipe, loss=replace(recipe.loss, snr_counts_dc=False))
    if kind == "rate":
        return replace(recipe, learning_rate=5.0)
    if kind == "difference":
        return replace(
            recipe, network=replace(recipe.network, input="centred", centre_s=recipe.clip_s)
        )
    if kind == "snr":
        return replace(recipe, loss=replace(recipe.loss, snr_weight=0.0))
    return recipe


def share_right(
    weights: Path, recipe: Recipe, preset: str, seed: int, folder: Path, device: str
) -> float:
    """Return the fraction of other videos of the kind with the right rate."""
    network, _ = load_checkpoint(weights)
    whole = replace(recipe, clip_s=10.0)
    see = trainer_for(whole).forward_clip(network.eval(), torch.device(device))
    rng, truth = np.random.default_rng(10_000_000 + seed), {}
    for k in range(TESTED):
        clear = float(rng.uniform(*CLEAR_PERCENT))
        spec = spec_of(rng, k, preset, TESTED_S, pulse_percent=clear)
        truth[f"video{k:02d}"] = spec.hr_bpm
        write_entry(folder, f"video{k:02d}", simulate_faces(spec, FACE_PX), f"video{k:02d}.mp4")
    videos, _ = usable_videos(open_store(folder), whole.clip_s)
    right, fs = 0, recipe.network.fs
    for k, video in enumerate(videos):
        wave = see(torch.from_numpy(clip_at(video, Draw(0, k), whole, seed)))
        summed = integrate(network.spec.polarity * wave, fs, network.spec.summations)
        rate_bpm = 60 * pulse_frequency(bandpass(summed, fs, PROBE_BAND_HZ), fs, PROBE_RATES_HZ)
        right += abs(rate_bpm - truth[Path(video.name).stem]) <= RIGHT_BPM
    return right / len(videos)


def wanted(kind: str, right: float) -> set[str]:
    """List the verdicts that would be right."""
    if kind in ("faces", "pulse"):
        return {"collapsed", "undecided"}
    between = {"undecided"} if 0.3 <= right <= 0.7 else set()
    return {"learned a pulse" if right >= 0.5 else "collapsed"} | between


def one_run(folder: Path, seed: int, preset: str, kind: str, device: str) -> dict[str, Any]:
    """Train once; return the verdict and the truth."""
    began = time.monotonic()
    recipe = planted(kind)
    videos, _ = usable_videos(videos_of(folder / "faces", seed, preset, kind), recipe.clip_s)
    row: dict[str, Any] = {"kind": kind, "preset": preset, "seed": seed}
    try:
        weights = train(videos, recipe, folder / "run", seed=seed, device=device, resume=True)
    except TrainingError as error:  # it reports the failure itself
        return row | {"right": 0.0, "error": str(error)}
    row["right"] = share_right(weights, recipe, preset, seed, folder / "others", device)
    return row | {"seconds": time.monotonic() - began}


def judged(folder: Path, row: dict[str, Any]) -> tuple[str, bool]:
    """Return one line of the table, and if the verdict on a finished run is right."""
    verdict, seen = "collapsed", "| - | - | - "
    if "error" not in row:
        recipe, cpu = planted(row["kind"]), torch.device("cpu")
        videos, _ = usable_videos(open_store(folder / "faces"), recipe.clip_s)
        network, _ = load_checkpoint(folder / "run" / "model.safetensors")
        see = trainer_for(recipe).forward_clip(network, cpu)
        clips = probe_clips(videos, recipe, row["seed"])
        sums = network.spec.summations
        signs = check_network(see, clips, recipe.network.fs, integration_order=sums)
        verdict, _ = diagnose(signs)
        same = f"{signs.with_pos:.2f}" if signs.judged else "-"
        seen = f"| {signs.judged} of {signs.clips} | {same} | {signs.in_line:.2f} "
    good = verdict in wanted(row["kind"], row["right"])
    facts = f"| {row['kind']} | {row['preset']} | {row['right']:.1f} "
    return f"{facts}{seen}| {verdict} | {'' if good else 'wrong'} |", good


def kept_run(folder: Path, i: int, device: str, threads: int) -> tuple[str, bool]:
    """Return `judged` of run `i`, which is made if it is missing."""
    prepare_memory()
    torch.set_num_threads(threads)
    kind = KINDS[i // 2 % 5] if i % 2 else "nothing"
    preset = PRESETS[i // 2 % 5] if kind == "nothing" else ("still", "train1")[i // 10]
    done = folder / "row.json"
    if not done.exists():
        row = one_run(folder, SEED + i, preset, kind, device)
        write_whole(done, json.dumps(row).encode())
    return judged(folder, json.loads(done.read_text()))


def main() -> None:
    """Print one line for each run, and the number of right verdicts."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--jobs", type=int, default=1)
    args = parser.parse_args()
    right = 0
    with process_pool(args.jobs) as pool:
        waiting = [
            pool.submit(kept_run, args.folder / f"run{i:02d}", i, args.device, args.threads)
            for i in range(RUNS)
        ]
        for run in waiting:
            line, good = run.result()
            right += good
            print(line, flush=True)
    print(f"{right} of {RUNS} right")


if __name__ == "__main__":
    main()
