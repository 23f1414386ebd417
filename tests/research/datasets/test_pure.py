"""What is particular to PURE; the rest is the contract of all datasets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sspd.errors import SourceError
from sspd.research.datasets.pure import DATASET, EARLY_S, recordings
from sspd.simulation import VideoSpec, frame_times
from sspd.types import Recording

SPEC = VideoSpec(
    seed=3, duration_s=1.0, width=128, height=96, face_px=60, jitter_s=0.012, hr_bpm=70
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pure")
    assert [DATASET.write(folder, n, SPEC) for n in (3, 10)] == ["01-04", "02-05"]
    return folder


def truth_of(recording: Recording) -> Path:
    (path,) = (file for file in recording.files if file.suffix == ".json")
    return path


def test_both_layouts_stand_side_by_side(root: Path) -> None:
    one, two = recordings(root)
    assert [one.name, two.name] == ["01-04", "02-05"]
    assert (one.subject, one.condition) == ("01", "fast translation")
    assert (two.subject, two.condition) == ("02", "small rotation")
    places = [str(file.relative_to(root)) for file in (*one.files, *two.files)]
    assert places == ["01-04/01-04", "01-04/01-04.json", "02-05", "02-05.json"]


def test_times_are_the_names(root: Path) -> None:
    for recording in recordings(root):
        t = np.concatenate([chunk.t for chunk in recording.frames(chunk=7)])
        np.testing.assert_allclose(t, frame_times(SPEC), atol=1e-9)


def test_the_contact_begins_before_the_video(root: Path) -> None:
    for recording in recordings(root):
        bvp = recording.references().bvp
        assert bvp is not None
        assert bvp.t[0] == pytest.approx(-EARLY_S, abs=1e-6)
        assert bvp.fs == pytest.approx(60, abs=0.01)


def test_a_lost_first_frame_moves_both_clocks(root: Path, tmp_path: Path) -> None:
    (recording, _) = recordings(root)
    first = sorted(recording.video.iterdir())[0]
    first.rename(tmp_path / "aside")
    try:
        gone_s = frame_times(SPEC)[1]
        t = next(recording.frames()).t
        np.testing.assert_allclose(t, frame_times(SPEC)[1:] - gone_s, atol=1e-9)
        bvp = recording.references().bvp
        assert bvp is not None
        assert bvp.t[0] == pytest.approx(-EARLY_S - gone_s, abs=1e-6)
    finally:
        (tmp_path / "aside").rename(first)


def damage(recording: Recording, change: Any) -> None:
    content = json.loads(truth_of(recording).read_text())
    truth_of(recording).write_text(json.dumps(change(content)))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda c: c["/FullPackage"], "required: a list /FullPackage"),
        (lambda c: {"/FullPackage": c["/Image"]}, "Value"),
        (lambda c: {"/FullPackage": [{"Value": {}}]}, "Timestamp"),
        (lambda c: {"/FullPackage": [{**c["/FullPackage"][0], "Timestamp": 1e999}]}, "required"),
        (lambda c: {"/FullPackage": [{**c["/FullPackage"][0], "Timestamp": 10**400}]}, "required"),
        (lambda c: {"/FullPackage": [{**c["/FullPackage"][0], "Timestamp": 12}]}, "time of"),
        (lambda c: {"/FullPackage": []}, "no sample"),
        (
            lambda c: {
                "/FullPackage": [
                    {**c["/FullPackage"][40], "Value": {"waveform": "x", "pulseRate": 1}}
                ]
            },
            "not a number",
        ),
        (
            lambda c: {
                "/FullPackage": [
                    {**c["/FullPackage"][40], "Value": {"waveform": float("nan"), "pulseRate": 1}}
                ]
            },
            "not finite",
        ),
    ],
)
def test_a_truth_that_is_none_is_said_to_be(tmp_path: Path, change: Any, says: str) -> None:
    DATASET.write(tmp_path, 0, SPEC.replace(duration_s=0.5))
    (recording,) = recordings(tmp_path)
    damage(recording, change)
    with pytest.raises(SourceError, match=says) as error:
        recording.references()
    assert "01-01.json" in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "\x00"])
def test_text_that_is_no_json(tmp_path: Path, text: str) -> None:
    DATASET.write(tmp_path, 0, SPEC.replace(duration_s=0.2))
    (recording,) = recordings(tmp_path)
    truth_of(recording).write_text(text)
    with pytest.raises(SourceError, match=r"01-01\.json"):
        recording.references()


def test_a_rate_of_nought_is_none(tmp_path: Path) -> None:
    DATASET.write(tmp_path, 0, SPEC.replace(duration_s=0.5))
    (recording,) = recordings(tmp_path)

    def off(content: Any) -> Any:
        for sample in content["/FullPackage"][:10]:
            sample["Value"]["pulseRate"] = 0
        return content

    damage(recording, off)
    known = recording.references()
    assert known.bvp is not None and known.hr_bpm is not None
    assert len(known.bvp) == len(known.hr_bpm) + 10
