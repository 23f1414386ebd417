"""LGI: the colours projected across their main direction."""

from __future__ import annotations

from sspd.methods.skin_color import color_method
from sspd.signal.color.lgi import lgi_waveform

CITATION = (
    "C. S. Pilz, S. Zaunseder, J. Krajewski, V. Blazek, Local group invariance for heart rate "
    "estimation from face videos in the wild, CVPR Workshops 2018"
)
#: A shorter video has no waveform, seconds.
SHORTEST_S = 2.0

ENTRY = color_method("lgi", CITATION, lgi_waveform, SHORTEST_S)
