"""A folder NAME.mp4 with NAME.csv beside it: a dataset of somebody else's."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from sspd.research.datasets.card import Dataset, found_or_raise
from sspd.simulation import VideoSpec, truth, write_video
from sspd.types import Recording, References, Series
from sspd.video.read import read

TREE = """
    ROOT/
      NAME.mp4
      NAME.csv    seconds, ppg
"""


def recordings(root: Path) -> list[Recording]:
    """List the recordings of a copy."""
    found = [
        Recording(
            path.stem,
            path.stem,
            "rest",
            path,
            partial(read, path),
            partial(references, path.with_suffix(".csv")),
            (path, path.with_suffix(".csv")),
        )
        for path in root.glob("*.mp4")
    ]
    return found_or_raise(found, root, TREE)


def references(path: Path) -> References:
    """Read the contact waveform."""
    t, values = np.loadtxt(path, delimiter=",", skiprows=1).T
    return References(bvp=Series(t, values))


def write(root: Path, number: int, spec: VideoSpec) -> str:
    """Write a simulated video as the recording of a number."""
    name = f"person{number}"
    write_video(spec, root / f"{name}.mp4")
    known = truth(spec)
    rows = np.stack([known.t, known.bvp], axis=1)
    np.savetxt(root / f"{name}.csv", rows, delimiter=",", header="seconds,ppg", comments="")
    return name


DATASET = Dataset("foreign", "Somebody's own", "Somebody, 2026", "Free", TREE, recordings, write)
