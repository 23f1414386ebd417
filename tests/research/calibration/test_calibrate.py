"""A confidence is fitted, scored on other videos, and written into new weights."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import sspd
from helpers.networks import measuring_network
from sspd.cli.main import app
from sspd.errors import OutputError, SSPDError, TrainingError, UsageError, WeightsError
from sspd.models.checkpoint import load_checkpoint, save_checkpoint
from sspd.models.header import made_by
from sspd.network import load_network
from sspd.network.load import shipped_weights
from sspd.research.calibration import collect, fit, score, videos
from sspd.research.calibration.measured import MeasuredVideo, load_measured, save_measured
from sspd.research.calibration.videos import CalibrationVideo, draw_videos
from sspd.research.calibration.windows import gather_windows, window_rows
from sspd.types import Box, ConfidenceSpec, FaceSegment, Frames, Signal
from sspd.vitals import VideoFacts
from sspd.vitals.acceptance import still_scene
from sspd.vitals.confidence import AGAINST, FOR

FS, SECONDS = 30.0, 12.0


def measured(video: CalibrationVideo) -> MeasuredVideo:
    """What a network might have made of a video: a pulse, or noise where there is none."""
    rng = np.random.default_rng(video.seed)
    t = np.arange(round(SECONDS * FS)) / FS
    rate_hz = rng.uniform(0.9, 1.6)
    has_pulse = not video.kind.startswith("null")
    wave = rng.standard_normal(t.size) + 4 * has_pulse * np.sin(2 * np.pi * rate_hz * t)
    beats_s = np.arange(0.0, SECONDS, 1 / rate_hz) if has_pulse else np.zeros(0)
    none = Frames(np.zeros((0, 1, 1, 3), np.uint8), np.zeros(0))
    blood = has_pulse * np.sin(2 * np.pi * rate_hz * t) + 0.3 * rng.standard_normal(t.size)
    colour = 120 * (1 - 0.003 * blood[:, None, None] * np.array([0.4, 1.0, 0.6]))
    seen = replace(still_scene(t), quarters_rgb=colour.repeat(4, 1).astype(np.float32))
    segment = FaceSegment(0.0, SECONDS, Box(10, 10, 60, 60), none, seen)
    waves: list[Signal | None] = [Signal(wave, FS, 0.0)]
    return MeasuredVideo(video.kind, video.number, [segment], waves, VideoFacts(), beats_s)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Videos are drawn and measured by nobody: what a network might have made of them is kept."""
    asked: list[str] = []

    def one(task: tuple[Path, CalibrationVideo], how: collect.Measuring) -> SSPDError | None:
        asked.append(task[1].name)
        save_measured(measured(task[1]), task[0])
        return None

    monkeypatch.setattr(collect, "_measure_one", one)
    return asked


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["calibrate", *map(str, arguments)])


@pytest.mark.slow
def test_weights_get_a_confidence_and_keep_all_else(tmp_path: Path, quick: list[str]) -> None:
    weights = tmp_path / "mine.safetensors"
    save_checkpoint(measuring_network(), weights, {"seed": 7})
    found = sspd.calibrate(weights, tmp_path / "new", n=24, held_out=12)
    old, _ = load_checkpoint(weights)
    new, facts = load_checkpoint(tmp_path / "new.safetensors")
    assert new.spec.confidence == found.confidence
    assert load_network(tmp_path / "new.onnx").spec.confidence == found.confidence
    assert all(
        bool((a == b).all())
        for a, b in zip(old.state_dict().values(), new.state_dict().values(), strict=True)
    )
    assert facts["seed"] == 7 and facts["confidence"]["videos"] == 24
    assert made_by(weights) == {"seed": 7}  # as it was
    every, long, short = found.scores
    assert every.auroc > 0.9 and every.ece < 0.2 and every.n_videos == 12
    assert (long.window_s, short.window_s) == (30.0, 10.0)
    assert found.files == (tmp_path / "new.safetensors", tmp_path / "new.onnx")
    assert len(quick) == 36


@pytest.mark.slow
def test_the_command_continues_from_what_was_measured_and_says_what_it_is_worth(
    tmp_path: Path, quick: list[str]
) -> None:
    weights, kept = tmp_path / "mine.safetensors", tmp_path / "kept"
    save_checkpoint(measuring_network(), weights)
    small = ["--n", 24, "--held-out", 12, "--folder", kept]
    by_call = sspd.calibrate(weights, tmp_path / "a", n=24, held_out=12, folder=kept)
    next(kept.rglob("slow-000.npz")).unlink()
    quick.clear()
    result = run(weights, "--out", tmp_path / "b", *small)
    assert result.exit_code == 0, result.output
    assert quick == ["slow-000"]
    assert f"fitted to {by_call.n_readings} readings of 24 simulated videos" in result.stdout
    assert f"| all | 12 | {by_call.scores[0].n_windows} |" in result.stdout
    for suffix in (".safetensors", ".onnx"):
        files = [(tmp_path / name).with_suffix(suffix).read_bytes() for name in "ab"]
        assert files[0] == files[1]
    again = run(weights, "--out", tmp_path / "b", *small)
    assert isinstance(again.exception, OutputError) and "already there" in str(again.exception)


@pytest.mark.slow
def test_a_method_without_weights_gets_a_file_of_its_own(tmp_path: Path, quick: list[str]) -> None:
    found = sspd.calibrate(None, tmp_path / "pos", method="pos", n=24, held_out=12)
    (file,) = found.files
    content = json.loads(file.read_text())
    assert ConfidenceSpec.from_dict(content["confidence"]) == found.confidence
    assert content["made_by"]["scores"][0]["n_videos"] == 12


