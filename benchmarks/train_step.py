"""Time a training step, in forward passes of the same network.

python benchmarks/train_step.py --clips 2 4 --repeats 5
python benchmarks/train_step.py --clips 12 --device cuda --recipe paper --precision bf16

One step of the recipe (views, both networks, losses, gradients, Adam, moving average) on clips of
300 frames, against the plain float32 forward pass of one clip, interleaved in one run. The part of
the losses is timed inside the step.
"""

# ruff: noqa: E402

from __future__ import annotations

import argparse
import json
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import replace

from sspd.research.train.memory import prepare_memory

prepare_memory()  # torch reads it at import

import torch

from sspd.models.network import MeasuringNetwork
from sspd.research.losses.sspd import sspd_loss
from sspd.research.recipes import PRECISIONS, Recipe, get_recipe
from sspd.research.train.sampler import Draw
from sspd.research.train.state import new_state
from sspd.research.train.step import take_step

FRAMES = 300
#: Steps before the timing: the first ones get their memory from the system.
WARM_UP = 4


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _timed(run: Callable[[], object], device: torch.device) -> float:
    _wait(device)
    began = time.perf_counter()
    run()
    _wait(device)
    return time.perf_counter() - began


def _loss_time(recipe: Recipe, n_clips: int, device: torch.device) -> float:
    """Time forward and backward of the losses alone, on outputs of the right shapes."""
    network = recipe.network
    assert network.pyramid is not None
    level_fs = network.pyramid.level_fs(network.fs)
    counts = network.pyramid_counts(FRAMES)
    shapes = [(n_clips, n, network.token_size) for n in counts]
    tokens = [torch.randn(shape, requires_grad=True, device=device) for shape in shapes]
    taught = [torch.randn(shape, device=device) for shape in shapes]
    rppg = torch.randn(n_clips, FRAMES, requires_grad=True, device=device)
    taught_rppg = torch.randn(n_clips, FRAMES, device=device)

    def run() -> None:
        parts = sspd_loss(rppg, tokens, taught_rppg, taught, network.fs, level_fs, recipe.loss)
        parts.total.backward()  # type: ignore[no-untyped-call]

    return _timed(run, device)


def _peak_gb(device: torch.device) -> float:
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 1e9
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def measure(
    recipe: Recipe, n_clips: int, repeats: int, device: torch.device
) -> dict[str, float | str]:
    """Return medians over interleaved repeats, in seconds per clip, and their ratios."""
    recipe = replace(recipe, clip_s=FRAMES / recipe.network.fs, batch=n_clips)
    state = new_state(recipe, 0, device)
    # a grey wall with sensor noise, without motion
    shape = (n_clips, FRAMES + 1, 3, recipe.crop_px, recipe.crop_px)
    clips = 120 + torch.randn(shape, device=device)
    draws = [Draw(0, i) for i in range(n_clips)]
    plain = MeasuringNetwork(recipe.network).eval().to(device)
    size = recipe.network.size
    one = torch.randn(1, 3, FRAMES, size, size, device=device)
    forward, step, loss = [], [], []
    with torch.inference_mode():
        plain(one)
    for _ in range(WARM_UP):
        take_step(state, clips, draws, recipe, 0, 100)
    for _ in range(repeats):
        with torch.inference_mode():
            forward.append(_timed(lambda: plain(one), device))
        whole = _timed(lambda: take_step(state, clips, draws, recipe, 0, 100), device)
        step.append(whole / n_clips)
        loss.append(_loss_time(recipe, n_clips, device) / n_clips)
    forward_s, step_s, loss_s = (statistics.median(times) for times in (forward, step, loss))
    return {
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "clips": n_clips,
        "forward_s": forward_s,
        "step_s_a_clip": step_s,
        "losses_s_a_clip": loss_s,
        "peak_gb": _peak_gb(device),
        "frames_a_second": FRAMES / step_s,
        "step_over_forward": step_s / forward_s,
        "losses_share": loss_s / step_s,
    }


def main() -> None:
    """Print one JSON line for each batch size."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--recipe", default="laptop")
    parser.add_argument("--clips", type=int, nargs="+", default=[2, 4])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", choices=PRECISIONS, help="instead of the recipe's")
    args = parser.parse_args()
    recipe = get_recipe(args.recipe)
    recipe = replace(recipe, precision=args.precision or recipe.precision)
    for n_clips in args.clips:
        row = measure(recipe, n_clips, args.repeats, torch.device(args.device))
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
