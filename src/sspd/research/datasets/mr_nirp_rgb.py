"""MR-NIRP Indoor through its colour camera; all about it is in `sspd.research.datasets.mr_nirp`."""

from __future__ import annotations

from sspd.research.datasets.mr_nirp import dataset

DATASET = dataset(colour=True)
