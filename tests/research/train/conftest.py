from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.helpers.tiny_recipe import TINY as ONE_STEP

from sspd.research.datasets.faces import open_store, write_entry
from sspd.research.recipes import Recipe
from sspd.research.train.sampler import Video, usable_videos
from sspd.simulation import VideoSpec, simulate_faces
from sspd.types import FIXED_POINT_MAX, Frames

#: Two levels, few channels, 12 frames a second: each part of a training in a second.
TINY = replace(ONE_STEP, steps=4)


@pytest.fixture(scope="session")
def tiny() -> Recipe:
    return TINY


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Simulated faces of three videos, three seconds each."""
    folder = tmp_path_factory.mktemp("faces")
    for seed in range(3):
        spec = VideoSpec(
            seed=seed, duration_s=3.0, fps=15.0, width=160, height=120, face_px=80, hr_bpm=90
        )
        write_entry(folder, f"video{seed}", simulate_faces(spec, 113), f"video{seed}.mp4")
    return folder


@pytest.fixture(scope="session")
def videos(store: Path) -> list[Video]:
    found, short = usable_videos(open_store(store), TINY.clip_s)
    assert not short
    return found


@pytest.fixture(scope="session")
def ramps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Videos whose levels tell the time, red 10 levels a second, green 100, blue 20 more."""
    folder = tmp_path_factory.mktemp("ramps")
    stretches = [("a", 0, 12.0), ("b", 0, 5.0), ("b", 7, 10.0), ("c", 0, 3.0), ("d", 3, 2.9)]
    for video, start_s, seconds in stretches:
        t = start_s + np.arange(round(seconds * 30) + 1) / 30
        levels = np.stack([10 * t, np.full_like(t, 100), 10 * t + 20], axis=1)
        rgb = np.broadcast_to(levels[:, None, None, :] * 256, (len(t), 96, 96, 3))
        faces = Frames(rgb.round().astype(np.uint16), t, FIXED_POINT_MAX)
        write_entry(folder, f"{video}-{start_s}", faces, f"{video}.mp4")
    return folder


@pytest.fixture(scope="session")
def ramp_recipe() -> Recipe:
    network = replace(TINY.network, fs=25.0)
    return replace(TINY, network=network, clip_s=3.0, crop_px=96)
