"""One simulated person, as a video that is played as if live."""

from __future__ import annotations

from pathlib import Path

import pytest

from sspd.simulation import VideoSpec, write_video

#: Their heart rate.
HR_BPM = 72.0


@pytest.fixture(scope="session")
def person(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("live") / "person.mp4"
    spec = VideoSpec(seed=5, duration_s=16.0, hr_bpm=HR_BPM, width=480, height=360, face_px=180)
    write_video(spec, path)
    return path
