"""DeepPhys: what moves, weighted by where to look."""

from __future__ import annotations

from functools import partial

from sspd.methods.learned import NEEDS, build_learned

__all__ = ["CITATION", "NEEDS", "build"]

CITATION = (
    "W. Chen, D. McDuff, DeepPhys: video-based physiological measurement using "
    "convolutional attention networks, ECCV, 2018"
)
build = partial(build_learned, "deepphys", CITATION)
