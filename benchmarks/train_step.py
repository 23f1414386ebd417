"""What a training step costs, in forward passes of the same network.

    python benchmarks/train_step.py --clips 2 4 --repeats 5

One step of the recipe (views, both networks, losses, gradients, Adam, moving average)
on clips of 300 frames, against the plain float32 forward pass of one clip, in turns in
one run. The losses' share is timed inside the step.
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

from sspd.train.memory import prepare_memory

prepare_memory()  # torch looks at it when it is imported

import torch

from sspd.losses.sspd import sspd_loss
from sspd.nn.network import MeasuringNetwork
from sspd.recipes import Recipe, get_recipe
from sspd.train.sampler import Draw
from sspd.train.state import new_state
from sspd.train.step import take_step

FRAMES = 300
#: Steps before the clock runs: the first ones get their memory from the system.
WARM_UP = 4


def _timed(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def _loss_time(recipe: Recipe, n_clips: int) -> float:
    """Forward and backward of the losses alone, on outputs of the right shapes."""
    network = recipe.network
    assert network.pyramid is not None
    level_fs = network.pyramid.level_fs(network.fs)
    counts = network.pyramid_counts(FRAMES)
    tokens = [torch.randn(n_clips, n, network.token_size, requires_grad=True) for n in counts]
    taught = [torch.randn(n_clips, n, network.token_size) for n in counts]
    rppg = torch.randn(n_clips, FRAMES, requires_grad=True)
    taught_rppg = torch.randn(n_clips, FRAMES)

    def run() -> None:
        parts = sspd_loss(rppg, tokens, taught_rppg, taught, network.fs, level_fs, recipe.loss)
        parts.total.backward()

    return _timed(run)


def measure(recipe: Recipe, n_clips: int, repeats: int) -> dict[str, float]:
    """Medians over interleaved repeats, seconds a clip, and their ratios."""
    recipe = replace(recipe, clip_s=FRAMES / recipe.network.fs, batch=n_clips)
    state = new_state(recipe, 0, torch.device("cpu"))
    # a grey wall with the noise of a sensor: nothing in it moves so far that it is masked
    clips = 120 + torch.randn(n_clips, FRAMES + 1, 3, recipe.crop_px, recipe.crop_px)
    draws = [Draw(0, i) for i in range(n_clips)]
    plain = MeasuringNetwork(recipe.network).eval()
    size = recipe.network.size
    one = torch.randn(1, 3, FRAMES, size, size)
    forward, step, loss = [], [], []
    with torch.inference_mode():
        plain(one)
    for _ in range(WARM_UP):
        take_step(state, clips, draws, recipe, 0, 100)
    for _ in range(repeats):
        with torch.inference_mode():
            forward.append(_timed(lambda: plain(one)))
        step.append(_timed(lambda: take_step(state, clips, draws, recipe, 0, 100)) / n_clips)
        loss.append(_loss_time(recipe, n_clips) / n_clips)
    row = {
        "clips": n_clips,
        "forward_s": statistics.median(forward),
        "step_s_a_clip": statistics.median(step),
        "losses_s_a_clip": statistics.median(loss),
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
    }
    row["step_over_forward"] = row["step_s_a_clip"] / row["forward_s"]
    row["losses_share"] = row["losses_s_a_clip"] / row["step_s_a_clip"]
    return row


def main() -> None:
    """Print one JSON line a batch size."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--recipe", default="laptop")
    parser.add_argument("--clips", type=int, nargs="+", default=[2, 4])
    parser.add_argument("--repeats", type=int, default=5)
    args = parser.parse_args()
    for n_clips in args.clips:
        print(json.dumps(measure(get_recipe(args.recipe), n_clips, args.repeats)), flush=True)


if __name__ == "__main__":
    main()
