"""EfficientPhys: one branch that attends to itself."""

from __future__ import annotations

from functools import partial

from sspd.methods.learned import NEEDS, build_learned

__all__ = ["CITATION", "NEEDS", "build"]

CITATION = (
    "X. Liu, B. Hill, Z. Jiang, S. Patel, D. McDuff, EfficientPhys: enabling simple, fast and "
    "accurate camera-based cardiac measurement, WACV, 2023"
)
build = partial(build_learned, "efficientphys", CITATION)
