"""PCA: the most pulsatile principal component of the colours."""

from __future__ import annotations

from sspd.methods.method import ANY_LIGHT
from sspd.methods.skin_color import COLOR_SHORTEST_S, color_method
from sspd.signal.color.pca import pca_waveform

CITATION = (
    "M. Lewandowska, J. Ruminski, T. Kocejko, J. Nowak, Measuring pulse rate with a webcam: a "
    "non-contact method for evaluating cardiac activity, FedCSIS 2011"
)

ENTRY = color_method("pca", CITATION, pca_waveform, COLOR_SHORTEST_S, needs=ANY_LIGHT)
