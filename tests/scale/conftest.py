from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers.beating_faces import SKIN_BOX, beating_frames
from helpers.object_stores import Bucket, bucket_of, environment, serving


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory, write_video: Callable[..., Path]) -> Path:
    """Two good videos of the same name, one without a pulse, a broken and an empty one."""
    place = tmp_path_factory.mktemp("corpus")
    (place / "deeper").mkdir()
    t = np.arange(300) / 30
    for name, hz in (("a.mp4", 1.2), ("deeper/a.mp4", 1.5), ("still.mp4", 0.0)):
        write_video(place / name, beating_frames(t, hz), t, options={"crf": "16"})
    (place / "broken.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + os.urandom(3000))
    (place / "empty.mp4").write_bytes(b"")
    (place / "notes.txt").write_text("not a video")
    return place


@pytest.fixture
def options() -> dict[str, Any]:
    """How the videos of `folder` are measured."""
    return {"method": "pos", "box": tuple(SKIN_BOX)}


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[Bucket]:
    """A store that has the videos of `folder` under ``videos``."""
    pytest.importorskip("obstore", reason="needs obstore, of the extra scale")
    with serving(found := bucket_of(folder)) as port:
        for name, value in environment(port).items():
            monkeypatch.setenv(name, value)
        yield found
