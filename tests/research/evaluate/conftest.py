from __future__ import annotations

from pathlib import Path

import pytest

from sspd.research.datasets.table import get_dataset
from sspd.simulation import VideoSpec

#: Numbers of UBFC-rPPG's recordings: subject37 is trained on, 38 to 40 are tested.
NUMBERS = (29, 30, 31, 32)
RATES = (66.0, 84.0, 72.0, 90.0)


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four subjects of UBFC-rPPG with clear pulses, 14 s each."""
    folder = tmp_path_factory.mktemp("ubfc")
    for number, hr_bpm in zip(NUMBERS, RATES, strict=True):
        spec = VideoSpec(
            seed=number,
            hr_bpm=hr_bpm,
            duration_s=14.0,
            width=192,
            height=160,
            face_px=100,
            pulse_percent=1.2,
        )
        get_dataset("ubfc-rppg").write(folder, number, spec)
    return folder
