"""Train short with both readings of L_SNR (Eq. 10), on the same simulated faces.

sspd simulate FACES --n 24 --seconds 12 --seed 30 --preset train1 --layout faces
python benchmarks/snr_readings.py FACES FOLDER --steps 24

One counts 0 Hz, as in the paper; the other removes the mean first, as in the training of the
package's weights. First, tokens without a network, under the regularizers alone, show where the
maps converge (a minute). Then each training is evaluated: the fraction of 12 other faces whose rate
it reads within 5 bpm, and how close its self-similarity maps are to ones.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from sspd.models.checkpoint import load_checkpoint
from sspd.research.datasets.faces import open_store, write_entry
from sspd.research.datasets.faces_build import still_entries
from sspd.research.losses.deviation import diagonal_deviation
from sspd.research.losses.similarity import self_similarity_map, self_similarity_wave
from sspd.research.losses.spectral import noise_to_signal
from sspd.research.recipes import Recipe, get_recipe
from sspd.research.train.log import read_metrics
from sspd.research.train.loop import TrainingProgress, train
from sspd.research.train.sampler import Draw, Video, clip_at, usable_videos
from sspd.research.train.state import load_newest, new_state
from sspd.research.train.trainers import trainer_for
from sspd.research.views.lga import global_view
from sspd.research.views.mdm import frame_differences
from sspd.signal import bandpass, integrate, pulse_frequency
from sspd.simulation import random_spec, simulate_faces

TESTED, TESTED_S, SEED = 12, 11.0, 5_030
PASS_HZ, RATES_HZ, RIGHT_BPM = (0.5, 4.0), (0.6, 3.6), 5.0
PARTS = ("total", "rpd", "tspd", "sd", "snr")


def stilled(faces: Path, out: Path, size: int) -> list[Video]:
    """Return the stabilized faces."""
    out.mkdir(parents=True, exist_ok=True)
    for _ in still_entries(open_store(faces), out, size):
        pass
    return usable_videos(open_store(out), 5.0)[0]


def tested(out: Path, size: int) -> list[float]:
    """Make other faces, with their rates."""
    rates, moving = [], out / "moving"
    moving.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(SEED)
    for k in range(TESTED):
        spec = random_spec(rng, "train1", duration_s=TESTED_S, hr_bpm=45 + (37 * k) % 120)
        rates.append(spec.hr_bpm)
        if not (moving / f"t{k:02d}.zarr").exists():
            write_entry(moving, f"t{k:02d}", simulate_faces(spec, size), f"t{k:02d}")
    return rates


def errors(weights: Path, recipe: Recipe, videos: list[Video], rates: list[float]) -> list[float]:
    """Return the error of the rate of each test face, beats per minute."""
    network, _ = load_checkpoint(weights)
    whole = replace(recipe, clip_s=10.0)
    see = trainer_for(whole).forward_clip(network.eval(), torch.device("cpu"))
    fs = recipe.network.fs
    found = []
    for k, video in enumerate(videos):
        wave = see(torch.from_numpy(clip_at(video, Draw(0, k), whole, 0)))
        summed = integrate(network.spec.polarity * wave, fs, network.spec.summations)
        found.append(60 * pulse_frequency(bandpass(summed, fs, PASS_HZ), fs, RATES_HZ) - rates[k])
    return found


@torch.no_grad()
def map_means(out: Path, recipe: Recipe, videos: list[Video]) -> list[float]:
    """Return the mean of the online network's self-similarity map at each level; ones give 1."""
    state = new_state(recipe, 0, torch.device("cpu"))
    identity = {"recipe": recipe.to_dict(), "seed": 0, "films": [video.name for video in videos]}
    load_newest(state, out, identity | {"init": recipe.init})
    clips = [torch.from_numpy(clip_at(video, Draw(0, 0), recipe, 0)) for video in videos[:4]]
    seen = global_view(torch.stack(clips), recipe.network.size)
    tokens = state.online.train()(frame_differences(seen)).tokens
    return [float(self_similarity_map(level).mean()) for level in tokens]


def main() -> None:
    """Train, evaluate, and print one line of JSON for each reading."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("faces", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=24)
    parser.add_argument("--recipe", default="ablation")
    args = parser.parse_args()
    torch.set_num_threads(1)
    for lean in (0.0, 1.0, 3.0):
        for counts_dc in (True, False):
            ends = [free_tokens(lean, seed, counts_dc) for seed in (0, 1)]
            print(f"lean {lean:g}, counts_dc {counts_dc}: map mean, L_SNR {ends}", flush=True)
    base = replace(get_recipe(args.recipe), steps=args.steps, epochs=None)
    videos = stilled(args.faces, args.folder / "faces", base.crop_px)
    rates = tested(args.folder / "tested", base.crop_px)
    others = stilled(
        args.folder / "tested" / "moving", args.folder / "tested" / "still", base.crop_px
    )
    for counts_dc in (True, False):
        recipe = replace(base, loss=replace(base.loss, snr_counts_dc=counts_dc))
        out = args.folder / f"dc-{counts_dc}"
        weights = train(videos, recipe, out, resume=True, on_step=told)
        off = np.abs(errors(weights, recipe, others, rates))
        rows = read_metrics(out)
        found = {
            "counts_dc": counts_dc,
            "right": float(np.mean(off <= RIGHT_BPM)),
            "mae_bpm": float(off.mean()),
            "median_bpm": float(np.median(off)),
            "map_means": map_means(out, recipe, videos),
            "verdict": json.loads((out / "verdict.json").read_text()),
            "loss": [[round(row[f"loss/{part}"], 3) for row in rows[::3]] for part in PARTS],
        }
        print(json.dumps(found), flush=True)


def free_tokens(lean: float, seed: int, counts_dc: bool) -> tuple[float, float]:
    """Return mean of the map and L_SNR after 300 steps of 0.8 L_SD + 0.6 L_SNR alone."""
    own = torch.Generator().manual_seed(seed)
    tokens = (torch.randn(1, 90, 16, generator=own) + lean).requires_grad_()
    optimiser = torch.optim.Adam([tokens], lr=0.03)
    for _ in range(300):
        map_ = self_similarity_map(tokens)
        wave = self_similarity_wave(map_)
        noise = noise_to_signal(wave, 30.0, (0.5, 3.7), counts_dc=counts_dc)
        optimiser.zero_grad()
        (0.8 * diagonal_deviation(map_) + 0.6 * noise).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    return float(map_.detach().mean()), float(noise.detach())


def told(now: TrainingProgress) -> None:
    """A line a step."""
    print(f"{now.step} of {now.steps}: {now.loss:.3f}", flush=True)


if __name__ == "__main__":
    main()
