"""References that are short, broken or out of order: said, counted, and the others are scored."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sspd.errors import SourceError, SSPDError
from sspd.research.evaluate import Evaluation, evaluate, get_scoring, plan_evaluation

#: Every test measures a dataset.
pytestmark = pytest.mark.slow

Row = list[str]


@pytest.fixture(scope="module")
def kept(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy with the waveforms of POS already measured: only references are read anew."""
    folder = tmp_path_factory.mktemp("bad")
    shutil.copytree(root, folder / "data")
    scored(folder)
    return folder


def scored(folder: Path, scoring: str = "spectral") -> Evaluation:
    plan = plan_evaluation(f"ubfc-rppg:{folder / 'data'}", ["pos"])
    return evaluate(plan, get_scoring(scoring), folder / "out")


def changed(folder: Path, change: Callable[[Row, Row, Row], list[Row]], scoring: str) -> Evaluation:
    """Scores with subject38's waveform, rate and times changed, then put back."""
    truth = folder / "data" / "DATASET_2" / "subject38" / "ground_truth.txt"
    before = truth.read_text()
    bvp, hr, t = (line.split() for line in before.splitlines())
    truth.write_text("\n".join(" ".join(row) for row in change(bvp, hr, t)) + "\n")
    try:
        return scored(folder, scoring)
    finally:
        truth.write_text(before)


def half(bvp: Row, hr: Row, t: Row) -> list[Row]:
    return [row[: len(row) // 2] for row in (bvp, hr, t)]


@pytest.mark.parametrize("scoring", ["spectral", "rppg-toolbox", "contrast-phys", "nest"])
def test_a_truth_shorter_than_the_video_is_no_reference_for_it(kept: Path, scoring: str) -> None:
    found = changed(kept, half, scoring)
    own = [row for row in found.windows if row.subject == "subject38"]
    assert own and all(row.excluded == "no reference" for row in own)
    others = [row for row in found.windows if row.subject != "subject38"]
    assert len({row.subject for row in others}) == 3 and not any(row.excluded for row in others)
    assert found.failures == ()
    assert all(score.n_subjects == 3 for score in found.scores)
    rows = csv.DictReader((kept / "out" / "windows.csv").read_text().splitlines())
    assert {row["excluded"] for row in rows if row["subject"] == "subject38"} == {"no reference"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda bvp, hr, t: [["nan", *bvp[1:]], hr, t], "not finite"),
        (lambda bvp, hr, t: [bvp, hr, ["soon", *t[1:]]], "not a number"),
        (lambda bvp, hr, t: [bvp[1:], hr, t], "values and"),
        (lambda bvp, hr, t: [bvp], "three lines"),
        (lambda bvp, hr, t: [[], [], []], "three lines"),
    ],
    ids=["nan", "word", "uneven", "cut", "empty"],
)
def test_a_broken_truth_is_one_line_and_the_others_are_scored(
    kept: Path, change: Callable[[Row, Row, Row], list[Row]], said: str
) -> None:
    found = changed(kept, change, "spectral")
    (line,) = found.failures
    assert line.startswith("subject38, pos: ") and "ground_truth.txt" in line and said in line
    assert {row.subject for row in found.windows} == {"subject37", "subject39", "subject40"}


@pytest.mark.parametrize("at", [0, 100])
def test_times_that_repeat_or_fall_back_lose_their_samples_alone(kept: Path, at: int) -> None:
    clean = next(row for row in scored(kept).windows if row.subject == "subject38").reference

    def out_of_order(bvp: Row, hr: Row, t: Row) -> list[Row]:
        times = list(t)
        times[at + 1] = times[at]  # the same time twice
        times[at + 10], times[at + 11] = times[at + 11], times[at + 10]
        return [bvp, hr, times]

    found = changed(kept, out_of_order, "spectral")
    (row,) = [row for row in found.windows if row.subject == "subject38"]
    assert clean is not None and row.reference == pytest.approx(clean, abs=0.3)
    assert found.failures == ()


def test_a_wrong_or_empty_folder_says_what_is_needed(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such folder"):
        plan_evaluation(f"ubfc-rppg:{tmp_path / 'attic'}", ["pos"])
    with pytest.raises(SourceError, match=r"no recording found; required: .*vid\.avi"):
        plan_evaluation(f"ubfc-rppg:{tmp_path}", ["pos"])


def test_one_subject_alone_is_scored_but_not_split(kept: Path, tmp_path: Path) -> None:
    shutil.copytree(
        kept / "data" / "DATASET_2" / "subject39", tmp_path / "data" / "DATASET_2" / "subject39"
    )
    data = f"ubfc-rppg:{tmp_path / 'data'}"
    found = scored(tmp_path)
    assert found.scores[0].n_subjects == 1
    for protocol in ("leave-one-out", "2-fold"):
        with pytest.raises(SSPDError, match="need at least 2 subjects, got 1"):
            plan_evaluation(data, ["pos"], protocol=protocol)
