"""Loading a network and running it: OpenVINO on processors, torch where it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import resources
from itertools import chain, islice
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sspd.errors import UsageError, WeightsError
from sspd.models.spec import NetworkSpec
from sspd.network.chunks import RunNetwork, run_in_chunks
from sspd.network.stream import Begin, run_in_stream
from sspd.signal import integrate
from sspd.utils.packages import require

if TYPE_CHECKING:
    from torch import nn

#: Values of `precision` and `backend`; "auto" is the fastest on this processor.
PRECISIONS = ("auto", "f32", "bf16", "int8")
BACKENDS = ("auto", "openvino", "torch")
SHORTEST = 4
#: Names that stand for weights of the package, and the stems of their files.
NAMED_WEIGHTS = {"large": "sspd", "nano": "nano"}


@dataclass(frozen=True)
class Network:
    """A network ready to run, with the facts its input and output need."""

    spec: NetworkSpec
    run: RunNetwork
    """Maps (3, t, size, size) with even t to the raw output (t,)."""
    begin: Begin | None = None
    """Begins a video that comes block by block; None: `run` is given chunks that overlap."""

    def __call__(
        self,
        differences: Iterable[NDArray[np.float32]],
        fs: float | None = None,
        on_output: Callable[[NDArray[np.float64]], object] | None = None,
    ) -> NDArray[np.float64]:
        """Return the waveform of RGB frame differences, or of what ``spec.input`` is.

        Parameters
        ----------
        differences : iterable of float32 arrays, shape (3, size, size)
            What `sspd.network.inputs` makes of faces, pixel values 0-255, on the grid of
            ``spec.fs``; 4 or more, or an array (t, 3, size, size). Stabilized
            (`sspd.face.stabilize`) where ``spec.follow`` says so.
        fs : float, optional
            Their rate, Hz, where it is not that of the grid (Fig. 7 of the paper).
        on_output : callable, optional
            Is given the waveform so far, a few times per second or less often.

        Returns
        -------
        float64 array, shape (t,)
            Rising with blood volume, integrated where the network gives the slope. One
            value for each difference, of arbitrary unit. The same, to rounding, however
            long the video is: only a few hundred differences are held at a time.
        """
        coming = self._checked(differences)
        first = list(islice(coming, SHORTEST))
        if len(first) < SHORTEST:
            raise UsageError(f"the network needs {SHORTEST} differences, got {len(first)}")
        coming = chain(first, coming)
        rate = self.spec.fs if fs is None else fs

        def upright(raw: NDArray[np.float64]) -> NDArray[np.float64]:
            return integrate(self.spec.polarity * raw, rate, self.spec.summations)

        report = None if on_output is None else lambda raw: on_output(upright(raw))
        if self.begin is None:
            return upright(run_in_chunks(self.run, coming, on_output=report))
        return upright(run_in_stream(self.begin, self.run, coming, report))

    def _checked(self, differences: Iterable[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
        size = self.spec.size
        for difference in differences:
            if difference.shape != (3, size, size):
                raise UsageError(
                    f"the network {self.spec.name!r} needs (t, 3, {size}, {size}),"
                    f" got {difference.shape} at a time"
                )
            yield difference[::-1] if self.spec.colour == "bgr" else difference


def load_network(
    weights: str | Path | None = None,
    *,
    backend: str = "auto",
    precision: str = "f32",
    threads: int | None = None,
) -> Network:
    """Load weights and make them ready to run on this machine.

    Parameters
    ----------
    weights : path, optional
        A checkpoint of ours (``.safetensors``; needs torch) or an exported network
        (``.onnx``). None or ``large``: the weights that come with the package.
    backend : str
        ``openvino``, ``torch``, or ``auto``: torch on a CUDA device where one is at
        hand and the weights are a checkpoint, OpenVINO elsewhere.
    precision : str
        ``f32``; ``bf16`` or ``int8`` where the processor has it (int8 in OpenVINO alone);
        ``auto`` is the fastest of them, but int8 for the package's weights alone: of other
        weights it is not known how far they stand it.
    threads : int, optional
        Processor threads; all by default.

    Returns
    -------
    Network

    Raises
    ------
    WeightsError
        If the file is not one of ours, damaged, or unsafe.
    DependencyError
        If torch is needed and absent.
    UsageError
        For a precision or backend that is not there.

    Examples
    --------
    >>> load_network("no-such-file.onnx")
    Traceback (most recent call last):
    ...
    sspd.errors.WeightsError: no-such-file.onnx: no such weights file
    """
    if precision not in PRECISIONS:
        raise UsageError(f"precision is one of {', '.join(PRECISIONS)}, not {precision!r}")
    if backend not in BACKENDS:
        raise UsageError(f"backend is one of {', '.join(BACKENDS)}, not {backend!r}")
    path = find_weights(weights)
    if not path.is_file():
        raise WeightsError(f"{path}: no such weights file")
    if weights is not None:
        from sspd.network.nano_load import holds_nano

        if holds_nano(path):
            raise WeightsError(
                f"{path}: holds the small network nano, which runs frame by frame on its own time"
                " grid; this needs a large one"
            )
    if path.suffix == ".onnx":
        if backend == "torch":
            path = path.with_suffix(".safetensors")
        else:
            from sspd.network.openvino import read_onnx

            # of the package's weights it is known that integers do, see benchmarks/README.md
            ours = weights is None or str(weights) in NAMED_WEIGHTS
            settings = precision, threads, NetworkSpec.from_dict, ours
            return Network(*read_onnx(path, *settings))
    return _load_safetensors(path, backend, precision, threads)


def shipped_weights(suffix: str, stem: str = "sspd") -> Path:
    """Return where the weights of the package lie.

    Parameters
    ----------
    suffix : str
        ``.onnx`` or ``.safetensors``.
    stem : str
        Name of the file: a value of `NAMED_WEIGHTS`.

    Returns
    -------
    Path
    """
    return Path(str(resources.files("sspd") / "weights" / f"{stem}{suffix}"))


def find_weights(weights: str | PathLike[str] | None, suffix: str = ".onnx") -> Path:
    """Return the file of weights that are given by path or by name.

    Parameters
    ----------
    weights : path or None
        A file, a name of `NAMED_WEIGHTS`, or None: the weights of sspd in the package.
    suffix : str
        Of the package's weights: ``.onnx`` or ``.safetensors``.

    Returns
    -------
    Path

    Raises
    ------
    WeightsError
        The name is known, but no such weights come with this version.

    >>> find_weights("mine.onnx").name, find_weights("large").name
    ('mine.onnx', 'sspd.onnx')
    """
    if weights is None:
        return shipped_weights(suffix)
    stem = NAMED_WEIGHTS.get(str(weights))
    if stem is None:
        return Path(weights)
    path = shipped_weights(suffix, stem)
    if not path.is_file():
        raise WeightsError(
            f"{weights}: no weights of this name come with this version; sspd train FOLDER"
            f" --recipe {weights} --teacher shipped makes some, and --weights takes their file"
        )
    return path


def require_for_checkpoint(path: Path) -> None:
    """Raise `DependencyError` where torch, which reads checkpoints, is absent.

    Parameters
    ----------
    path : Path
        For the message.
    """
    instead = "use the network exported as .onnx"
    require("torch", extra="train", purpose=f"{path}: reading a checkpoint", instead=instead)


def _load_safetensors(path: Path, backend: str, precision: str, threads: int | None) -> Network:
    require_for_checkpoint(path)
    import torch

    from sspd.models.checkpoint import load_checkpoint

    network, _ = load_checkpoint(path)
    if backend == "torch" or (backend == "auto" and torch.cuda.is_available()):
        return Network(network.spec, torch_run(network, precision, threads))
    from sspd.network.export import onnx_bytes
    from sspd.network.openvino import load_onnx

    data = onnx_bytes(network)
    return Network(*load_onnx(data, str(path), precision, threads, NetworkSpec.from_dict))


def torch_run(network: nn.Module, precision: str, threads: int | None) -> RunNetwork:
    """Return a function that runs a network on torch, on a CUDA device where one is at hand.

    Parameters
    ----------
    network : Module
    precision : str
        See `PRECISIONS`; not int8.
    threads : int or None
        Processor threads; all by default.

    Returns
    -------
    callable
        Maps (3, t, h, w) to (t,).
    """
    import torch

    if precision == "int8":
        raise UsageError("int8 runs in OpenVINO; on torch precision f32, bf16 or auto would work")
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network.eval().to(device)

    @torch.inference_mode()
    def run(differences: NDArray[np.float32]) -> NDArray[np.float64]:
        x = torch.from_numpy(np.ascontiguousarray(differences))[None]
        before = torch.get_num_threads()
        # Torch knows one number for the whole process: it is put back after the run.
        torch.set_num_threads(threads or before)
        try:
            with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16"):
                y = network(x.to(device))
        finally:
            torch.set_num_threads(before)
        waveform: NDArray[np.float64] = y[0].double().cpu().numpy()
        return waveform

    return run
