from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from helpers.beating_faces import SKIN_BOX, beating_frames
from helpers.servers import Caller, thread_server
from sspd.server.service import Service
from sspd.server.settings import Bounds, ServerSettings
from sspd.types import MeasureOptions

#: Fast to measure, and in need of no network.
QUICK = MeasureOptions(method="pos", box=SKIN_BOX)


@pytest.fixture(scope="session")
def beating_video(
    tmp_path_factory: pytest.TempPathFactory, write_video: Callable[..., Path]
) -> Path:
    t = np.arange(300) / 30
    path = tmp_path_factory.mktemp("secret name") / "Ada Lovelace.mp4"
    return write_video(path, beating_frames(t, 1.2), t, options={"crf": "16"})


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Caller, Service]]:
    """A server without tokens, quick at losing patience."""
    settings = ServerSettings(
        tmp_path_factory.mktemp("state") / "serve",
        port=0,
        options=QUICK,
        names=("pulse.example",),
        max_video_bytes=2 << 20,
        max_stored_bytes=20 << 20,
        bounds=Bounds(
            head_s=0.5, free_s=0.5, slowest_bytes_per_s=1e9, silence_s=2.0, behind_s=60.0
        ),
    )
    with thread_server(settings) as found:
        yield found


@pytest.fixture
def call(running: tuple[Caller, Service]) -> Caller:
    return running[0]


@pytest.fixture
def service(running: tuple[Caller, Service]) -> Service:
    return running[1]
