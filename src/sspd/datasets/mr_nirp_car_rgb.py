"""MR-NIRP Car through its colour camera; all about it is in `sspd.datasets.mr_nirp_car`."""

from __future__ import annotations

from sspd.datasets.mr_nirp_car import dataset

DATASET = dataset(colour=True)
