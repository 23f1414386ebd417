"""An exported network on OpenVINO."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from threading import Lock
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from sspd.accel.prefetch import run_in_background as begin_beside
from sspd.accel.quantize import is_quantizable, quantize_int8, supports_int8
from sspd.accel.space_to_depth import pack_pixel_pairs
from sspd.accel.stateful import is_streamable, make_streaming
from sspd.accel.winograd import PHASES, apply_temporal_winograd
from sspd.errors import SSPDError, UsageError, WeightsError
from sspd.network.chunks import RunNetwork
from sspd.network.onnx_header import facts_of
from sspd.network.openvino_import import import_without_telemetry
from sspd.network.stream import BLOCK_FRAMES, EDGE, Begin, Step


class Sized(Protocol):
    """Facts of a network that say how large its faces are."""

    @property
    def size(self) -> int:
        """Height and width, pixels."""


Spec = TypeVar("Spec", bound=Sized)
#: Of clips of fewer pictures phases take longer to be compiled than they save.
_LONG = 120
#: Larger files are no network of ours.
LARGEST_BYTES = 1 << 28


def read_onnx(
    path: Path,
    precision: str,
    threads: int | None,
    read_spec: Callable[[dict[str, Any]], Spec],
    integers_do: bool = False,
) -> tuple[Spec, RunNetwork, Begin | None]:
    """`load_onnx` of a file, which is refused unread where it is too large."""
    if path.stat().st_size > LARGEST_BYTES:
        raise WeightsError(f"{path}: larger than any network of ours")
    data = path.read_bytes()
    return load_onnx(data, str(path), precision, threads, read_spec, integers_do)


def load_onnx(
    data: bytes,
    name: str,
    precision: str,
    threads: int | None,
    read_spec: Callable[[dict[str, Any]], Spec],
    integers_do: bool = False,
) -> tuple[Spec, RunNetwork, Begin | None]:
    """Read an ONNX network of ours; returns its facts and functions that run it.

    The one that runs a clip compiles the network once for each length that comes along:
    fixed shapes run faster. The other one begins a video, see
    `sspd.network.stream.run_in_stream`; None for networks that look at pictures in another
    way than sspd's. "auto" takes integers only where they are known to do as well
    (`integers_do`): how well depends on the weights.
    """
    try:
        spec = read_spec(facts_of(data))
    except (ValueError, TypeError, KeyError, SSPDError) as error:
        why = str(error).splitlines()[0]
        raise WeightsError(f"{name}: not a network exported by sspd, or damaged ({why})") from error
    core = import_without_telemetry().Core()
    try:
        model = core.read_model(data)
        _check_shapes(model, spec)
        carries = is_streamable(model)
    except (RuntimeError, ValueError, TypeError, KeyError, SSPDError) as error:
        raise WeightsError(f"{name}: not a network exported by sspd, or damaged") from error
    precision = resolve_precision(core, model, precision, name, integers_do)
    make = Compiler(core, precision, threads)
    run, get_ready = clip_runner(model, spec.size, make)
    if not carries:
        return spec, run, None
    return spec, run, stream_runner(data, make, partial(get_ready, 2 * EDGE))


@dataclass(frozen=True, eq=False)
class Compiler:
    """Makes a network that runs out of a graph of fixed shapes."""

    core: Any
    precision: str
    threads: int | None
    lock: Lock = field(default_factory=Lock)
    """For who makes or runs one: several faces of a video take turns."""
    beside: list[Any] = field(default_factory=list)
    """What was compiled to run beside others, see `compile`."""

    @property
    def in_phases(self) -> bool:
        """Whether it counts so that phases help, whose sums want more digits than integers."""
        return self.precision != "int8"

    def change(self, graph: Any) -> None:
        """Rewrite a graph for this processor, in place; one thread at a time."""
        pack_pixel_pairs(graph)
        if self.precision == "int8":
            quantize_int8(graph)

    def compile(self, graph: Any, *, beside: bool = False) -> Any:
        """Compile a graph; `beside` others that make its pictures, or on all cores."""
        settings: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY"}
        if self.precision in ("f32", "bf16"):  # what integers leave is the processor's choice
            settings["INFERENCE_PRECISION_HINT"] = self.precision
        threads = self.threads or (self._threads_beside() if beside else None)
        if threads is not None:
            settings["INFERENCE_NUM_THREADS"] = threads
        network = self.core.compile_model(graph, "CPU", settings)
        if beside:
            self.beside.append(network)
        return network

    def trim_heap(self) -> None:
        """Let go of what they keep between two pieces, 22 MB, where a video may be through."""
        for network in self.beside:
            network.release_memory()

    def _threads_beside(self) -> int | None:
        """Of a fast network all cores but one; None, all cores, where the network is most work.

        While pictures are made no core is idle, and two threads that wait for each other
        after every layer do a seventh more work.
        """
        halves = "BF16" in self.core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        if self.precision == "f32" or (self.precision == "auto" and not halves):
            return None
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        return max(1, (cores or 1) - 1)


def resolve_precision(core: Any, model: Any, precision: str, name: str, integers_do: bool) -> str:
    """Integers where they are the fastest and do; `UsageError` where they cannot be."""
    if precision != "int8" and not (precision == "auto" and integers_do):
        return precision
    able = supports_int8(core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"))
    if able and is_quantizable(model):
        return "int8"
    if precision == "int8":
        why = f"{name}: int8 is for sspd's own networks" if able else "this processor has no int8"
        raise UsageError(f"{why}; precision auto or f32 would work")
    return precision


def clip_runner(model: Any, size: int, make: Compiler) -> tuple[RunNetwork, Callable[[int], Any]]:
    """Runs clips of any length; and makes one for a length, once, which wants the lock."""
    compiled: dict[int, Any] = {}

    def get_ready(t: int) -> Any:
        if t not in compiled:
            compiled.clear()  # one length at a time: each holds its own buffers
            model.reshape([1, 3, t, size, size])
            fixed = model.clone()
            if make.in_phases and t % PHASES == 0 and t >= _LONG:
                apply_temporal_winograd(fixed)
            make.change(fixed)
            compiled[t] = make.compile(fixed)
        return compiled[t]

    def run(differences: NDArray[np.float32]) -> NDArray[np.float64]:
        with make.lock:
            network = get_ready(differences.shape[1])
            x = np.ascontiguousarray(differences)[None]
            waveform: NDArray[np.float64] = network([x])[0][0].astype(np.float64)
            make.trim_heap()  # clips are run where a video or a stretch of it ends
        return waveform

    return run, get_ready


def stream_runner(data: bytes, make: Compiler, get_ends_ready: Callable[[], Any]) -> Begin:
    """Runs videos of any length, a piece at a time."""

    @cache
    def compiled() -> tuple[Any, list[list[int]]]:
        graph = make.core.read_model(data)
        if make.in_phases:
            apply_temporal_winograd(graph, carry=True)
        shapes = make_streaming(graph, BLOCK_FRAMES)
        make.change(graph)
        ends = begin_beside(get_ends_ready)  # no earlier: graphs are changed one at a time
        network = make.compile(graph, beside=True)
        ends.join()
        return network, shapes

    def run_in_background() -> Step:
        with make.lock:
            network, shapes = compiled()
        seen = [np.zeros(shape, np.float32) for shape in shapes]

        def step(piece: NDArray[np.float32]) -> NDArray[np.float64]:
            nonlocal seen
            with make.lock:
                found = network([piece[None], *seen])
            waveform, *seen = (found[k] for k in range(1 + len(seen)))
            return waveform[0].astype(np.float64)  # type: ignore[no-any-return]

        return step

    return run_in_background


def _check_shapes(model: Any, spec: Sized) -> None:
    """One input (1, 3, t, size, size) and one output, or `ValueError`."""
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise ValueError("a network of ours has one input and one output")
    shape = model.inputs[0].partial_shape
    fixed = [d.get_length() if d.is_static else None for d in shape]
    if [*fixed[:2], *fixed[3:]] != [1, 3, spec.size, spec.size] or len(fixed) != 5:
        raise ValueError(f"unexpected input shape {shape}")
