"""HR-CNN's extractor: a number of each picture."""

from __future__ import annotations

from functools import partial

from sspd.methods.learned import NEEDS, build_learned

__all__ = ["CITATION", "NEEDS", "build"]

CITATION = (
    "R. Spetlik, V. Franc, J. Cech, J. Matas, Visual heart rate estimation with convolutional "
    "neural network, British Machine Vision Conference, 2018"
)
build = partial(build_learned, "hr-cnn", CITATION)
