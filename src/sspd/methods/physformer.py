"""PhysFormer: a transformer over tubes of the face."""

from __future__ import annotations

from functools import partial

from sspd.methods.learned import NEEDS, build_learned

__all__ = ["CITATION", "NEEDS", "build"]

CITATION = (
    "Z. Yu, Y. Shen, J. Shi, H. Zhao, P. Torr, G. Zhao, PhysFormer: facial video-based "
    "physiological measurement with temporal difference transformer, CVPR, 2022"
)
build = partial(build_learned, "physformer", CITATION)
