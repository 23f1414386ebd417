"""OMIT: the colours projected orthogonally to the first column of a QR decomposition."""

from __future__ import annotations

from sspd.methods.skin_color import COLOR_SHORTEST_S, color_method
from sspd.signal.color.omit import omit_waveform

CITATION = (
    "C. Alvarez Casado, M. Bordallo Lopez, Face2PPG: an unsupervised pipeline for blood volume "
    "pulse extraction from faces, IEEE Journal of Biomedical and Health Informatics 27(11), 2023"
)

ENTRY = color_method("omit", CITATION, omit_waveform, COLOR_SHORTEST_S)
