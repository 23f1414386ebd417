"""Protocols that train: a network a fold, kept, taken up again; across datasets; in processes."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from helpers.networks import measuring_network
from helpers.tiny_recipe import TINY
from sspd.cli.main import app
from sspd.errors import UsageError
from sspd.models.checkpoint import save_checkpoint
from sspd.research.api.evaluate import _scoring_of
from sspd.research.datasets.table import get_dataset
from sspd.research.evaluate import (
    Evaluation,
    Training,
    evaluate,
    get_protocol,
    get_scoring,
    measuring,
    plan_evaluation,
)
from sspd.research.recipes import get_baseline, get_recipe
from sspd.research.recipes.settled import UNKNOWN
from sspd.research.train import data as training_data
from sspd.simulation import VideoSpec

pytestmark = pytest.mark.slow


def copy(name: str, root: Path, numbers: tuple[int, ...], seconds: float = 9.0) -> str:
    for number in numbers:
        spec = VideoSpec(
            seed=number, duration_s=seconds, width=192, height=160, face_px=100, pulse_percent=1.2
        )
        get_dataset(name).write(root, number, spec)
    return f"{name}:{root}"


@pytest.fixture(scope="module")
def ubfc(tmp_path_factory: pytest.TempPathFactory) -> str:
    return copy("ubfc-rppg", tmp_path_factory.mktemp("ubfc"), (29, 30))


def run(
    data: str, out: Path, *methods: str, train_on: str | None = None, models: Path | None = None
) -> Evaluation:
    how = Training({"sspd": TINY}, models or out)
    plan = plan_evaluation(data, methods, protocol="2-fold", training=how, train_on=train_on)
    return evaluate(plan, get_scoring("spectral"), out)


@pytest.fixture(scope="module")
def out(ubfc: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two folds, a network for each, and POS beside it."""
    folder = tmp_path_factory.mktemp("folds")
    assert run(ubfc, folder, "sspd", "pos").failures == ()
    return folder


