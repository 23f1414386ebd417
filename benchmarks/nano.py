"""The cost of the small network beside the large one, on one core of this machine.

python benchmarks/nano.py --weights NANO.onnx

Printed for each: multiply-adds a frame (counted), parameters, bytes of the file and of the state,
latency, and milliseconds a frame on one thread, as a measurement runs it: medians of rounds in
turns. `python benchmarks/film.py` times the whole command, `python benchmarks/page.py` the page.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from sspd.models.checkpoint import load_checkpoint, load_nano
from sspd.network import load_network
from sspd.network.load import find_weights
from sspd.network.nano_load import load_stream_network
from sspd.network.stream import LATENCY
from sspd.research.evaluate.operation_count import (
    count_multiply_adds,
    count_parameters,
    multiply_adds_per_frame,
)

FRAMES, LARGE_SIDE = 300, 128


def costs_of_nano(weights: Path) -> dict[str, Any]:
    """Return what the small network costs, whatever the machine."""
    network, _ = load_nano(weights.with_suffix(".safetensors"))
    spec, onnx = network.spec, weights.with_suffix(".onnx")
    return {
        "multiply_adds": multiply_adds_per_frame(network),
        "parameters": count_parameters(network),
        "file_bytes": onnx.stat().st_size,
        "state_bytes": spec.state_bytes,
        "latency_s": spec.latency / spec.fs,
    }


def costs_of_large() -> dict[str, Any]:
    """Return what the large network costs, whatever the machine."""
    network, _ = load_checkpoint(find_weights(None, ".safetensors"))
    shape = (1, 3, FRAMES, LARGE_SIDE, LARGE_SIDE)
    return {
        "multiply_adds": count_multiply_adds(network, shape) // FRAMES,
        "parameters": count_parameters(network),
        "file_bytes": find_weights(None).stat().st_size,
        "latency_s": LATENCY / network.spec.fs,
    }


def runs(weights: Path) -> dict[str, Callable[[], object]]:
    """Return a function for each network that processes `FRAMES` frames."""
    rng = np.random.default_rng(0)
    nano = load_stream_network(weights, threads=1)
    small = rng.uniform(30, 220, (FRAMES, nano.spec.size, nano.spec.size, 3)).astype(np.float32)
    shape = (FRAMES, 3, LARGE_SIDE, LARGE_SIDE)
    differences = rng.normal(0, 3, shape).astype(np.float32)
    found: dict[str, Callable[[], object]] = {"nano": lambda: nano(small)}
    for precision in ("int8", "f32"):
        large = load_network(precision=precision, threads=1)
        found[f"large, {precision}"] = lambda large=large: large(differences)  # type: ignore[misc]
    return found


def main() -> None:
    """Print the costs as JSON lines."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--weights", default="nano", help="the name, or an .onnx file")
    parser.add_argument("--repeats", type=int, default=7)
    args = parser.parse_args()
    weights = find_weights(args.weights)
    fixed = {"nano": costs_of_nano(weights), "large": costs_of_large()}
    by_name = runs(weights)
    spent_ms: dict[str, list[float]] = {name: [] for name in by_name}
    for _ in range(args.repeats):
        for name, run in by_name.items():
            began_s = time.perf_counter()
            run()
            spent_ms[name].append(1000 * (time.perf_counter() - began_s) / FRAMES)
    for name, spent in spent_ms.items():
        ms = {"ms_a_frame": round(statistics.median(spent), 3)}
        print(json.dumps({"network": name} | fixed[name.split(",")[0]] | ms))


if __name__ == "__main__":
    main()
