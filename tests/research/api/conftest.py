from __future__ import annotations

from pathlib import Path

import pytest

from sspd.research.datasets.faces import write_entry
from sspd.research.datasets.table import get_dataset
from sspd.simulation import VideoSpec, simulate_faces


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Simulated faces of two videos, three seconds each, without labels."""
    folder = tmp_path_factory.mktemp("faces")
    for seed in range(2):
        spec = VideoSpec(seed=seed, duration_s=3.0, fps=15.0, width=160, height=120, face_px=80)
        write_entry(folder, f"video{seed}", simulate_faces(spec, 113), f"video{seed}.mp4")
    return folder


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two subjects of UBFC-rPPG, nine seconds each."""
    root = tmp_path_factory.mktemp("ubfc")
    for number in (29, 30):
        spec = VideoSpec(
            seed=number, duration_s=9.0, width=192, height=160, face_px=100, pulse_percent=1.2
        )
        get_dataset("ubfc-rppg").write(root, number, spec)
    return root
