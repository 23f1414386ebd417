"""SiNC: learned from what a pulse is not, without labels."""

from __future__ import annotations

from functools import partial

from sspd.methods.learned import NEEDS, build_learned

__all__ = ["CITATION", "NEEDS", "build"]

CITATION = (
    "J. Speth, N. Vance, P. Flynn, A. Czajka, Non-contrastive unsupervised learning of "
    "physiological signals from video, CVPR, 2023"
)
build = partial(build_learned, "sinc", CITATION)
