from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from sspd.errors import OutputError
from sspd.simulation import VideoSpec, random_spec, simulate, truth, write_truth, write_video
from sspd.video.read import read

SPEC = VideoSpec(seed=6, width=128, height=96, face_px=60, duration_s=1, jitter_s=0.008)


def test_video_on_disk_is_the_video_with_its_uneven_timestamps(tmp_path: Path) -> None:
    write_video(SPEC, tmp_path / "a.mp4")
    chunks = list(read(tmp_path / "a.mp4"))
    t = np.concatenate([chunk.t for chunk in chunks])
    np.testing.assert_allclose(t, truth(SPEC).t, atol=1e-4)
    rgb = np.concatenate([chunk.rgb for chunk in chunks]).astype(float)
    drawn = np.concatenate([chunk.rgb for chunk in simulate(SPEC)])
    assert np.abs(rgb - drawn).mean() < 4


def test_videos_are_written_to_the_same_bytes(tmp_path: Path) -> None:
    """Many times: an encoder that reads memory which nobody wrote differs now and then."""
    rng, found, held = np.random.default_rng(5), set(), []
    spec = random_spec(rng, "varied", width=160, height=120, fps=10.0, duration_s=1.0)
    for n in range(20):
        held.append(rng.integers(0, 255, 100_000 + 1000 * n).astype(np.uint8))
        write_video(spec.replace(bit_rate=3_600_000), tmp_path / f"{n}.mp4")
        found.add((tmp_path / f"{n}.mp4").read_bytes())
        held = held[-3:]
    assert len(found) == 1


def test_truth_on_disk_can_make_the_video_again(tmp_path: Path) -> None:
    write_truth(SPEC, tmp_path / "a.mp4")
    record = json.loads((tmp_path / "a.json").read_text())
    assert VideoSpec(**record["spec"]) == SPEC
    assert SPEC.record() == record["spec"]
    known = truth(SPEC)
    assert record["hr_bpm"] == pytest.approx(known.hr_bpm, abs=1e-4)
    np.testing.assert_allclose(record["beats_s"], known.beats_s, atol=1e-6)
    rows = np.loadtxt(tmp_path / "a.csv", delimiter=",", skiprows=1)
    np.testing.assert_allclose(rows, np.column_stack([known.t, known.bvp]), atol=1e-6)


def test_mannequin_has_null_and_never_zero(tmp_path: Path) -> None:
    write_truth(SPEC.replace(pulse_percent=0.0), tmp_path / "a.mp4")
    assert json.loads((tmp_path / "a.json").read_text())["hr_bpm"] is None


def test_missing_folder_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"none.a\.mp4: cannot be written"):
        write_video(SPEC, tmp_path / "none" / "a.mp4")
    with pytest.raises(OutputError, match=r"none.a\.csv: cannot be written"):
        write_truth(SPEC, tmp_path / "none" / "a.mp4")
