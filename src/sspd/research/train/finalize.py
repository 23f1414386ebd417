"""From a trained network to one that measures: statistics, sign, and files.

The online network saw masked differences, so its BatchNorm statistics are too small
for whole ones: they are taken anew on unmasked clips. And without labels neither the
sign of the waveform nor whether it is the pulse or a slope of it is fixed: simulated
videos, whose pulse is known, settle that (`sspd.research.train.calibration_videos`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sspd.face.stabilize import crop_px, network_frames
from sspd.models.network import MeasuringNetwork
from sspd.models.spec import MOST_SUMMATIONS
from sspd.network.grid import to_grid
from sspd.research.train.calibration_videos import calibration_videos
from sspd.research.train.sampler import ClipRecipe, Draw, Video, clip_at
from sspd.research.views.lga import global_view
from sspd.signal import bandpass, integrate, pulse_frequency

#: Clips that the statistics are taken from.
STATISTICS_CLIPS = 50
#: Where the sign is read: the fundamental and first harmonics of any pulse.
SIGN_BAND_HZ = (0.7, 4.0)
#: Where their rates lie, and how near a rate is right, Hz.
RATES_HZ = (0.6, 3.6)
RIGHT_HZ = 0.05


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


def estimate_output_convention(
    waveforms: Sequence[NDArray[np.float64]], pulses: Sequence[NDArray[np.float64]], fs: float
) -> tuple[int, int]:
    """Sign of the output, and how often it has to be summed to give the pulse.

    Differences go in, and noise of videos rises toward low frequencies, so a network may
    well give the pulse's slope, or that slope's slope. Of all readings the one is taken
    by which most of the known rates are read right; among equals the one that correlates
    best with the known pulses, over all videos together.

    Parameters
    ----------
    waveforms, pulses : sequences of float64 array, shape (t,)
        Network outputs and blood volumes at the same times.
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
    >>> estimate_output_convention([-np.gradient(pulse)], [pulse], fs=30.0)
    (-1, 1)
    """
    readings = range(MOST_SUMMATIONS + 1)
    likeness, right = np.zeros(len(readings)), np.zeros(len(readings), int)
    for waveform, pulse in zip(waveforms, pulses, strict=True):
        place = np.arange(pulse.size)
        rate_hz = pulse_frequency(bandpass(pulse, fs, SIGN_BAND_HZ), fs, RATES_HZ)
        for times in readings:
            candidate = bandpass(integrate(waveform, fs, times), fs, SIGN_BAND_HZ)
            right[times] += abs(pulse_frequency(candidate, fs, RATES_HZ) - rate_hz) < RIGHT_HZ
            # Each sum up to a value belongs half a step later.
            known = np.interp(place + times / 2, place, pulse)
            likeness[times] += _correlation(candidate, bandpass(known, fs, SIGN_BAND_HZ))
    summations = max(readings, key=lambda times: (right[times], abs(likeness[times])))
    return (1 if likeness[summations] >= 0 else -1), summations


def _correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    scale = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / scale if scale > 0 else 0.0


@torch.no_grad()
def finish_network(
    network: MeasuringNetwork,
    clips: Iterable[Tensor],
    to_input: Callable[[Tensor], Tensor],
    name: str,
) -> MeasuringNetwork:
    """Settle statistics and sign; returns the network for measuring.

    Parameters
    ----------
    network : MeasuringNetwork
        On the CPU; changed in place.
    clips : iterable of Tensor, shape (1, t + 1, 3, s, s)
        Whole faces of the videos that it was trained on, levels 0-255, its own channel
        order; only their statistics are read.
    to_input : callable
        Turns (1, t + 1, 3, size, size) into what the network eats.
    name : str
        How reports call the weights.
    """
    spec = network.spec
    reestimate_statistics(network, (to_input(global_view(clip, spec.size)) for clip in clips))
    waveforms, pulses = [], []
    for video in calibration_videos(spec.fs, crop_px(spec.size, spec.follow)):
        grid = to_grid(network_frames(video.faces, spec.size, spec.follow), spec.fs)
        if spec.colour == "bgr":
            grid = grid[..., ::-1]
        faces = torch.from_numpy(np.ascontiguousarray(grid.transpose(0, 3, 1, 2)))[None]
        waveforms.append(network(to_input(faces))[0].double().numpy())
        pulses.append(video.pulse)
    polarity, summations = estimate_output_convention(waveforms, pulses, spec.fs)
    network.spec = replace(spec, pyramid=None, polarity=polarity, summations=summations, name=name)
    return network


def finish_clips(videos: Sequence[Video], recipe: ClipRecipe, seed: int) -> Iterator[Tensor]:
    """Clips for `finish_network`: random ones of epochs that no training reaches."""
    for i in range(STATISTICS_CLIPS):
        draw = Draw(1 << 20 | i // len(videos), i % len(videos))
        yield torch.from_numpy(clip_at(videos[draw.video], draw, recipe, seed))[None]
