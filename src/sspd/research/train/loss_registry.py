"""The losses of other papers by name, as recipes of kind labelled and prior weigh them."""

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


class Known(NamedTuple):
    """What a labelled clip is known to be."""

    wave: Tensor | None
    """What the network should give, shape (n, t); None: nothing is known but the rate."""
    rate_hz: Tensor
    """The heart's rate in the clip, shape (n,)."""


def _wave(known: Known) -> Tensor:
    if known.wave is None:
        raise TrainingError("a loss of waveforms, and only rates are known")
    return known.wave


Band = tuple[float, float]
#: Waveforms (n, t), what is known of them, Hz and band -> a scalar.
LABELLED: Mapping[str, Callable[[Tensor, Known, float, Band], Tensor]] = MappingProxyType(
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
#: Waveforms (n, t), Hz and band -> a scalar.
PRIORS: Mapping[str, Callable[[Tensor, float, Band], Tensor]] = MappingProxyType(
    {"bandwidth": sinc_bandwidth, "sparsity": sinc_sparsity, "variance": sinc_variance}
)
