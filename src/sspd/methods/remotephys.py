"""RemotePPG: learned from films and the same at other speeds, without labels."""

from __future__ import annotations

from functools import partial

from sspd.methods.learned import NEEDS, build_learned

__all__ = ["CITATION", "NEEDS", "build"]

CITATION = (
    "J. Gideon, S. Stent, The way to my heart is through contrastive learning: remote "
    "photoplethysmography from unlabelled video, ICCV, 2021"
)
build = partial(build_learned, "remotephys", CITATION)
