"""Contrast-Phys: learned from pairs of films, without labels."""

from __future__ import annotations

from functools import partial

from sspd.methods.learned import NEEDS, build_learned

__all__ = ["CITATION", "NEEDS", "build"]

CITATION = (
    "Z. Sun, X. Li, Contrast-Phys: unsupervised video-based remote physiological measurement "
    "via spatiotemporal contrast, ECCV, 2022"
)
build = partial(build_learned, "contrast-phys", CITATION)
