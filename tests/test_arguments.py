"""What callers give: accepted, or one clear line."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sspd
from helpers.beating_faces import SKIN_BOX, beating_frames
from helpers.terminals import in_terminal
from sspd.errors import SourceError, UsageError
from sspd.types.arguments import face_box
from sspd.types.spans import seconds

BOX = sspd.Box(*SKIN_BOX)
EDGES = ",".join(str(edge) for edge in SKIN_BOX)
COMMAND = [sys.executable, "-m", "sspd.cli.main", "measure", "--method", "pos", "--box", EDGES]


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory, write_video: Callable[..., Path]) -> Path:
    t = np.arange(270) / 30
    folder = tmp_path_factory.mktemp("given")
    return write_video(folder / "x.mp4", beating_frames(t, 1.2), t, options={"crf": "16"})


def _measure(source: Any, **more: Any) -> sspd.Vitals:
    return sspd.measure(source, method="pos", **{"box": BOX} | more)


@pytest.mark.slow
def test_one_path_is_one_video(video: Path) -> None:
    for videos in (str(video), video, bytes(video), [video]):
        run = sspd.measure_many(videos, method="pos", box=BOX, end_s=8.0)
        (done,) = run
        assert done.vitals.source == str(video)
        assert done.vitals.error is None
    with pytest.raises(UsageError, match="given by their paths, got int"):
        sspd.measure_many(3, method="pos")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="given by its path, got float"):
        sspd.measure_many([1.5], method="pos")  # type: ignore[list-item]


@pytest.mark.slow
def test_a_path_of_any_kind(video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(video.parent))
    for source in (video, str(video), bytes(video), "~/x.mp4", video.as_uri()):
        assert _measure(source, end_s=8.0).source == str(video)
    with pytest.raises(UsageError, match=r"a video is a path, an array .* got float"):
        _measure(1.5)
    with pytest.raises(UsageError, match="zero byte"):
        _measure("a\0.mp4")


@pytest.mark.parametrize("kind", [tuple, list, np.array, lambda b: np.array(b, dtype=np.float32)])
def test_a_box_of_any_kind(video: Path, kind: Callable[[Any], Any]) -> None:
    assert _measure(video, box=kind(SKIN_BOX)).hr_bpm == _measure(video).hr_bpm
    (done,) = sspd.measure_many([video], method="pos", box=kind(SKIN_BOX), end_s=8.0)
    assert done.vitals.face_box == BOX


@pytest.mark.parametrize(
    "box",
    [
        *((1, 2, 3), (1, 2, 3, 4, 5), "1,2,3,4", 7, (0.5, 0, 9, 9), (np.nan, 0, 9, 9)),
        *((0, 0, np.inf, 9), (9, 0, 3, 9), (-1, 0, 3, 9), np.zeros((2, 2)), {1: 2}, [None] * 4),
    ],
)
def test_a_box_that_is_none_is_one_line(box: Any) -> None:
    with pytest.raises(UsageError, match=r"^a box ") as caught:
        face_box(box)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 160
    with pytest.raises(UsageError, match=r"^a box "):
        _measure("gone.mp4", box=box)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, "3", None, True, 1j, [1.0]])
@pytest.mark.parametrize("name", ["start_s", "window_s"])
def test_a_time_that_is_none_is_one_line(name: str, value: Any) -> None:
    for call in (_measure, lambda path, **more: sspd.measure_many([path], method="pos", **more)):
        with pytest.raises(UsageError, match=f"{name} is a finite number of seconds"):
            call("gone.mp4", **{name: value})
    if value is not None:
        with pytest.raises(UsageError, match="step_s is a finite"):
            sspd.measure_faces("gone.mp4", method="pos", step_s=value)


@pytest.mark.parametrize("value", [np.nan, -0.1, 1.1, "0.5", True, [0.5]])
def test_a_confidence_that_is_none_is_one_line(value: Any) -> None:
    for call in (sspd.measure, sspd.measure_faces, sspd.measure_many, sspd.stream):
        with pytest.raises(UsageError, match="min_confidence must be 0 to 1, got"):
            call("gone.mp4", min_confidence=value)


def test_a_method_without_a_confidence_cannot_be_asked_for_one(video: Path) -> None:
    for options in ({"min_confidence": 0.9}, {"smooth": True}):
        with pytest.raises(UsageError, match=r"^pos has no calibrated confidence.*sspd calibrate"):
            _measure(video, **options)
    with pytest.raises(UsageError, match=r"^pos has no calibrated confidence"):
        list(sspd.measure_many([video], method="pos", min_confidence=0.9))


def test_times_of_numpy_and_an_endless_end(video: Path) -> None:
    assert _measure(video, end_s=np.inf).hr_bpm == _measure(video).hr_bpm
    assert _measure(video, start_s=np.float32(0), end_s=np.int64(9)).duration_s > 8
    with pytest.raises(UsageError, match="end_s is a finite"):
        _measure(video, end_s=np.nan)
    with pytest.raises(UsageError, match="0 <= start < end"):
        _measure(video, start_s=5, end_s=5)


@pytest.mark.slow
@given(st.floats() | st.integers() | st.booleans() | st.text(max_size=5) | st.complex_numbers())
def test_seconds_are_finite_or_refused(value: Any) -> None:
    try:
        assert np.isfinite(seconds("start_s", value))
    except UsageError as error:
        assert "start_s" in str(error)


@pytest.mark.parametrize("address", ["http://a.b/c.mp4", "https://a.b/c.mp4?d=e", "rtsp://cam/1"])
def test_an_address_says_what_would_work(address: str) -> None:
    with pytest.raises(SourceError) as caught:
        _measure(address)
    assert (
        str(caught.value) == f"{address}: is an address; download the video first and give the file"
    )
    code, shown = in_terminal([*COMMAND, address])
    assert code == 1
    words = "is an address" if address.startswith("rtsp") else "addresses of web servers are opened"
    assert f"sspd: {address}: {words}" in shown
    assert "Traceback" not in shown


@pytest.mark.parametrize("name", ["-", "/dev/stdin"])
def test_standard_input_says_what_would_work(name: str, video: Path) -> None:
    ran = subprocess.run(
        [*COMMAND, name], input=video.read_bytes(), capture_output=True, check=False
    )
    assert ran.returncode == 1
    (line,) = ran.stderr.decode().splitlines()
    assert line == (
        f"sspd: {name}: a video is not read from a pipe; save it to a file first and give that"
    )


@pytest.mark.slow
def test_standard_input_that_is_a_file_is_read(video: Path) -> None:
    with video.open("rb") as file:
        ran = subprocess.run([*COMMAND, "/dev/stdin"], stdin=file, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("option", ["--start", "--end", "--window", "--step", "--limit"])
def test_no_number_on_the_command_line_is_wrong_usage(option: str, video: Path) -> None:
    ran = subprocess.run(
        [*COMMAND, str(video), option, "nan"], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 2
    assert len(ran.stderr.splitlines()) == 1
    assert "nan" in ran.stderr
