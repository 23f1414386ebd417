"""MR-NIRP Car through its colour camera; see `sspd.research.datasets.mr_nirp_car`."""

from __future__ import annotations

from sspd.research.datasets.mr_nirp_car import dataset

DATASET = dataset(colour=True)
