"""The large network with its features beside its waveform, for a training that it teaches.

On a processor OpenVINO runs it, in a third of PyTorch's time; on a CUDA device PyTorch does.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable

import torch
from torch import Tensor, nn

from sspd.models.network import MeasuringNetwork, pad_to_even
from sspd.network.openvino_import import import_without_telemetry
from sspd.utils.packages import require

#: Maps the input (1, 3, t, h, w) of a clip to its raw waveform (t,) and features S (t, C).
RunFeatures = Callable[[Tensor], tuple[Tensor, Tensor]]
_DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}


class WithFeatures(nn.Module):
    """The measuring network, and S of its backbone.

    Parameters
    ----------
    network : MeasuringNetwork
    """

    def __init__(self, network: MeasuringNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, given: Tensor) -> tuple[Tensor, Tensor]:
        """Map the network's input to waveforms and features.

        Parameters
        ----------
        given : Tensor, shape (n, 3, t, h, w)
            t is even.

        Returns
        -------
        rppg : Tensor, shape (n, t)
        sequence : Tensor, shape (n, C, t)
        """
        features = self.network.features(given)
        return self.network.predictor(features.map), features.sequence


def feature_runner(
    network: MeasuringNetwork, device: torch.device, precision: str, threads: int
) -> RunFeatures:
    """Make a network ready to give features of clips.

    Parameters
    ----------
    network : MeasuringNetwork
    device : torch.device
    precision : str
        ``f32``, ``bf16`` or ``f16``; on a processor ``f16`` is ``f32``.
    threads : int
        Processor threads.

    Returns
    -------
    callable
        See `RunFeatures`. The clips of a training have one length; each new one compiles.

    Raises
    ------
    DependencyError
        If the package onnx is absent.
    """
    both = WithFeatures(network.to(device).eval())
    dtype = _DTYPES[precision]
    run = _openvino(both, precision, threads) if device.type == "cpu" else _torch(both, dtype)

    def features(given: Tensor) -> tuple[Tensor, Tensor]:
        t = given.shape[2]
        rppg, sequence = run(pad_to_even(given))
        return rppg[0, :t].float(), sequence[0, :, :t].float().T

    return features


def _torch(both: WithFeatures, dtype: torch.dtype) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
    @torch.no_grad()
    def run(given: Tensor) -> tuple[Tensor, Tensor]:
        with torch.autocast(given.device.type, dtype=dtype, enabled=dtype != torch.float32):
            found: tuple[Tensor, Tensor] = both(given)
        return found

    return run


def _openvino(
    both: WithFeatures, precision: str, threads: int
) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
    require("onnx", extra="train", purpose="a network that teaches")
    buffer, size = io.BytesIO(), both.network.spec.size
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as in `sspd.network.export`
        torch.onnx.export(
            both,
            (torch.zeros(1, 3, 8, size, size),),
            buffer,  # type: ignore[arg-type]  # a file object is taken, and documented
            dynamo=False,
            input_names=["given"],
            output_names=["rppg", "sequence"],
            dynamic_axes={"given": {2: "t"}, "rppg": {1: "t"}, "sequence": {2: "t"}},
            opset_version=17,
        )
    core = import_without_telemetry().Core()
    model = core.read_model(buffer.getvalue())
    settings: dict[str, object] = {
        "ENABLE_CPU_PINNING": False,  # as in `sspd.network.compiler`
        "INFERENCE_PRECISION_HINT": "bf16" if precision == "bf16" else "f32",
        "INFERENCE_NUM_THREADS": threads,
    }
    compiled: dict[int, object] = {}

    def run(given: Tensor) -> tuple[Tensor, Tensor]:
        t = given.shape[2]
        if t not in compiled:
            compiled.clear()
            model.reshape([1, 3, t, size, size])
            compiled[t] = core.compile_model(model, "CPU", settings)
        found = compiled[t]([given.numpy()])  # type: ignore[operator]
        rppg, sequence = (torch.from_numpy(found[k].copy()) for k in range(2))
        return rppg, sequence

    return run
