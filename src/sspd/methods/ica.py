"""ICA: the independent component of the colours that looks most like a pulse."""

from __future__ import annotations

from sspd.methods.method import ANY_LIGHT
from sspd.methods.skin_color import color_method
from sspd.signal.color.ica import ica_waveform

CITATION = (
    "M.-Z. Poh, D. J. McDuff, R. W. Picard, Advancements in noncontact, multiparameter "
    "physiological measurements using a webcam, IEEE Transactions on Biomedical Engineering "
    "58(1), 2011"
)
#: A shorter video has no waveform, seconds.
SHORTEST_S = 2.0

ENTRY = color_method("ica", CITATION, ica_waveform, SHORTEST_S, needs=ANY_LIGHT)
