"""MR-NIRP Indoor through its colour camera; see `sspd.research.datasets.mr_nirp`."""

from __future__ import annotations

from sspd.research.datasets.mr_nirp import dataset

DATASET = dataset(colour=True)
