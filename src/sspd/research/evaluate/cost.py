"""What networks cost side by side: the paper's Table IV, on the runtimes of this machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType

import numpy as np
import torch
from torch import Tensor, nn

from sspd.errors import UsageError
from sspd.models.baselines import Baseline
from sspd.models.network import MeasuringNetwork
from sspd.models.prepare import FromFaces, frame_differences
from sspd.network.openvino_import import import_without_telemetry
from sspd.research.evaluate.operation_count import count_multiply_adds, count_parameters
from sspd.research.recipes import TRAINED_METHODS, get_baseline, get_recipe
from sspd.utils.packages import require
from sspd.utils.progress import Counted

#: What times are told against, as in the paper.
UNIT = "physnet"
RUNTIMES = ("torch", "openvino", "cuda")
Run = Callable[[], None]


@dataclass(frozen=True)
class Cost:
    """A network's row.

    Parameters
    ----------
    name : str
    parameters, multiply_adds : int
        The latter of convolutions and linear maps, for the whole clip.
    seconds : mapping
        Runtime -> seconds of every round, what turns faces into its input included.
    """

    name: str
    parameters: int
    multiply_adds: int
    seconds: Mapping[str, tuple[float, ...]]

    def median_s(self, runtime: str) -> float:
        """The median of a runtime's rounds, seconds.

        Parameters
        ----------
        runtime : str
        """
        return float(np.median(self.seconds[runtime]))

    def spread_s(self, runtime: str) -> float:
        """From the first to the third quartile of a runtime's rounds, seconds.

        Parameters
        ----------
        runtime : str
        """
        low, high = np.quantile(self.seconds[runtime], (0.25, 0.75))
        return float(high - low)


#: RemotePPG has the network of Contrast-Phys, SiNC that of PhysNet.
_COMPARED = tuple(one for one in TRAINED_METHODS if one not in ("remotephys", "sinc"))


def _sspd(size: int, frames: int) -> nn.Module:
    spec = replace(get_recipe("paper").network, pyramid=None, size=size)
    return FromFaces(frame_differences, MeasuringNetwork(spec))


def _other(name: str, size: int, frames: int) -> nn.Module:
    return Baseline(replace(get_baseline(name).network, size=size, clip=frames))


#: Name -> side of the faces and pictures of the clip -> network.
NETWORKS: Mapping[str, Callable[[int, int], nn.Module]] = MappingProxyType(
    {UNIT: partial(_other, UNIT)}
    | {name: partial(_other, name) for name in _COMPARED if name != UNIT}
    | {"sspd": _sspd}
)


def runtimes_here() -> tuple[str, ...]:
    """Runtimes that this machine has.

    >>> "openvino" in runtimes_here()
    True
    """
    return RUNTIMES if torch.cuda.is_available() else RUNTIMES[:2]


def measure_costs(
    names: Sequence[str],
    runtimes: Sequence[str],
    *,
    frames: int = 300,
    size: int = 128,
    repeats: int = 5,
    threads: int | None = None,
    told: Counted = lambda done, total: None,
) -> list[Cost]:
    """Count networks and time them in turns, untrained: numbers do not change the time.

    Parameters
    ----------
    names : sequence of str
        Of `NETWORKS`.
    runtimes : sequence of str
        Of `runtimes_here`.
    frames, size : int
        Length of the clip and side of its faces.
    repeats : int
        Rounds, in each of which every network runs once on every runtime; one more before
        them is not counted.
    threads : int or None
        Processor threads; None: all.
    told : callable
        Progress: rounds done, and how many there are.

    Raises
    ------
    UsageError
        A network or runtime that is not there, or a clip that networks cannot take.
    """
    for asked, known in ((names, NETWORKS), (runtimes, runtimes_here())):
        missing = [one for one in asked if one not in known]
        if missing:
            raise UsageError(f"no {missing[0]!r} here; there are: {', '.join(known)}")
    if frames % 4 or frames < 4:
        raise UsageError(f"clips of a multiple of 4 frames are wanted, got {frames}")
    before = torch.get_num_threads()
    torch.set_num_threads(threads or before)
    try:
        torch.manual_seed(0)
        networks = {name: NETWORKS[name](size, frames).eval() for name in names}
        faces = 255 * torch.rand(1, 3, frames + 1, size, size)
        runs = {
            (name, runtime): _run(network, faces, runtime, threads)
            for name, network in networks.items()
            for runtime in runtimes
        }
        seconds: dict[tuple[str, str], list[float]] = {place: [] for place in runs}
        for round_ in range(repeats + 1):
            for place, run in runs.items():
                began = time.perf_counter()
                run()
                if round_:
                    seconds[place].append(time.perf_counter() - began)
            told(round_ + 1, repeats + 1)
    finally:
        torch.set_num_threads(before)
    return [
        Cost(
            name,
            count_parameters(network),
            count_multiply_adds(network, tuple(faces.shape)),
            {runtime: tuple(seconds[name, runtime]) for runtime in runtimes},
        )
        for name, network in networks.items()
    ]


def _run(network: nn.Module, faces: Tensor, runtime: str, threads: int | None) -> Run:
    if runtime == "openvino":
        return _openvino(network, faces, threads)
    device = torch.device("cuda" if runtime == "cuda" else "cpu")
    here, given = network.to(device), faces.to(device)

    @torch.inference_mode()
    def run() -> None:
        here(given)
        if device.type == "cuda":
            torch.cuda.synchronize()

    return run


def _openvino(network: nn.Module, faces: Tensor, threads: int | None) -> Run:
    """Float32 by name: left alone it takes bfloat16 where the processor has it."""
    import io
    import warnings

    require("onnx", extra="train", purpose="a network in OpenVINO")
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracing exporter is announced to go
        torch.onnx.export(network, (faces,), file, dynamo=False, opset_version=17)  # type: ignore[arg-type]
    settings: dict[str, object] = {"INFERENCE_PRECISION_HINT": "f32"}
    if threads is not None:
        settings["INFERENCE_NUM_THREADS"] = threads
    core = import_without_telemetry().Core()
    compiled = core.compile_model(core.read_model(file.getvalue()), "CPU", settings)
    given = faces.numpy()
    return lambda: compiled(given) and None