def test_what_cannot_be_calibrated_is_one_line(tmp_path: Path, quick: list[str]) -> None:
    alone = tmp_path / "alone.onnx"
    alone.write_bytes(b"not read")
    for weights, word in (("no.safetensors", "no such weights"), (alone, "no such checkpoint")):
        with pytest.raises(WeightsError, match=word):
            sspd.calibrate(weights, tmp_path / "new")
    with pytest.raises(OutputError, match="does not exist"):
        sspd.calibrate(None, tmp_path / "nowhere" / "new", method="pos")
    with pytest.raises(TrainingError, match="more videos would work"):
        sspd.calibrate(None, tmp_path / "new", method="pos", n=2, held_out=1)
    assert not list(tmp_path.glob("new.*"))


@pytest.mark.slow
def test_older_weights_get_an_equalizer_and_keep_all_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sspd.research.train.calibration_videos.VIDEOS", 3)
    shipped, made = load_checkpoint(shipped_weights(".safetensors"))
    shipped.spec = replace(shipped.spec, equalizer=None)
    save_checkpoint(shipped, tmp_path / "old.safetensors", made)
    result = run(tmp_path / "old.safetensors", "--out", tmp_path / "new", "--equalizer")
    assert result.exit_code == 0, result.output
    assert "equalizer: 61 taps" in result.output
    new, facts = load_checkpoint(tmp_path / "new.safetensors")
    assert new.spec.equalizer is not None
    slow, fast = new.spec.equalizer.gain([0.7, 2.0], new.spec.fs)
    assert slow > 1.5 * fast
    assert replace(new.spec, equalizer=None) == shipped.spec
    assert load_network(tmp_path / "new.onnx").spec == new.spec
    assert facts == made | {"equalizer": {"videos": 6, "seed": 20_261_130}}
    assert all(
        bool((a == b).all())
        for a, b in zip(shipped.state_dict().values(), new.state_dict().values(), strict=True)
    )
    again = run(tmp_path / "old.safetensors", "--out", tmp_path / "new", "--equalizer")
    assert isinstance(again.exception, OutputError) and "already there" in str(again.exception)


@pytest.mark.slow
def test_weights_that_follow_no_pulse_get_no_equalizer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sspd.research.train.calibration_videos.VIDEOS", 1)
    save_checkpoint(measuring_network(), tmp_path / "mine.safetensors")
    with pytest.raises(TrainingError, match="does not follow the pulse"):
        sspd.calibrate(tmp_path / "mine.safetensors", tmp_path / "new", equalizer=True)
    for method in ("pos", "physnet"):
        weights = None if method == "pos" else tmp_path / "mine.safetensors"
        with pytest.raises(UsageError, match="has no equalizer"):
            sspd.calibrate(weights, tmp_path / "new", method=method, equalizer=True)
    assert not list(tmp_path.glob("new*"))


@pytest.mark.slow
def test_terms_speak_in_their_direction_alone() -> None:
    windows = gather_windows(measured(video) for video in draw_videos("fit", 24, seed=1))
    weights = dict(fit.fit_confidence(windows).weights)
    assert weights and all(weights.get(name, 0) >= 0 for name in FOR)
    assert all(weights.get(name, 0) <= 0 for name in AGAINST)


def test_videos_are_drawn_by_turns_and_held_out_ones_are_others() -> None:
    few, many = draw_videos("fit", 5, 0), draw_videos("fit", 50, 0)
    assert many[:5] == few
    held = draw_videos("held_out", 400, 0)
    assert not {video.seed for video in held} & {video.seed for video in draw_videos("fit", 400, 0)}
    assert {"null_handheld", "null_screen"} <= {video.kind for video in held}
    nulls = [video for video in many if video.kind.startswith("null")]
    assert 0.3 < len(nulls) / len(many) < 0.5
    assert len({video.name for video in held}) == 400


def test_a_measured_video_is_kept_whole(tmp_path: Path) -> None:
    (video,) = draw_videos("fit", 1, 0)
    own = measured(video)
    save_measured(own, tmp_path / f"{video.name}.npz")
    found = load_measured(tmp_path / f"{video.name}.npz")
    rows = [window_rows(one, None) for one in (own, found)]
    assert repr(rows[0]) == repr(rows[1])


@pytest.mark.slow
def test_a_real_video_is_simulated_and_measured(tmp_path: Path) -> None:
    """Nothing is replaced: one face that fills the frame, by POS."""
    how = collect.Measuring(tmp_path, None, "pos", seconds=8.0, seed=0)
    video = CalibrationVideo("good_tight", 0, (1, 2))
    assert collect._measure_one((tmp_path / "good_tight-000.npz", video), how) is None
    found = load_measured(tmp_path / "good_tight-000.npz")
    rows = window_rows(found, None)
    assert rows and all(row["truth_bpm"] for row in rows)
    assert any(abs(row["spectral_bpm"] - row["truth_bpm"]) < 3 for row in rows)
    spec = videos.spec_of(video, np.random.default_rng(video.seed), 8.0)
    assert (spec.width, spec.face_px) == (360, 250)


def test_figures_by_a_second_count() -> None:
    rng = np.random.default_rng(0)
    p, right = rng.random(200), rng.random(200) < 0.5
    pairs = [(a > b) + 0.5 * (a == b) for a in p[right] for b in p[~right]]
    assert score.auroc(p, right) == pytest.approx(float(np.mean(pairs)))
    error = 0.0
    for k in range(10):
        own = (p >= k / 10) & (p < (k + 1) / 10)
        error += own.sum() / 200 * abs(p[own].mean() - right[own].mean())
    assert score.calibration_error(p, right) == pytest.approx(error)
    assert np.isnan(score.auroc(p, np.ones(200, bool)))
