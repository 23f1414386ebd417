"""The whole path: a dataset on disk, methods, tables; broken parts are counted and named."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from sspd.errors import SourceError, UsageError
from sspd.research.evaluate import Evaluation, evaluate, get_scoring, measuring, plan_evaluation
from sspd.research.evaluate.nest_protocol import NEST_QUANTITIES

#: Every test measures a dataset.
pytestmark = pytest.mark.slow

RATES = (66.0, 84.0, 72.0, 90.0)


def run(
    root: Path, out: Path, scoring: str = "spectral", protocol: str | None = None, **options: object
) -> Evaluation:
    plan = plan_evaluation(f"ubfc-rppg:{root}", ["pos", "green"], protocol=protocol)
    return evaluate(plan, get_scoring(scoring), out, **options)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def out(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scores")
    run(root, folder)
    return folder


def test_clear_pulses_are_read_and_everything_is_counted(root: Path, out: Path) -> None:
    found = run(root, out)
    for score in found.scores:
        assert score.n_windows == 4 and score.n_subjects == 4 and not score.excluded
        assert score.values["mae"] < 3.0
        low, high = score.intervals["mae"]
        assert low <= score.values["mae"] <= high
        low, high = score.intervals["snr_db"]
        assert 0 < low <= score.values["snr_db"] <= high
    rows = list(csv.DictReader((out / "windows.csv").read_text().splitlines()))
    assert len(rows) == 8 and {row["method"] for row in rows} == {"pos", "green"}
    assert {row["quantity"] for row in rows} == {"hr_bpm"}
    for row in rows:
        truth = RATES[[f"subject{n}" for n in (37, 38, 39, 40)].index(row["subject"])]
        assert float(row["reference"]) == pytest.approx(truth, abs=3.0)
    for picture in ("agreement.png", "conditions.png", "ranks.png"):
        assert (out / picture).read_bytes()[:4] == b"\x89PNG"
    (pair,) = csv.DictReader((out / "paired.csv").read_text().splitlines())
    assert (pair["first"], pair["second"], pair["subjects"]) == ("pos", "green", "4")
    subjects = list(csv.DictReader((out / "subjects.csv").read_text().splitlines()))
    assert len(subjects) == 8 and all(row["windows"] == "1" for row in subjects)


def test_the_same_command_again_reads_no_video_and_changes_nothing(
    root: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(root, out)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}

    def refuse(*_: object) -> None:
        raise AssertionError("measured again")

    monkeypatch.setattr(measuring, "predict_recording", refuse)
    run(root, out)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_a_damaged_or_changed_unit_is_measured_again(
    root: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(root, out)
    kept = sorted((out / "waveforms" / "pos").glob("*.npz"))
    whole = kept[0].read_bytes()
    kept[0].write_bytes(whole[: len(whole) // 2])
    measured: list[str] = []
    real = measuring.predict_recording

    def noted(recording, method):  # type: ignore[no-untyped-def]
        measured.append(recording.name)
        return real(recording, method)

    monkeypatch.setattr(measuring, "predict_recording", noted)
    run(root, out)
    assert measured == [kept[0].stem]


def test_a_protocol_scores_its_test_subjects_alone(root: Path, tmp_path: Path) -> None:
    found = run(root, tmp_path, protocol="ubfc-30-12")
    assert {row.subject for row in found.windows} == {"subject38", "subject39", "subject40"}
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["left_out"] == {"subject37": "not a test subject"}
    assert manifest["subjects"] == ["subject38", "subject39", "subject40"]
    table = (tmp_path / "table.md").read_text()
    assert "| SSPD-L3‡ (paper) | 0.50 | 0.71 |" in table
    assert "‡: read by another scoring" in table
    assert all(len(digest) == 64 for digest in manifest["recordings"]["subject38"].values())
    with pytest.raises(UsageError, match="for pure, not for ubfc-rppg"):
        run(root, tmp_path, protocol="pure-hr-cnn")


@pytest.mark.parametrize("scoring", ["sspd", "released", "rppg-toolbox", "contrast-phys", "nest"])
def test_every_scoring_runs_on_what_was_measured(
    scoring: str, root: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(root, out)

    def refuse(*_: object) -> None:
        raise AssertionError("measured again")

    monkeypatch.setattr(measuring, "predict_recording", refuse)
    found = run(root, out, scoring)
    assert all(score.n_windows == 4 for score in found.scores)
    if scoring == "rppg-toolbox":
        assert all(0.5 < score.values["macc"] <= 1 for score in found.scores)
    if scoring == "contrast-phys":
        assert found.scores[0].values["mae"] < 5.0


def test_the_caveat_of_short_clips_is_reported(root: Path, out: Path) -> None:
    caveat = get_scoring("nest").caveat
    assert "cannot resolve LF" in caveat
    found = run(root, out, "nest")
    assert [score.quantity for score in found.scores] == [*NEST_QUANTITIES, *NEST_QUANTITIES]
    table = (found.folder / "table.md").read_text()
    assert caveat in table and caveat in (found.folder / "table.tex").read_text()
    assert "(paper)" not in table  # no split, so nothing to compare with
    assert caveat in json.loads((found.folder / "manifest.json").read_text())["scoring"]["source"]


def test_a_second_scoring_leaves_the_first_ones_files(root: Path, out: Path) -> None:
    first = run(root, out)
    assert first.folder == out
    kept = {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()}
    for name in ("released", "rppg-toolbox", "released"):
        other = run(root, out, name)
        assert other.folder == out / name
        assert json.loads((out / name / "manifest.json").read_text())["scoring"]["name"] == name
        assert (out / name / "table.csv").read_text() != (out / "table.csv").read_text()
        assert (out / name / "agreement.png").exists()
    assert {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()} == kept
    assert run(root, out).folder == out


def test_what_cannot_be_read_is_named_and_the_rest_goes_on(root: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(root, copy)
    truth = copy / "DATASET_2" / "subject38" / "ground_truth.txt"
    truth.write_text("1 2 3\n")
    (copy / "DATASET_2" / "subject39" / "vid.avi").write_bytes(b"RIFF")
    found = run(copy, tmp_path / "out")
    assert len(found.failures) == 4  # two recordings, two methods
    assert sum("ground_truth.txt" in line for line in found.failures) == 2
    assert sum("vid.avi" in line for line in found.failures) == 2
    assert {row.subject for row in found.windows} == {"subject37", "subject40"}
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["failures"] == list(found.failures)


def test_windows_without_reference_or_belief_are_counted_not_scored(
    root: Path, out: Path, tmp_path: Path
) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(root, copy)
    truth = copy / "DATASET_2" / "subject38" / "ground_truth.txt"
    bvp, _, t = truth.read_text().splitlines()
    n = len(bvp.split())
    truth.write_text(f"{' '.join(['0'] * n)}\n{' '.join(['0'] * n)}\n{t}\n")
    found = run(copy, tmp_path / "out")
    assert all(score.excluded == {"no reference": 1} for score in found.scores)
    assert all(score.n_windows == 3 for score in found.scores)
    accepted = run(root, out, "measure")
    for score in accepted.scores:
        assert score.n_windows + score.excluded.get("rejected", 0) == 4


def test_nothing_to_score_is_said(root: Path, tmp_path: Path) -> None:
    plan = replace(plan_evaluation(f"ubfc-rppg:{root}", ["pos"]), recordings=[])
    with pytest.raises(SourceError, match="left to score"):
        evaluate(plan, get_scoring("sspd"), tmp_path)
