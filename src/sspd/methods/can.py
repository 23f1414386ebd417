"""CAN: DeepPhys with shifts in time."""

from __future__ import annotations

from functools import partial

from sspd.methods.learned import NEEDS, build_learned

__all__ = ["CITATION", "NEEDS", "build"]

CITATION = (
    "X. Liu, J. Fromm, S. Patel, D. McDuff, Multi-task temporal shift attention networks for "
    "on-device contactless vitals measurement, NeurIPS, 2020"
)
build = partial(build_learned, "can", CITATION)
