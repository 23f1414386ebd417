"""PBV: projection on the signature of the blood volume pulse in the three colours."""

from __future__ import annotations

from sspd.methods.skin_color import color_method
from sspd.signal.color.pbv import PBV_WINDOW_S, pbv_waveform

CITATION = (
    "G. de Haan, A. van Leest, Improved motion robustness of remote-PPG by using the blood "
    "volume pulse signature, Physiological Measurement 35(9), 2014"
)

ENTRY = color_method("pbv", CITATION, pbv_waveform, PBV_WINDOW_S)
