"""An exported network on OpenVINO."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from sspd.accel.prefetch import run_in_background
from sspd.accel.rewrite import rewrite_clip, rewrite_stream
from sspd.accel.stateful import is_streamable
from sspd.accel.switch import enabled
from sspd.errors import SSPDError, WeightsError
from sspd.network.chunks import RunNetwork
from sspd.network.compiler import Compiler, resolve_precision
from sspd.network.onnx_header import facts_of
from sspd.network.openvino_import import import_without_telemetry
from sspd.network.stream import BLOCK_FRAMES, EDGE, Begin, Step


class Sized(Protocol):
    """Facts of a network that say how large its faces are."""

    @property
    def size(self) -> int:
        """Height and width, pixels."""


Spec = TypeVar("Spec", bound=Sized)
#: Larger files are no network of ours.
LARGEST_BYTES = 1 << 28


def read_onnx(
    path: Path,
    precision: str,
    threads: int | None,
    read_spec: Callable[[dict[str, Any]], Spec],
    int8_allowed: bool = False,
) -> tuple[Spec, RunNetwork, Begin | None]:
    """Read an ONNX file of ours; see `load_onnx`.

    Parameters
    ----------
    path : Path
        Rejected unread where it is too large.
    precision, threads, read_spec, int8_allowed
        As of `load_onnx`.

    Returns
    -------
    spec, run, begin
        As of `load_onnx`.

    Raises
    ------
    WeightsError
        It is none of ours, or damaged.
    """
    if path.stat().st_size > LARGEST_BYTES:
        raise WeightsError(f"{path}: larger than any network of ours")
    data = path.read_bytes()
    return load_onnx(data, str(path), precision, threads, read_spec, int8_allowed)


def load_onnx(
    data: bytes,
    name: str,
    precision: str,
    threads: int | None,
    read_spec: Callable[[dict[str, Any]], Spec],
    int8_allowed: bool = False,
) -> tuple[Spec, RunNetwork, Begin | None]:
    """Load an ONNX network of ours.

    Parameters
    ----------
    data : bytes
        Of the file.
    name : str
        For messages.
    precision : str
        See `sspd.network.load.PRECISIONS`.
    threads : int or None
        See `sspd.network.load.load_network`.
    read_spec : callable
        Maps the facts in the file to a spec; raises what is wrong with them.
    int8_allowed : bool
        Whether ``auto`` may be ``int8``: how well that does depends on the weights.

    Returns
    -------
    spec
        What `read_spec` gives.
    run : callable
        Runs a clip. The network is compiled for each length that comes along: fixed shapes
        run faster.
    begin : callable or None
        Begins a video, see `sspd.network.stream.run_in_stream`. None for networks that look
        further than sspd's, and with tricks off (`sspd.accel.switch`): `run` is given chunks.

    Raises
    ------
    WeightsError
        It is none of ours, or damaged.
    UsageError
        A precision that it cannot be run in.
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
        streamable = is_streamable(model)
    except (RuntimeError, ValueError, TypeError, KeyError, SSPDError) as error:
        raise WeightsError(f"{name}: not a network exported by sspd, or damaged") from error
    precision = resolve_precision(core, model, precision, name, int8_allowed)
    compiler = Compiler(core, precision, threads)
    run, compile_clip = clip_runner(model, spec.size, compiler)
    if not (streamable and enabled()):
        return spec, run, None
    return spec, run, stream_runner(data, compiler, partial(compile_clip, 2 * EDGE))


def clip_runner(
    model: Any, size: int, compiler: Compiler
) -> tuple[RunNetwork, Callable[[int], Any]]:
    """Return a function that runs clips of any length, and one that compiles for a length.

    Parameters
    ----------
    model : openvino.Model
        As exported.
    size : int
        Height and width of its faces, pixels.
    compiler : Compiler

    Returns
    -------
    run : callable
        Maps (3, t, size, size) to (t,).
    compile_clip : callable
        Compiles for a length, once; its caller holds the lock.
    """
    compiled: dict[int, Any] = {}

    def compile_clip(t: int) -> Any:
        if t not in compiled:
            compiled.clear()  # one length at a time: each holds its own buffers
            model.reshape([1, 3, t, size, size])
            fixed = model.clone()
            rewrite_clip(fixed, compiler.precision)
            compiled[t] = compiler.compile(fixed)
        return compiled[t]

    def run(differences: NDArray[np.float32]) -> NDArray[np.float64]:
        with compiler.lock:
            network = compile_clip(differences.shape[1])
            x = np.ascontiguousarray(differences)[None]
            # clips are run where a video or a segment of it begins or ends: what a stream keeps
            # from block to block is not needed beside them, nor theirs beside a stream
            compiler.release_buffers()
            waveform: NDArray[np.float64] = network([x])[0][0].astype(np.float64)
            network.release_memory()
        return waveform

    return run, compile_clip


def stream_runner(data: bytes, compiler: Compiler, compile_ends: Callable[[], Any]) -> Begin:
    """Return a function that begins a video of any length, which comes block by block.

    Parameters
    ----------
    data : bytes
        The network as ONNX.
    compiler : Compiler
    compile_ends : callable
        Compiles what is run over a video's ends; done beside the stream's network.

    Returns
    -------
    callable
        See `sspd.network.stream.Begin`. The first call compiles.
    """

    @cache
    def compiled() -> tuple[Any, list[list[int]]]:
        graph = compiler.core.read_model(data)
        shapes = rewrite_stream(graph, BLOCK_FRAMES, compiler.precision)
        ends = run_in_background(compile_ends)  # no earlier: graphs are changed one at a time
        network = compiler.compile(graph, streaming=True)
        ends.join()
        return network, shapes

    def begin() -> Step:
        with compiler.lock:
            network, shapes = compiled()
        state = [np.zeros(shape, np.float32) for shape in shapes]

        def step(block: NDArray[np.float32]) -> NDArray[np.float64]:
            nonlocal state
            with compiler.lock:
                found = network([block[None], *state])
            waveform, *state = (found[k] for k in range(1 + len(state)))
            return waveform[0].astype(np.float64)  # type: ignore[no-any-return]

        return step

    return begin


def _check_shapes(model: Any, spec: Sized) -> None:
    """Raise `ValueError` unless it has one input (1, 3, t, size, size) and one output."""
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise ValueError("a network of ours has one input and one output")
    shape = model.inputs[0].partial_shape
    fixed = [d.get_length() if d.is_static else None for d in shape]
    if [*fixed[:2], *fixed[3:]] != [1, 3, spec.size, spec.size] or len(fixed) != 5:
        raise ValueError(f"unexpected input shape {shape}")
