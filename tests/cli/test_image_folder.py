"""A folder of images is measured by the command, and all its outputs are written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from helpers.beating_faces import SKIN_BOX, beating_frames

EDGES = ",".join(map(str, SKIN_BOX))


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("images") / "person 1"
    folder.mkdir()
    for k, rgb in enumerate(beating_frames(np.arange(240) / 24, 1.2)):
        cv2.imwrite(str(folder / f"{k}.png"), rgb[:, :, ::-1])
    return folder


@pytest.mark.slow
def test_a_folder_of_images_with_every_output(images: Path, tmp_path: Path, measure: Any) -> None:
    files = {kind: tmp_path / f"a.{kind}" for kind in ("json", "html", "png", "mp4", "csv")}
    code, out, err = measure(
        *(images, "--fps", 24, "--method", "pos", "--box", EDGES, "--window", 10),
        *("--json", files["json"], "--report", files["html"], "--plot", files["png"]),
        *("--overlay", files["mp4"], "--signal", files["csv"]),
    )
    assert (code, err) == (0, []), out
    record = json.loads(files["json"].read_text())
    found = record[0] if isinstance(record, list) else record
    assert found["hr_bpm"] == pytest.approx(72, abs=1)
    assert found["fps"] == pytest.approx(24, rel=0.01)
    assert "data:image/png;base64" in files["html"].read_text()
    with av.open(str(files["mp4"])) as container:
        assert sum(1 for _ in container.decode(video=0)) == 240


def test_a_folder_of_images_without_a_rate_is_one_line(images: Path, measure: Any) -> None:
    code, _, err = measure(images, "--method", "pos")
    assert code in (1, 2)
    (line,) = err
    assert "--fps" in line
