"""Time the network on this processor: eager PyTorch against the runtime of `sspd measure`.

python benchmarks/network.py --repeats 10

One clip of 300 differences of 128x128, in turns in one run: PyTorch as it comes (NCDHW,
inference mode, float32), and OpenVINO in float32, bfloat16 and integers of 8 bits, streaming as
a measurement does, block by block (with SSPD_ACCEL=off in chunks that overlap). The share of
the machine's peak is against the largest matrix product that PyTorch reaches on it (of
integers it has none to compare with).
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sspd.models.checkpoint import load_checkpoint
from sspd.network import load_network, run_in_chunks
from sspd.network.load import shipped_weights
from sspd.network.stream import run_in_stream
from sspd.research.evaluate.operation_count import count_multiply_adds

FRAMES, SIDE = 300, 128
#: Size of the matrix product that measures peak performance.
MATRIX = 4096
PRECISIONS = ("f32", "bf16", "int8")


def _seconds(run: Callable[[], Any]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def _product(dtype: torch.dtype) -> Callable[[], Any]:
    a, b = (torch.randn(MATRIX, MATRIX).to(dtype) for _ in range(2))
    return lambda: a @ b


def measure(threads: int, repeats: int) -> dict[str, Any]:
    """Return medians in seconds, ratios to eager PyTorch, agreement, and fraction of the peak."""
    torch.set_num_threads(threads)
    network = load_checkpoint(shipped_weights(".safetensors"))[0].eval()
    rng = np.random.default_rng(0)
    x = rng.normal(0, 3, (3, FRAMES, SIDE, SIDE)).astype(np.float32)
    clip = torch.from_numpy(x)[None]

    @torch.inference_mode()
    def eager() -> NDArray[np.float64]:
        waveform: NDArray[np.float64] = network(clip)[0].double().numpy()
        return waveform

    def openvino(precision: str) -> Callable[[], NDArray[np.float64]]:
        loaded, rows = load_network(precision=precision, threads=threads), x.transpose(1, 0, 2, 3)
        if loaded.begin is None:  # SSPD_ACCEL=off
            return lambda: run_in_chunks(loaded.run, rows)
        begin = loaded.begin
        return lambda: run_in_stream(begin, loaded.run, rows)

    ways = {"eager": eager, **{name: openvino(name) for name in PRECISIONS}}
    peaks = {"f32": _product(torch.float32), "bf16": _product(torch.bfloat16)}
    outputs = {name: run() for name, run in ways.items()}
    times: dict[str, list[float]] = {name: [] for name in (*ways, *(f"peak {p}" for p in peaks))}
    for _ in range(repeats):
        for name, run in ways.items():
            times[name].append(_seconds(run))
        for name, product in peaks.items():
            times[f"peak {name}"].append(_seconds(product))
    medians = {name: statistics.median(values) for name, values in times.items()}
    adds = count_multiply_adds(network, tuple(clip.shape))
    row: dict[str, Any] = {"threads": threads, "eager_s": medians["eager"]}
    for name in PRECISIONS:
        if name in peaks:
            per_s = MATRIX**3 / medians[f"peak {name}"]
            row[f"{name}_share_of_peak"] = adds / medians[name] / per_s
        row |= {
            f"{name}_s": medians[name],
            f"{name}_over_eager": medians[name] / medians["eager"],
            f"{name}_correlation": float(np.corrcoef(outputs[name], outputs["eager"])[0, 1]),
            f"{name}_largest_difference": float(np.abs(outputs[name] - outputs["eager"]).max()),
        }
    return row


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    print(json.dumps(measure(args.threads, args.repeats), indent=1))


if __name__ == "__main__":
    main()
