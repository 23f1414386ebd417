from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers.beating_faces import SKIN_BOX, beating_frames
from sspd.cli.main import run

BOX = ",".join(str(edge) for edge in SKIN_BOX)


@pytest.fixture
def measure(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run `sspd measure --method pos --box ...`: exit code, output, error lines."""

    def call(*arguments: str | Path) -> tuple[int, str, list[str]]:
        given = ["sspd", "measure", "--method", "pos", "--box", BOX, *map(str, arguments)]
        monkeypatch.setattr(sys, "argv", given)
        with pytest.raises(SystemExit) as end:
            run()
        out, err = capsys.readouterr()
        return int(end.value.code or 0), out, err.splitlines()

    return call


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory, write_video: Callable[..., Path]) -> Path:
    """A folder: two good videos, one of them deeper, one short, and what is no video."""
    folder = tmp_path_factory.mktemp("videos")
    (folder / "deeper").mkdir()
    (folder / ".hidden").mkdir()
    t = np.arange(300) / 30
    options = {"crf": "16"}
    write_video(folder / "b.mp4", beating_frames(t, 1.2), t, options=options)
    write_video(folder / "deeper" / "b.MP4", beating_frames(t, 1.5), t, options=options)
    write_video(folder / ".hidden" / "h.mp4", beating_frames(t, 1.5), t, options=options)
    (folder / "notes.txt").write_text("not a video")
    return folder


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory, write_video: Callable[..., Path]) -> Path:
    t = np.arange(60) / 30
    return write_video(tmp_path_factory.mktemp("short") / "short.mp4", beating_frames(t, 1.2), t)
