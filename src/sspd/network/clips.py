"""Networks of other papers: a video in clips of one length, which overlap."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sspd.errors import UsageError, WeightsError
from sspd.models.baseline_spec import BaselineSpec
from sspd.network.chunks import RunNetwork
from sspd.network.load import PRECISIONS, require_for_checkpoint, torch_run
from sspd.signal import integrate, standardise

#: Share of a clip after which the next one begins.
HOP = 0.75


@dataclass(frozen=True)
class ClipNetwork:
    """A network of another paper ready to run, with the facts its input and output need."""

    spec: BaselineSpec
    run: RunNetwork
    """Maps faces (3, clip + 1, size, size) to the raw output (clip,)."""

    def __call__(
        self,
        faces: Iterable[NDArray[np.float32]],
        on_output: Callable[[NDArray[np.float64]], object] | None = None,
    ) -> NDArray[np.float64] | None:
        """Return the waveform of faces on the network's grid.

        Each clip's output has mean 0 and variance 1; where clips overlap, one is faded into
        the next (SiNC adds its clips up so). The last clip ends with the video.

        Parameters
        ----------
        faces : iterable of float32 arrays, shape (size, size, 3)
            RGB, pixel values 0-255, on the grid of ``spec.fs``.
        on_output : callable, optional
            Is given the waveform so far, after each clip.

        Returns
        -------
        float64 array, shape (t,), or None
            One value for each face but the last, rising with blood volume, integrated where
            the network gives the slope; None for less than a clip. Two clips of faces are
            held at a time.
        """
        clip = self.spec.clip
        hop = max(1, round(HOP * clip))
        held: deque[NDArray[np.float32]] = deque(maxlen=clip + 1)
        total, weight = OverlapAddBuffer(), OverlapAddBuffer()
        n = done = 0
        for face in faces:
            held.append(self._checked(face))
            n += 1
            if n > clip and (n - clip - 1) % hop == 0:
                self._add(held, n - clip - 1, total, weight)
                done = n
                if on_output is not None:
                    on_output(self._upright(total.values[: n - 1] / weight.values[: n - 1]))
        if n <= clip:
            return None
        if done < n:
            self._add(held, n - clip - 1, total, weight)
        return self._upright(total.values[: n - 1] / weight.values[: n - 1])

    def _upright(self, wave: NDArray[np.float64]) -> NDArray[np.float64]:
        return integrate(self.spec.polarity * wave, self.spec.fs, self.spec.summations)

    def _add(
        self,
        held: Iterable[NDArray[np.float32]],
        first: int,
        total: OverlapAddBuffer,
        weight: OverlapAddBuffer,
    ) -> None:
        faces = np.ascontiguousarray(np.stack(list(held)).transpose(3, 0, 1, 2))
        fade = np.minimum(np.arange(1, self.spec.clip + 1), np.arange(self.spec.clip, 0, -1))
        fade = np.minimum(fade, max(1, round((1 - HOP) * self.spec.clip))).astype(np.float64)
        total.add(first, fade * standardise(self.run(faces)))
        weight.add(first, fade)

    def _checked(self, face: NDArray[np.float32]) -> NDArray[np.float32]:
        size = self.spec.size
        if face.shape != (size, size, 3):
            raise UsageError(
                f"{self.spec.name!r} needs faces ({size}, {size}, 3), got {face.shape}"
            )
        return face


class OverlapAddBuffer:
    """An array of zeros that grows where values are added beyond its end."""

    def __init__(self) -> None:
        self.values = np.zeros(1024)

    def add(self, first: int, values: NDArray[np.float64]) -> None:
        """Add values from the index `first` on.

        Parameters
        ----------
        first : int
        values : float64 array, shape (n,)
        """
        end = first + values.size
        if end > self.values.size:
            self.values = np.pad(self.values, (0, max(end - self.values.size, self.values.size)))
        self.values[first:end] += values


def load_clip_network(
    weights: str | Path, *, precision: str = "f32", threads: int | None = None
) -> ClipNetwork:
    """Load weights of another paper's network and make them ready to run on this machine.

    Parameters
    ----------
    weights : path
        A checkpoint (``.safetensors``; needs torch) or an exported network (``.onnx``).
    precision : str
        ``f32``; ``bf16`` where the processor has it; ``auto`` leaves it to OpenVINO.
    threads : int, optional
        Processor threads; all by default.

    Returns
    -------
    ClipNetwork

    Raises
    ------
    WeightsError
        If the file is not such a network, damaged, or unsafe.
    DependencyError
        If torch is needed and absent.

    Examples
    --------
    >>> load_clip_network("no-such-file.onnx")
    Traceback (most recent call last):
    ...
    sspd.errors.WeightsError: no-such-file.onnx: no such weights file
    """
    if precision not in PRECISIONS:
        raise UsageError(f"precision is one of {', '.join(PRECISIONS)}, not {precision!r}")
    path = Path(weights)
    if not path.is_file():
        raise WeightsError(f"{path}: no such weights file")
    if path.suffix == ".onnx":
        from sspd.network.openvino import read_onnx

        spec, run, _ = read_onnx(path, precision, threads, BaselineSpec.from_dict)
        return ClipNetwork(spec, run)
    require_for_checkpoint(path)
    import torch

    from sspd.models.checkpoint import load_baseline
    from sspd.network.export import onnx_bytes
    from sspd.network.openvino import load_onnx

    network, _ = load_baseline(path)
    if torch.cuda.is_available():
        return ClipNetwork(network.spec, torch_run(network, precision, threads))
    data = onnx_bytes(network)
    spec, run, _ = load_onnx(data, str(path), precision, threads, BaselineSpec.from_dict)
    return ClipNetwork(spec, run)
