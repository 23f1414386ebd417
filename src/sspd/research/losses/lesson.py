"""Losses by which the small network learns from its teacher: waveform, spectrum, similarity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from sspd.research.losses.pearson import negative_pearson
from sspd.research.losses.pyramid import pyramid_distance
from sspd.research.losses.similarity import self_similarity_map
from sspd.research.losses.spectral import long_psd, psd_distance

#: Keeps the root of an empty bin's power from an infinite gradient.
LEAST_SHARE = 1e-8


class LessonParts(NamedTuple):
    """The parts of the loss, means over clips, each by its weight; all scalars."""

    rpd: Tensor
    """L_RPD (Eq. 6): negative Pearson correlation and squared distance of the spectra."""
    band: Tensor
    tspd: Tensor
    """L_TSPD (Eq. 7), of windows of the two networks' features."""


def band_distance(wave: Tensor, target: Tensor, fs: float, band_hz: tuple[float, float]) -> Tensor:
    """Compute how little the spectra of two waveforms overlap in the pulse band.

    One less the Bhattacharyya coefficient of the two normalized spectra: 0 for the same rate and
    harmonics, whatever the delay, and 1 for spectra without a common frequency.

    Parameters
    ----------
    wave, target : Tensor, shape (n, t)
    fs : float
        Sampling rate, Hz.
    band_hz : (float, float)

    Returns
    -------
    Tensor, scalar

    Examples
    --------
    >>> t = torch.arange(300) / 30
    >>> one, other = torch.sin(2 * torch.pi * 1.2 * t)[None], torch.sin(2 * torch.pi * 2 * t)[None]
    >>> band_distance(one, one.roll(5), 30.0, (0.5, 3.7)).item() < 0.05
    True
    >>> band_distance(one, other, 30.0, (0.5, 3.7)).item() > 0.5
    True
    """
    psds = []
    for values in (wave, target):
        psd, frequency = long_psd(values, fs)
        inside = psd[:, (frequency >= band_hz[0]) & (frequency <= band_hz[1])]
        psds.append(inside / (inside.sum(dim=1, keepdim=True) + LEAST_SHARE))
    overlap = (psds[0] * psds[1] + LEAST_SHARE**2).sqrt().sum(dim=1)
    return (1 - overlap).mean()


def window_tokens(sequence: Tensor, width: int) -> Tensor:
    """Stack the features of neighbouring frames, less their mean over time, as tokens.

    The weights that measure hold no S3M, so the frames of a window stand for its tokenizer.

    Parameters
    ----------
    sequence : Tensor, shape (n, t, c)
    width : int
        Frames in a token.

    Returns
    -------
    Tensor, shape (n, t - width + 1, c * width)

    >>> window_tokens(torch.zeros(1, 20, 4), 9).shape
    torch.Size([1, 12, 36])
    """
    centred = sequence - sequence.mean(dim=1, keepdim=True)
    return centred.unfold(1, width, 1).flatten(2)


def lesson_loss(
    wave: Tensor,
    features: Tensor,
    target: Tensor,
    target_features: Tensor,
    fs: float,
    band_hz: tuple[float, float],
    widths: Sequence[int],
    weights: Tensor,
) -> LessonParts:
    """Compare the small network with its teacher; the teacher gets no gradient.

    Parameters
    ----------
    wave, target : Tensor, shape (n, t)
        Waveforms at the same times.
    features, target_features : Tensor, shape (n, t, c)
        Features of the two networks; c may differ.
    fs : float
        Sampling rate, Hz.
    band_hz : (float, float)
    widths : sequence of int
        Frames in a token of each level of the pyramid.
    weights : Tensor, shape (n,)
        How much each clip counts, 0 to 1.

    Returns
    -------
    LessonParts

    Examples
    --------
    >>> y, u = torch.randn(2, 60), torch.randn(2, 60, 8)
    >>> parts = lesson_loss(y, u, y, u, 30.0, (0.5, 3.7), (9, 5), torch.ones(2))
    >>> [round(part.item(), 3) for part in parts]
    [0.0, 0.0, 0.0]
    """
    rows = []
    for k in range(len(wave)):
        one = slice(k, k + 1)
        y, known = wave[one], target[one].detach()
        rpd = negative_pearson(y, known) + psd_distance(y, known)
        levels = [
            pyramid_distance(
                self_similarity_map(window_tokens(features[one], width)),
                self_similarity_map(window_tokens(target_features[one].detach(), width)),
            )
            for width in widths
        ]
        band = band_distance(y, known, fs, band_hz)
        rows.append(torch.stack([rpd, band, torch.stack(levels).sum()]))
    shares = weights.to(wave) / len(rows)
    return LessonParts(*(shares @ torch.stack(rows)))
