"""LGI: the colours projected orthogonally to their main direction."""

from __future__ import annotations

from sspd.methods.skin_color import COLOR_SHORTEST_S, color_method
from sspd.signal.color.lgi import lgi_waveform

CITATION = (
    "C. S. Pilz, S. Zaunseder, J. Krajewski, V. Blazek, Local group invariance for heart rate "
    "estimation from face videos in the wild, CVPR Workshops 2018"
)

ENTRY = color_method("lgi", CITATION, lgi_waveform, COLOR_SHORTEST_S)
