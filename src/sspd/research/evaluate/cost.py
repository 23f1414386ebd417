"""Measure the cost of networks side by side (the paper's Table IV) on this machine's runtimes."""

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
from sspd.models.nano import NanoNetwork
from sspd.models.nano_spec import NanoSpec
from sspd.models.network import MeasuringNetwork
from sspd.models.prepare import FromFaces, frame_differences
from sspd.network.export import onnx_bytes
from sspd.network.nano_load import stream_of_onnx
from sspd.network.openvino_import import import_without_telemetry
from sspd.research.evaluate.operation_count import count_multiply_adds, count_parameters
from sspd.research.recipes import TRAINED_METHODS, get_baseline, get_recipe
from sspd.utils.packages import require
from sspd.utils.progress import Counted

#: Network that all times are compared with, as in the paper.
REFERENCE_NETWORK = "physnet"
RUNTIMES = ("torch", "openvino", "cuda")
TimedRun = Callable[[], None]


@dataclass(frozen=True)
class Cost:
    """Size and run times of one network.

    Parameters
    ----------
    name : str
    parameters : int
        Number of trained values.
    multiply_adds : int
        Multiply-adds of convolutions and linear maps, for the whole clip.
    seconds : mapping
        Runtime -> seconds of each round, including the step from faces to the network's input.
    """

    name: str
    parameters: int
    multiply_adds: int
    seconds: Mapping[str, tuple[float, ...]]

    def median_s(self, runtime: str) -> float:
        """Return the median time of a runtime's rounds.

        Parameters
        ----------
        runtime : str
            One of `RUNTIMES`.

        Returns
        -------
        float
            Seconds.
        """
        return float(np.median(self.seconds[runtime]))

    def spread_s(self, runtime: str) -> float:
        """Return the interquartile range of the times of a runtime's rounds.

        Parameters
        ----------
        runtime : str
            One of `RUNTIMES`.

        Returns
        -------
        float
            Seconds.
        """
        low, high = np.quantile(self.seconds[runtime], (0.25, 0.75))
        return float(high - low)


#: RemotePPG uses the network of Contrast-Phys, and SiNC that of PhysNet.
_COMPARED = tuple(one for one in TRAINED_METHODS if one not in ("remotephys", "sinc"))


def _sspd(size: int, frames: int) -> nn.Module:
    spec = replace(get_recipe("paper").network, pyramid=None, size=size)
    return FromFaces(frame_differences, MeasuringNetwork(spec))


def _other(name: str, size: int, frames: int) -> nn.Module:
    return Baseline(replace(get_baseline(name).network, size=size, clip=frames))


class NanoClips(nn.Module):
    """The small network on whole clips of any face size, from the resizing on.

    Parameters
    ----------
    network : NanoNetwork
    """

    def __init__(self, network: NanoNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, faces: Tensor) -> Tensor:
        """Map faces to waveforms.

        Parameters
        ----------
        faces : Tensor, shape (n, 3, t + 1, h, w)
            Pixel values 0-255.

        Returns
        -------
        Tensor, shape (n, t)
        """
        wave: Tensor = self.network(nano_faces(faces, self.network.spec.size)).wave
        return wave


def nano_faces(faces: Tensor, size: int) -> Tensor:
    """Resize all faces but the first to the small network's size.

    Parameters
    ----------
    faces : Tensor, shape (n, 3, t + 1, h, w)
    size : int
        Pixels.

    Returns
    -------
    Tensor, shape (n, t, 3, size, size)
    """
    n, c, t, h, w = faces.shape
    frames = faces[:, :, 1:].transpose(1, 2).reshape(n * (t - 1), c, h, w)
    small = nn.functional.adaptive_avg_pool2d(frames, (size, size))
    return small.reshape(n, t - 1, c, size, size)


def _nano(size: int, frames: int) -> nn.Module:
    return NanoClips(NanoNetwork(NanoSpec(fs=30.0)))


#: Name -> function of face size (pixels) and clip length (frames) that builds the network.
COMPARED_NETWORKS: Mapping[str, Callable[[int, int], nn.Module]] = MappingProxyType(
    {REFERENCE_NETWORK: partial(_other, REFERENCE_NETWORK)}
    | {name: partial(_other, name) for name in _COMPARED if name != REFERENCE_NETWORK}
    | {"nano": _nano, "sspd": _sspd}
)


def available_runtimes() -> tuple[str, ...]:
    """List the runtimes that this machine has.

    >>> "openvino" in available_runtimes()
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
    progress: Counted = lambda done, total: None,
) -> list[Cost]:
    """Count and time untrained networks, in turns; the weights do not change the time.

    Parameters
    ----------
    names : sequence of str
        Of `COMPARED_NETWORKS`.
    runtimes : sequence of str
        Of `available_runtimes`.
    frames : int
        Length of the clip, frames.
    size : int
        Height and width of the faces, pixels.
    repeats : int
        Number of rounds. In each round, every network runs once on every runtime. One warm-up
        round before them is not counted.
    threads : int or None
        Number of processor threads; None: all.
    progress : callable
        Called with the number of finished rounds and their total.

    Returns
    -------
    list of Cost
        One for each network, in the order of `names`.

    Raises
    ------
    UsageError
        A network or runtime is not available, or the networks cannot take such a clip.
    """
    for asked, known in ((names, COMPARED_NETWORKS), (runtimes, available_runtimes())):
        missing = [one for one in asked if one not in known]
        if missing:
            raise UsageError(f"{missing[0]!r} is not available; choose from {', '.join(known)}")
    if frames % 4 or frames < 4:
        raise UsageError(f"the clip needs a multiple of 4 frames, got {frames}")
    before = torch.get_num_threads()
    torch.set_num_threads(threads or before)
    try:
        torch.manual_seed(0)
        networks = {name: COMPARED_NETWORKS[name](size, frames).eval() for name in names}
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
            progress(round_ + 1, repeats + 1)
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


def _run(network: nn.Module, faces: Tensor, runtime: str, threads: int | None) -> TimedRun:
    if runtime == "openvino" and isinstance(network, NanoClips):
        return _openvino_stream(network, faces, threads)
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


def _openvino_stream(clips: NanoClips, faces: Tensor, threads: int | None) -> TimedRun:
    """Run the small network frame by frame, as it measures."""
    data = onnx_bytes(clips.network)
    stream = stream_of_onnx(data, "nano", threads)

    def run() -> None:
        small = nano_faces(faces, stream.spec.size)[0]
        stream.stream().push(small.permute(0, 2, 3, 1).numpy())

    return run


def _openvino(network: nn.Module, faces: Tensor, threads: int | None) -> TimedRun:
    """Ask for float32: by default OpenVINO uses bfloat16 where the processor has it."""
    import io
    import warnings

    require("onnx", extra="train", purpose="a network in OpenVINO")
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracing exporter is deprecated
        torch.onnx.export(network, (faces,), file, dynamo=False, opset_version=17)  # type: ignore[arg-type]
    settings: dict[str, object] = {
        "INFERENCE_PRECISION_HINT": "f32",
        "ENABLE_CPU_PINNING": False,
    }
    if threads is not None:
        settings["INFERENCE_NUM_THREADS"] = threads
    core = import_without_telemetry().Core()
    compiled = core.compile_model(core.read_model(file.getvalue()), "CPU", settings)
    given = faces.numpy()
    return lambda: compiled(given) and None
