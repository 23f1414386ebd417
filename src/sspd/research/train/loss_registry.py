"""The losses of other papers by name, for recipes of kind ``labelled`` and ``prior``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from torch import Tensor
from torch.nn.functional import mse_loss

from sspd.errors import TrainingError
from sspd.research.losses.bandwidth import sinc_bandwidth
from sspd.research.losses.known_rate import hr_cnn_snr
from sspd.research.losses.pearson import negative_pearson
from sspd.research.losses.rate import rate_distribution, rate_entropy
from sspd.research.losses.sparsity import sinc_sparsity
from sspd.research.losses.variance import sinc_variance


class ClipLabel(NamedTuple):
    """The label of clips: waveforms, or heart rates alone."""

    wave: Tensor | None
    """Waveforms that the network should give, shape (n, t); None: only the rates are known."""
    rate_hz: Tensor
    """Heart rates of the clips, Hz, shape (n,)."""


def _wave(known: ClipLabel) -> Tensor:
    if known.wave is None:
        raise TrainingError("this loss needs contact waveforms, and there are only heart rates")
    return known.wave


Band = tuple[float, float]
#: Name -> loss of waveforms (n, t), their labels, sampling rate (Hz) and pulse band (Hz).
LABELLED_LOSSES: Mapping[str, Callable[[Tensor, ClipLabel, float, Band], Tensor]] = (
    MappingProxyType(
        {
            "pearson": lambda y, known, fs, band: negative_pearson(y, _wave(known)),
            "squared-error": lambda y, known, fs, band: mse_loss(y.float(), _wave(known)),
            "rate-entropy": lambda y, known, fs, band: rate_entropy(y, known.rate_hz, fs, band),
            "rate-distribution": lambda y, known, fs, band: rate_distribution(
                y, known.rate_hz, fs, band
            ),
            "known-rate": lambda y, known, fs, band: hr_cnn_snr(y, known.rate_hz, fs, band),
        }
    )
)
#: Name -> loss of waveforms (n, t), sampling rate (Hz) and pulse band (Hz).
PRIOR_LOSSES: Mapping[str, Callable[[Tensor, float, Band], Tensor]] = MappingProxyType(
    {"bandwidth": sinc_bandwidth, "sparsity": sinc_sparsity, "variance": sinc_variance}
)
