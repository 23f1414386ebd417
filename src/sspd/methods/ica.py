"""ICA: the most pulsatile independent component of the colours."""

from __future__ import annotations

from sspd.methods.method import ANY_LIGHT
from sspd.methods.skin_color import COLOR_SHORTEST_S, color_method
from sspd.signal.color.ica import ica_waveform

CITATION = (
    "M.-Z. Poh, D. J. McDuff, R. W. Picard, Advancements in noncontact, multiparameter "
    "physiological measurements using a webcam, IEEE Transactions on Biomedical Engineering "
    "58(1), 2011"
)

ENTRY = color_method("ica", CITATION, ica_waveform, COLOR_SHORTEST_S, needs=ANY_LIGHT)