@pytest.mark.slow
def test_every_fold_is_trained_and_every_subject_tested_once(out: Path) -> None:
    rows = list(csv.DictReader((out / "windows.csv").read_text().splitlines()))
    tested = sorted((row["method"], row["subject"]) for row in rows)
    assert tested == [(m, s) for m in ("pos", "sspd") for s in ("subject37", "subject38")]
    assert all(row["fold"] == {"subject37": "1", "subject38": "2"}[row["subject"]] for row in rows)
    folds = list(csv.DictReader((out / "folds.csv").read_text().splitlines()))
    assert [row["method"] for row in folds] == [
        *("sspd, fold 1", "pos, fold 1", "sspd, fold 2", "pos, fold 2"),
    ]
    for row in folds:  # a fold of one window: its mean error is that window's
        (own,) = [w for w in rows if row["method"] == f"{w['method']}, fold {w['fold']}"]
        assert float(row["mae"]) == pytest.approx(
            abs(float(own["estimate"]) - float(own["reference"])), abs=2e-4
        )
    facts = json.loads((out / "manifest.json").read_text())
    sspd, pos = facts["methods"]
    assert sorted(sspd["weights"]) == ["1", "2"] and len(set(sspd["weights"].values())) == 2
    assert pos["weights"] == {"1": None, "2": None}
    assert pos["settled"] is None
    assert "agree best with those of POS" in sspd["settled"]["state"]
    assert "simulated" in sspd["settled"]["sign_and_integration"]
    assert facts["trained"]["recipes"]["sspd"]["name"] == "tiny" and facts["trained"]["seed"] == 0
    assert len(list((out / "models").glob("2-fold-*/model.onnx"))) == 2
    assert (out / "rates.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.slow
def test_the_same_command_again_trains_and_measures_nothing(
    ubfc: str, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("done again")

    monkeypatch.setattr(measuring, "predict_recording", refuse)
    monkeypatch.setattr(training_data, "prepare_data", refuse)
    run(ubfc, out, "sspd", "pos")
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


@pytest.mark.slow
def test_trained_on_one_dataset_tested_on_another(tmp_path: Path, ubfc: str, out: Path) -> None:
    """The networks of the folds, found in the folder where they were trained."""
    pure = copy("pure", tmp_path / "pure", (0, 1))
    run(pure, tmp_path, "sspd", train_on=ubfc, models=out)
    assert not (tmp_path / "models").exists()
    rows = list(csv.DictReader((tmp_path / "windows.csv").read_text().splitlines()))
    assert len(rows) == 4 and {row["method"] for row in rows} == {
        "sspd-ubfc-rppg-1",
        "sspd-ubfc-rppg-2",
    }
    facts = json.loads((tmp_path / "manifest.json").read_text())
    assert facts["dataset"] == "pure" and facts["trained"]["dataset"] == "ubfc-rppg"
    with pytest.raises(UsageError, match="this dataset is the tested one"):
        run(ubfc, tmp_path, "sspd", train_on=ubfc)
    with pytest.raises(UsageError, match="add sspd"):
        run(pure, tmp_path, "pos", train_on=ubfc)


@pytest.mark.slow
def test_a_fold_that_cannot_be_trained_is_named_and_the_others_go_on(
    tmp_path: Path, ubfc: str
) -> None:
    """subject38's video is broken: the fold that trains on it alone has no network."""
    root = tmp_path / "copy"
    shutil.copytree(ubfc.partition(":")[2], root)
    (root / "DATASET_2" / "subject38" / "vid.avi").write_bytes(b"RIFF")
    failures = run(f"ubfc-rppg:{root}", tmp_path / "out", "sspd").failures
    assert len(failures) == 2
    assert "fold 1, sspd: none of 1 recordings can be trained on" in failures[0]
    assert "subject38, sspd:" in failures[1] and "vid.avi" in failures[1]


def test_several_processes_measure_the_same(tmp_path: Path, ubfc: str) -> None:
    tables = []
    for jobs in (1, 2):
        out = tmp_path / str(jobs)
        evaluate(plan_evaluation(ubfc, ["pos", "green"]), get_scoring("spectral"), out, jobs=jobs)
        tables.append((out / "windows.csv").read_text())
    assert tables[0] == tables[1] and tables[0].count("\n") == 5


def test_the_command_takes_weights_or_trains_by_the_recipe_of_the_protocol(
    tmp_path: Path, ubfc: str
) -> None:
    """9 s hold no clip of the paper's 10 s: what is said, without a training."""
    common = ["evaluate", ubfc, "--protocol", "ubfc-30-12", "--out", str(tmp_path)]
    result = CliRunner().invoke(app, [*common, "--weights", "shipped"])
    assert result.exit_code == 0, result.output
    assert "subject38" in (tmp_path / "windows.csv").read_text()
    (method,) = json.loads((tmp_path / "manifest.json").read_text())["methods"]
    assert "of step 310" in method["settled"]["state"]
    assert "simulated" in method["settled"]["sign_and_integration"]
    result = CliRunner().invoke(app, [*common, "--device", "cpu"])
    assert result.exit_code == 1
    assert "shorter than a clip of 10 s" in result.stderr
    assert "fold 1, sspd: none of 1 recordings can be trained on" in result.stderr
    for idle in (["--steps", "3"], ["--select", "last"]):
        result = CliRunner().invoke(app, [*common, "--weights", "shipped", *idle])
        assert isinstance(result.exception, UsageError)


@pytest.mark.slow
def test_a_network_of_another_paper_learns_from_the_train_subjects_contact(
    tmp_path: Path, ubfc: str
) -> None:
    laptop = get_baseline("deepphys-laptop")
    small = replace(laptop.network, fs=15.0, size=20, clip=40)
    how = Training({"deepphys": replace(laptop, network=small, steps=1)}, tmp_path)
    plan = plan_evaluation(ubfc, ["pos", "deepphys"], protocol="2-fold", training=how)
    assert evaluate(plan, get_scoring("spectral"), tmp_path).failures == ()
    facts = json.loads((tmp_path / "manifest.json").read_text())
    assert list(facts["trained"]["recipes"]) == ["deepphys"]
    weights = facts["methods"][1]["weights"]
    assert sorted(weights) == ["1", "2"] and weights["1"] != weights["2"]
    assert len(list((tmp_path / "models").glob("2-fold-?-deepphys-*/model.onnx"))) == 2
    with pytest.raises(UsageError, match="a training needs a protocol"):
        plan_evaluation(ubfc, ["deepphys"], training=how)


@pytest.mark.slow
def test_on_vipl_networks_learn_from_rates_and_are_scored_by_three_parts(tmp_path: Path) -> None:
    """Its contact waveforms do not fit its videos: nothing may be trained with them."""
    data = copy("vipl-hr", tmp_path / "vipl", (0, 3), seconds=13.0)
    laptop = get_baseline("deepphys-laptop")
    small = replace(laptop.network, fs=15.0, size=20, clip=40)
    how = Training({"deepphys": replace(laptop, network=small, steps=1)}, tmp_path)
    plan = plan_evaluation(data, ["deepphys"], protocol="vipl-5-fold", training=how)
    scoring = get_scoring(get_protocol("vipl-5-fold").scoring)
    assert scoring.name == "vipl"
    found = evaluate(plan, scoring, tmp_path)
    assert found.failures == ()
    assert [(row.subject, row.reference_from) for row in found.windows] == [
        ("p1", "device"),
        ("p2", "device"),
    ]  # one rate a video
    facts = json.loads((tmp_path / "manifest.json").read_text())
    losses = dict(facts["trained"]["recipes"]["deepphys"]["losses"])
    assert set(losses) == {"rate-entropy", "rate-distribution"}
    assert "simulated" in facts["methods"][0]["settled"]["sign_and_integration"]


def test_weights_that_are_given_say_themselves_how_they_were_settled(
    tmp_path: Path, ubfc: str
) -> None:
    """A network that learned from contact waveforms was said to be settled on simulated videos."""
    by_labels = get_baseline("physnet").settled
    network = measuring_network()
    cases = {
        "own.safetensors": ({"settled": by_labels}, by_labels),
        "of_another_kind.safetensors": ({"settled": ["last"]}, dict.fromkeys(by_labels, UNKNOWN)),
        "silent.safetensors": ({}, dict.fromkeys(by_labels, UNKNOWN)),
    }
    for name, (made_by, told) in cases.items():
        save_checkpoint(network, tmp_path / name, made_by)
        for file in (tmp_path / name, (tmp_path / name).with_suffix(".onnx")):
            (entry,) = plan_evaluation(ubfc, ["sspd"], weights={"sspd": file}).entries
            assert entry.settled == told
    (entry,) = plan_evaluation(ubfc, ["sspd"], weights={"sspd": tmp_path / "alone.onnx"}).entries
    assert set(entry.settled.values()) == {UNKNOWN}  # type: ignore[union-attr]


def test_a_protocol_is_scored_as_its_source_does_where_nobody_says_otherwise() -> None:
    assert _scoring_of("vipl-5-fold", False) == "vipl"
    assert _scoring_of("vipl-fold-1-160", False) == "sspd"
    assert _scoring_of("vipl-5-fold", True) == "spectral"  # it splits what is trained on
    assert _scoring_of(None, False) == _scoring_of("pure-hr-cnn", False) == "spectral"
    assert get_protocol("vipl-fold-1-160").recipe == "paper-vipl-160"
    short = get_recipe("paper-vipl-160")
    assert (short.n_differences, short.momentum_start) == (160, 0.99)
    # Table VIII, row 7: what the pyramid of such clips has
    assert short.network.pyramid_counts(short.n_differences) == (152, 146, 142)
