"""Green over red: a method of somebody else's, registered by an entry point."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sspd.methods.skin_color import color_method
from sspd.signal import detrend


def waveform(rgb: NDArray[np.float64], fs: float) -> NDArray[np.float64]:
    """Return the inverted ratio of green and red, without trend."""
    return -detrend(rgb[:, 1] / rgb[:, 0], fs, 0.4)


ENTRY = color_method("green-red", "Somebody, Green over red, A Journal, 2026", waveform, 2.0)
