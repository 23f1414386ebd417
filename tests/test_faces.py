"""Videos with two people, and with one who leaves."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

import sspd
from sspd.cli.main import app
from sspd.report.json import vitals_to_dict
from sspd.simulation import VideoSpec, simulate, truth
from sspd.types import Frames
from sspd.video.write import write_h264

SIDE = 240
LEFT = VideoSpec(
    seed=3,
    hr_bpm=64,
    lf_ms=5.0,
    hf_ms=5.0,
    pulse_percent=1.2,
    noise_levels=1.0,
    face_px=140,
    width=SIDE,
    height=SIDE,
    duration_s=45.0,
    fps=20.0,
)
RIGHT = replace(LEFT, seed=11, hr_bpm=97, face_px=110, skin_tone=4)
#: Here the second person leaves, and the background stays.
LEAVES_S = 29.0


def both(leaves: bool) -> Iterator[Frames]:
    gone = None
    for one, other in zip(simulate(LEFT), simulate(RIGHT), strict=True):
        beside = other.rgb.copy()
        if gone is None:
            gone = np.full_like(beside[0], 90)
        if leaves:
            beside[other.t >= LEAVES_S] = gone
        yield Frames(np.concatenate([one.rgb, beside], axis=2), one.t)


@pytest.fixture(scope="module", params=[False, True], ids=["stay", "one leaves"])
def video(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("videos") / f"two {request.param}.mp4"
    write_h264(path, both(request.param), fps=LEFT.fps)
    return path


@pytest.mark.slow
def test_every_person_is_measured_for_as_long_as_they_are_there(video: Path) -> None:
    results = sspd.measure_faces(video, method="green")
    assert [vitals.face_id for vitals in results] == [0, 1]
    for vitals, spec, right in zip(results, (LEFT, RIGHT), (False, True), strict=True):
        assert vitals.face_box is not None
        assert (vitals.face_box.left >= SIDE - 20) == right
        assert vitals.windows[0].spectral_bpm == pytest.approx(truth(spec).hr_bpm, abs=3)
        assert vitals.duration_s == pytest.approx(45, abs=0.1)
        last = vitals.windows[-1]
        if right and "True" in video.name:
            assert last.reasons == ("face_lost",)
            assert (last.start_s, last.end_s) == pytest.approx((30, 45), abs=0.1)
        else:
            assert last.spectral_bpm == pytest.approx(truth(spec).hr_bpm, abs=3)


@pytest.mark.slow
def test_one_person_is_the_largest_and_stays_so(video: Path) -> None:
    vitals = sspd.measure(video, method="green")
    everybody = sspd.measure_faces(video, method="green")
    assert vitals.face_box == everybody[0].face_box
    assert vitals.signal is not None
    assert everybody[0].signal is not None
    np.testing.assert_array_equal(vitals.signal.values, everybody[0].signal.values)


@pytest.mark.slow
def test_the_command_gives_everybody_a_row_and_files(video: Path, tmp_path: Path) -> None:
    kinds = {"json": "a.json", "csv": "a.csv", "signal": "s.csv", "plot": "p.png"}
    given = ["measure", video, tmp_path / "gone.mp4", "--face", "all", "--method", "green"]
    for kind, name in kinds.items():
        given += [f"--{kind}", tmp_path / name]
    arguments = [*map(str, given), "--jobs", "2"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 1
    assert "2 faces in 2 videos: 2 measured, 0 without a reliable pulse, 1 failed" in done.stdout
    assert "face 2" in done.stdout  # a long name may be shortened before it
    rows = json.loads((tmp_path / "a.json").read_text())
    assert [(row["face_id"], "error" in row) for row in rows] == [
        (0, False),
        (1, False),
        (0, True),
    ]
    alone = [vitals_to_dict(each) for each in sspd.measure_faces(video, method="green")]
    for row, expected in zip(rows, alone, strict=False):
        assert row | {"timing_s": {}} == expected | {"timing_s": {}}
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 4
    name = video.stem
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *("a.csv", "a.json", "a.json.journal", f"p-{name}-face2.png", f"p-{name}.png"),
        *(f"s-{name}-face2.csv", f"s-{name}.csv"),
    ]
    again = CliRunner().invoke(app, [*arguments, "--resume"])
    assert again.exit_code == 1
    assert json.loads((tmp_path / "a.json").read_text()) == rows  # with its timings


def test_a_video_without_a_face_gives_one_result(
    tmp_path: Path, write_video: Callable[..., Path], patches: Callable[..., NDArray[np.uint8]]
) -> None:
    t = np.arange(300) / 30
    video = write_video(tmp_path / "wall.mp4", patches(10).repeat(30, axis=0), t)
    (vitals,) = sspd.measure_faces(video, method="green")
    assert vitals.face_box is None
    assert vitals.reasons == ("no_face",)
