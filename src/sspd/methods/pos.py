"""POS: the plane orthogonal to the skin tone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sspd.methods.skin_color import color_method
from sspd.signal.color.pos import WINDOW_S, pos_waveform

CITATION = (
    "W. Wang, A. C. den Brinker, S. Stuijk, G. de Haan, Algorithmic principles of remote "
    "PPG, IEEE Transactions on Biomedical Engineering 64(7), 2017"
)


def _rising(rgb: NDArray[np.float64], fs: float) -> NDArray[np.float64]:
    """POS falls when blood volume rises (Wang et al. 2017); a method's waveform rises."""
    return -pos_waveform(rgb, fs)


ENTRY = color_method("pos", CITATION, _rising, WINDOW_S)
