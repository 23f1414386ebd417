"""Contrastive loss: similar spectra within a video, different ones between (Contrast-Phys)."""

from __future__ import annotations

import torch
from torch import Tensor

from sspd.research.losses.spectral import LEAST_POWER, long_psd


def band_shares(waveform: Tensor, fs: float, band_hz: tuple[float, float]) -> Tensor:
    """Compute the power of each frequency in the band as a fraction of the band's power.

    Parameters
    ----------
    waveform : Tensor, shape (..., t)
    fs : float
        Sampling rate, Hz.
    band_hz : (float, float)

    Returns
    -------
    Tensor, shape (..., frequencies)
        Sums to 1 along the last axis.
    """
    flat = waveform.reshape(-1, waveform.shape[-1])
    psd, frequency = long_psd(flat, fs)
    psd = psd[:, (frequency >= band_hz[0]) & (frequency <= band_hz[1])]
    shares = psd / (psd.sum(dim=1, keepdim=True) + LEAST_POWER)
    return shares.reshape(*waveform.shape[:-1], -1)


def contrast(first: Tensor, second: Tensor) -> Tensor:
    """Subtract the spectral distances between two videos from those within them.

    Parameters
    ----------
    first, second : Tensor, shape (samples, frequencies)
        Spectra of random windows of each video's regions, as fractions; two or more.

    Returns
    -------
    Tensor, scalar
        Mean squared distance of pairs within a video, minus that of pairs across videos.

    Notes
    -----
    Sun and Li, ECCV 2022, Eq. 2 and 3.

    Examples
    --------
    >>> one, other = torch.eye(2)[:1].repeat(3, 1), torch.eye(2)[1:].repeat(3, 1)
    >>> contrast(one, other).item(), contrast(one, one).item()
    (-2.0, 0.0)
    """

    def distances(a: Tensor, b: Tensor) -> Tensor:
        return (a[:, None] - b[None]).square().sum(dim=2)

    n = first.shape[0]
    within = (distances(first, first) + distances(second, second)).sum() / (2 * n * (n - 1))
    return within - distances(first, second).mean()


def random_windows(
    waveforms: Tensor, count: int, length: int, generator: torch.Generator | None
) -> Tensor:
    """Draw random windows from each waveform of a video.

    Parameters
    ----------
    waveforms : Tensor, shape (parts, t)
    count : int
        Number of windows from each waveform.
    length : int
        Samples in a window.
    generator : torch.Generator or None
        On the CPU; None draws from PyTorch's own.

    Returns
    -------
    Tensor, shape (parts * count, length)
    """
    parts, t = waveforms.shape
    starts = torch.randint(0, t - length + 1, (parts * count,), generator=generator).tolist()
    rows = [waveforms[k // count, start : start + length] for k, start in enumerate(starts)]
    return torch.stack(rows)
