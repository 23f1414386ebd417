"""From a trained network to one that measures: statistics, sign, and files.

The online network saw masked differences, so its BatchNorm statistics are too small
for whole ones; and without labels neither the sign of the waveform nor whether it is
the pulse or a slope of it is fixed. Both are settled here on unmasked clips, without labels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sspd.nn.network import MeasuringNetwork
from sspd.recipes.network import MOST_SUMMATIONS
from sspd.signal import bandpass, integrate

#: Clips that the statistics are taken from (field notes: 50 or more).
STATISTICS_CLIPS = 50
#: Clips that the sign is read from.
SIGN_CLIPS = 24
#: Where the sign is read: the fundamental and first harmonics of any pulse.
SIGN_BAND_HZ = (0.7, 4.0)


class FinishClip(NamedTuple):
    """A clip as it was stored, and as a measurement would feed it."""

    faces: NDArray[np.float32]
    """Levels, shape (t + 1, 3, s, s)."""
    differences: Tensor
    """Of the whole face, unmasked, shape (1, 3, t, size, size)."""


@torch.no_grad()
def reestimate_statistics(network: MeasuringNetwork, batches: Iterable[Tensor]) -> None:
    """Take BatchNorm's statistics anew, in place, as plain means over `batches`.

    Parameters
    ----------
    network : MeasuringNetwork
        Left in evaluation mode.
    batches : iterable of Tensor, shape (n, 3, t, h, w)
        Differences as a measurement sees them.
    """
    norms = [m for m in network.modules() if isinstance(m, nn.BatchNorm3d)]
    usual = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # PyTorch's word for a cumulative mean
    network.train()
    for batch in batches:
        network(batch)
    network.eval()
    for norm, momentum in zip(norms, usual, strict=True):
        norm.momentum = momentum


def blood_volume_trace(faces: NDArray[np.float32]) -> NDArray[np.float64]:
    """Blood volume seen in the mean colour of faces (t + 1, 3, s, s), without labels.

    More blood takes more green than red (Verkruysse et al. 2008): the trace is minus
    the logarithm of green over red, so that light and exposure cancel.

    Returns
    -------
    float64 array, shape (t,)
        At the times half way between the faces, as the network's output.
    """
    middle = slice(faces.shape[-1] // 4, 3 * faces.shape[-1] // 4)
    colour = faces[:, :, middle, middle].mean(axis=(2, 3), dtype=np.float64) + 1.0
    trace = -np.log(colour[:, 1] / colour[:, 0])
    between: NDArray[np.float64] = (trace[1:] + trace[:-1]) / 2
    return between


def settle_sign(
    waveforms: Sequence[NDArray[np.float64]], traces: Sequence[NDArray[np.float64]], fs: float
) -> tuple[int, int]:
    """Sign of the output, and how often it has to be summed to give the pulse.

    Differences go in, and noise of films rises toward low frequencies, so a network may
    well give the pulse's slope, or that slope's slope. Of all readings the one is taken
    that correlates best with the blood volume seen in the colours, over all clips
    together.

    Parameters
    ----------
    waveforms, traces : sequences of float64 array, shape (t,)
        Network outputs and `blood_volume_trace` of the same clips.
    fs : float
        Their samples a second, Hz.

    Returns
    -------
    polarity : int
        1 or -1.
    summations : int
        0 to `MOST_SUMMATIONS`.

    Examples
    --------
    >>> pulse = np.sin(2 * np.pi * 1.2 * np.arange(300) / 30) ** 3
    >>> settle_sign([-np.gradient(pulse)], [pulse], fs=30.0)
    (-1, 1)
    """
    likeness = np.zeros(MOST_SUMMATIONS + 1)
    for waveform, trace in zip(waveforms, traces, strict=True):
        reference = bandpass(trace, fs, SIGN_BAND_HZ)
        for times in range(likeness.size):
            candidate = bandpass(integrate(waveform, fs, times), fs, SIGN_BAND_HZ)
            likeness[times] += _correlation(candidate, reference)
    summations = int(np.abs(likeness).argmax())
    return (1 if likeness[summations] >= 0 else -1), summations


def _correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    scale = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / scale if scale > 0 else 0.0


@torch.no_grad()
def finish_network(
    network: MeasuringNetwork,
    clips: Callable[[], Iterator[FinishClip]],
    name: str,
) -> MeasuringNetwork:
    """Settle statistics and sign on clips of faces; returns the network for measuring.

    Parameters
    ----------
    network : MeasuringNetwork
        On the CPU; changed in place.
    clips : callable
        Gives the clips, lazily, each time it is called.
    name : str
        How reports call the weights.
    """
    reestimate_statistics(network, (clip.differences for clip in clips()))
    waveforms, traces = [], []
    for clip in islice(clips(), SIGN_CLIPS):
        waveforms.append(network(clip.differences)[0].double().numpy())
        traces.append(blood_volume_trace(clip.faces))
    polarity, summations = settle_sign(waveforms, traces, network.spec.fs)
    network.spec = replace(
        network.spec, pyramid=None, polarity=polarity, summations=summations, name=name
    )
    return network
