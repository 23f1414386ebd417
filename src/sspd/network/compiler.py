"""Compiling a network's graph for this processor: precision, threads, buffers."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from sspd.accel.quantize import is_quantizable, supports_int8
from sspd.accel.switch import enabled
from sspd.errors import UsageError


@dataclass(frozen=True, eq=False)
class Compiler:
    """Compiles graphs of fixed shapes for this processor."""

    core: Any
    precision: str
    threads: int | None
    lock: Lock = field(default_factory=Lock)
    """Held while a network is compiled or run: several faces of a video take turns."""
    streams: list[Any] = field(default_factory=list)
    """The compiled streaming network, see `compile`."""

    def compile(self, graph: Any, *, streaming: bool = False) -> Any:
        """Compile a graph; one for streaming runs while its next frames are made.

        Parameters
        ----------
        graph : openvino.Model
        streaming : bool

        Returns
        -------
        openvino.CompiledModel
        """
        # pinned, the calling thread would stay on one core, and those of other workers with it
        settings: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY", "ENABLE_CPU_PINNING": False}
        if self.precision in ("f32", "bf16"):  # what integers leave is the processor's choice
            settings["INFERENCE_PRECISION_HINT"] = self.precision
        threads = self.threads or (self._streaming_threads() if streaming else None)
        if threads is not None:
            settings["INFERENCE_NUM_THREADS"] = threads
        network = self.core.compile_model(graph, "CPU", settings)
        if streaming:
            self.streams.append(network)
        return network

    def release_buffers(self) -> None:
        """Release what streaming networks keep between two blocks, 22 to 84 MB."""
        for network in self.streams:
            network.release_memory()

    def _streaming_threads(self) -> int | None:
        """Return the number of inference threads; None: all cores.

        One core is left for decoding when the network is fast. Where it is most of the work,
        no core is idle anyway, and two threads that wait for each other after every layer do
        a seventh more work.
        """
        has_bf16 = "BF16" in self.core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        if self.precision == "f32" or (self.precision == "auto" and not has_bf16):
            return None
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        return max(1, (cores or 1) - 1)


def resolve_precision(core: Any, model: Any, precision: str, name: str, int8_allowed: bool) -> str:
    """Return the precision that a network is run in.

    Parameters
    ----------
    core : openvino.Core
    model : openvino.Model
        As exported.
    precision : str
        As asked for. ``auto`` is ``int8`` where that is fastest and allowed; what else is
        fastest OpenVINO knows. With tricks off it is ``f32``.
    name : str
        For messages.
    int8_allowed : bool
        See `load_onnx`.

    Returns
    -------
    str

    Raises
    ------
    UsageError
        ``int8`` where it cannot be.
    """
    if precision == "auto" and not enabled():
        return "f32"
    if precision != "int8" and not (precision == "auto" and int8_allowed):
        return precision
    able = supports_int8(core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"))
    if able and is_quantizable(model):
        return "int8"
    if precision == "int8":
        why = f"{name}: int8 is for sspd's own networks" if able else "this processor has no int8"
        raise UsageError(f"{why}; precision auto or f32 would work")
    return precision
