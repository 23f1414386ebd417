"""POS: projection on the plane orthogonal to the skin tone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sspd.methods.skin_color import color_method
from sspd.signal.color.pos import POS_WINDOW_S, pos_waveform

CITATION = (
    "W. Wang, A. C. den Brinker, S. Stuijk, G. de Haan, Algorithmic principles of remote "
    "PPG, IEEE Transactions on Biomedical Engineering 64(7), 2017"
)


def _rising(rgb: NDArray[np.float64], fs: float) -> NDArray[np.float64]:
    """Return the inverted POS waveform, which rises with the blood volume."""
    return -pos_waveform(rgb, fs)


ENTRY = color_method("pos", CITATION, _rising, POS_WINDOW_S)
