"""The losses of other papers by name, as recipes of kind labelled and prior weigh them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from torch import Tensor
from torch.nn.functional import mse_loss

from sspd.errors import TrainingError
from sspd.research.losses.bandwidth import band_leak
from sspd.research.losses.known_rate import noise_at_rate
from sspd.research.losses.pearson import negative_pearson
from sspd.research.losses.rate import rate_distribution, rate_entropy
from sspd.research.losses.sparsity import line_leak
from sspd.research.losses.variance import uneven_batch


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
        "known-rate": lambda y, known, fs, band: noise_at_rate(y, known.rate_hz, fs, band),
    }
)
#: Waveforms (n, t), Hz and band -> a scalar.
PRIORS: Mapping[str, Callable[[Tensor, float, Band], Tensor]] = MappingProxyType(
    {"bandwidth": band_leak, "sparsity": line_leak, "variance": uneven_batch}
)
