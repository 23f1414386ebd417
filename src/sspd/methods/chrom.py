"""CHROM: two chrominance signals, combined so that motion cancels."""

from __future__ import annotations

from sspd.methods.skin_color import color_method
from sspd.signal.color.chrom import CHROM_WINDOW_S, chrom_waveform

CITATION = (
    "G. de Haan, V. Jeanne, Robust pulse rate from chrominance-based rPPG, IEEE Transactions "
    "on Biomedical Engineering 60(10), 2013"
)

ENTRY = color_method("chrom", CITATION, chrom_waveform, CHROM_WINDOW_S)
