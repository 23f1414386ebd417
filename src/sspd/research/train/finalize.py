"""Turn a trained network into one that measures: statistics, sign, integration order, equalizer.

The online network saw masked differences, so its BatchNorm statistics are too small for unmasked
ones: they are estimated again on unmasked clips. Without labels, neither the sign of the waveform
nor its integration order (pulse, slope, or slope of the slope) is fixed: simulated videos with a
known pulse fix both (`sspd.research.train.calibration_videos`). Nor is the strength of its
harmonics: others fit an equalizer (`sspd.research.train.equalizer`).
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
from sspd.research.train.clip_recipe import ClipRecipe
from sspd.research.train.equalizer import network_equalizer
from sspd.research.train.sampler import Draw, Video, clip_at
from sspd.research.views.lga import global_view
from sspd.signal import bandpass, integrate, pulse_frequency
from sspd.types import Frames

#: Number of clips for the statistics.
STATISTICS_CLIPS = 50
#: Band for the sign: the fundamental and first harmonics of any pulse.
SIGN_BAND_HZ = (0.7, 4.0)
#: Range of the videos' pulse rates, and the largest error of a correct one, Hz.
PULSE_RATES_HZ = (0.6, 3.6)
RATE_TOLERANCE_HZ = 0.05


@torch.no_grad()
def reestimate_statistics(network: MeasuringNetwork, batches: Iterable[Tensor]) -> None:
    """Estimate BatchNorm's statistics again, in place, as plain means over `batches`.

    Parameters
    ----------
    network : MeasuringNetwork
        Left in evaluation mode.
    batches : iterable of Tensor, shape (n, 3, t, h, w)
        Unmasked differences, as in a measurement.
    """
    norms = [m for m in network.modules() if isinstance(m, nn.BatchNorm3d)]
    usual = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # PyTorch then computes a cumulative mean
    network.train()
    for batch in batches:
        network(batch)
    network.eval()
    for norm, momentum in zip(norms, usual, strict=True):
        norm.momentum = momentum


def estimate_output_convention(
    waveforms: Sequence[NDArray[np.float64]], pulses: Sequence[NDArray[np.float64]], fs: float
) -> tuple[int, int]:
    """Estimate the sign and the integration order of a network's output.

    The inputs are differences, and noise of videos rises toward low frequencies, so a network may
    well give the pulse's slope, or the slope of that slope. The chosen order is the one that reads
    most of the known rates correctly; ties go to the one that correlates best with the known
    pulses, over all videos together.

    Parameters
    ----------
    waveforms, pulses : sequence of float64 array, shape (t,)
        Network outputs and blood volumes at the same times.
    fs : float
        Sampling rate of both, Hz.

    Returns
    -------
    sign : int
        1 or -1.
    integration_order : int
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
        known = bandpass(pulse, fs, SIGN_BAND_HZ)
        rate_hz = pulse_frequency(known, fs, PULSE_RATES_HZ)
        for times in readings:
            candidate = bandpass(integrate(waveform, fs, times), fs, SIGN_BAND_HZ)
            right[times] += (
                abs(pulse_frequency(candidate, fs, PULSE_RATES_HZ) - rate_hz) < RATE_TOLERANCE_HZ
            )
            likeness[times] += _correlation(candidate, known)
    integration_order = max(readings, key=lambda times: (right[times], abs(likeness[times])))
    return (1 if likeness[integration_order] >= 0 else -1), integration_order


def _correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    scale = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / scale if scale > 0 else 0.0


@torch.no_grad()
def finalize_network(
    network: MeasuringNetwork,
    clips: Iterable[Tensor],
    to_input: Callable[[Tensor], Tensor],
    name: str,
) -> MeasuringNetwork:
    """Set BatchNorm statistics, sign, integration order and equalizer; return the network.

    Parameters
    ----------
    network : MeasuringNetwork
        On the CPU; changed in place.
    clips : iterable of Tensor, shape (1, t + 1, 3, s, s)
        Whole faces of the training videos, pixel values 0-255, in the network's channel order;
        only the statistics use them.
    to_input : callable
        Turns faces (1, t + 1, 3, size, size) into the network's input.
    name : str
        Name of the weights in reports.

    Returns
    -------
    MeasuringNetwork
    """
    spec = network.spec
    reestimate_statistics(network, (to_input(global_view(clip, spec.size)) for clip in clips))

    def output(faces: Frames) -> NDArray[np.float64]:
        grid = to_grid(faces, spec.fs)
        if spec.colour == "bgr":
            grid = grid[..., ::-1]
        clip = torch.from_numpy(np.ascontiguousarray(grid.transpose(0, 3, 1, 2)))[None]
        wave: NDArray[np.float64] = network(to_input(clip))[0].double().numpy()
        return wave

    waveforms, pulses = [], []
    for video in calibration_videos(spec.fs, crop_px(spec.size, spec.follow)):
        waveforms.append(output(network_frames(video.faces, spec.size, spec.follow)))
        pulses.append(video.pulse)
    sign, integration_order = estimate_output_convention(waveforms, pulses, spec.fs)
    settled = replace(spec, pyramid=None, polarity=sign, summations=integration_order, name=name)
    network.spec = replace(settled, equalizer=network_equalizer(output, settled))
    return network


def statistics_clips(videos: Sequence[Video], recipe: ClipRecipe, seed: int) -> Iterator[Tensor]:
    """Yield random clips for `finalize_network`, from epochs that no training reaches.

    Parameters
    ----------
    videos : sequence of Video
    recipe : ClipRecipe
    seed : int

    Yields
    ------
    Tensor, shape (1, t + 1, 3, s, s)
        Pixel values 0-255.
    """
    for i in range(STATISTICS_CLIPS):
        draw = Draw(1 << 20 | i // len(videos), i % len(videos))
        yield torch.from_numpy(clip_at(videos[draw.video], draw, recipe, seed))[None]
