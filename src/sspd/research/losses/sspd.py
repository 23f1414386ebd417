"""The whole loss L_SSPD = L_RPD + L_TSPD + alpha L_SD + beta L_SNR (Eq. 8, 12)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from sspd.research.losses.deviation import diagonal_deviation
from sspd.research.losses.pearson import negative_pearson
from sspd.research.losses.pyramid import pyramid_distance
from sspd.research.losses.similarity import self_similarity_map, self_similarity_wave
from sspd.research.losses.spectral import (
    noise_to_signal,
    psd_distance,
    released_noise_to_signal,
    released_spectral_pearson,
)
from sspd.research.recipes.recipe import LossSpec


class LossParts(NamedTuple):
    """The weighted parts of the loss, which add up to ``total``; all scalars."""

    total: Tensor
    rpd: Tensor
    tspd: Tensor
    sd: Tensor
    snr: Tensor


def rppg_distance(
    online: Tensor,
    target: Tensor,
    fs: float,
    band_hz: tuple[float, float],
    released: bool = False,
) -> Tensor:
    """Compute L_RPD of Eq. 6; the released form adds a band term.

    Parameters
    ----------
    online, target : Tensor, shape (n, t)
    fs : float
        Sampling rate, Hz.
    band_hz : (float, float)
    released : bool
        Whether to use the released form.

    Returns
    -------
    Tensor, scalar
    """
    if released:
        spectral = released_spectral_pearson(online, target)
        spectral = spectral + released_noise_to_signal(online, fs, band_hz)
    else:
        spectral = psd_distance(online, target)
    return negative_pearson(online, target) + spectral


def sspd_loss(
    online_rppg: Tensor,
    online_tokens: Sequence[Tensor],
    target_rppg: Tensor,
    target_tokens: Sequence[Tensor],
    fs: float,
    level_fs: Sequence[float],
    spec: LossSpec,
) -> LossParts:
    """Compute distillation and regularization losses of one step; the target gets no gradient.

    Parameters
    ----------
    online_rppg : Tensor, shape (n, t)
        Waveforms of the online network.
    online_tokens : sequence of Tensor, shape (n, tokens, C)
        U of each level.
    target_rppg, target_tokens
        The same of the target network.
    fs : float
        Sampling rate of the waveforms, Hz.
    level_fs : sequence of float
        Token rate of each level, Hz.
    spec : LossSpec
        Weights, band and which of the two readings.

    Returns
    -------
    LossParts
        Weighted parts and their sum, float32.

    Examples
    --------
    >>> y, u = torch.randn(2, 60), [torch.randn(2, 52, 16)]
    >>> parts = sspd_loss(y, u, y, u, 30.0, [30.0], LossSpec())
    >>> bool(parts.tspd == 0), bool(parts.total > 0)
    (True, True)
    """
    with torch.autocast(online_rppg.device.type, enabled=False):
        target_rppg = target_rppg.detach()
        online_maps = [self_similarity_map(u) for u in online_tokens]
        target_maps = [self_similarity_map(u.detach()) for u in target_tokens]
        released = spec.reading == "released"
        counted = partial(noise_to_signal, counts_dc=spec.snr_counts_dc)
        ratio = released_noise_to_signal if released else counted
        rpd = rppg_distance(online_rppg, target_rppg, fs, spec.band_hz, released)
        pairs = zip(online_maps, target_maps, strict=True)
        tspd = torch.stack([pyramid_distance(o, t, released) for o, t in pairs]).sum()
        sd = torch.stack([diagonal_deviation(m, released) for m in online_maps]).mean()
        waves = [self_similarity_wave(m) for m in online_maps]
        noise = [ratio(w, f, spec.band_hz) for w, f in zip(waves, level_fs, strict=True)]
        weighted = (
            spec.rpd_weight * rpd,
            spec.tspd_weight * tspd,
            spec.sd_weight * sd,
            spec.snr_weight * torch.stack(noise).mean(),
        )
        return LossParts(torch.stack(weighted).sum(), *weighted)
