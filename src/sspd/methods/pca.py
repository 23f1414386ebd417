"""PCA: the principal component of the colours that looks most like a pulse."""

from __future__ import annotations

from sspd.methods.method import ANY_LIGHT
from sspd.methods.skin_color import color_method
from sspd.signal.color.pca import pca_waveform

CITATION = (
    "M. Lewandowska, J. Ruminski, T. Kocejko, J. Nowak, Measuring pulse rate with a webcam: a "
    "non-contact method for evaluating cardiac activity, FedCSIS 2011"
)
#: A shorter video has no waveform, seconds.
SHORTEST_S = 2.0

ENTRY = color_method("pca", CITATION, pca_waveform, SHORTEST_S, needs=ANY_LIGHT)
