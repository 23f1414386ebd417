"""The paper's tables: every row, and which of them stand beside what."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sspd.research.evaluate import METRICS, QUANTITIES, SCORINGS, PaperRow, paper_rows
from sspd.research.evaluate.paper import CROSS, FOLD_1, OTHERWISE, READ_AS, paper_table

TABLES = ("I", "II", "III")


#: Sums of the columns, added up from the paper's text by other means.
SUMS = {
    ("I", "ubfc-rppg", "hr_bpm"): (13, {"mae": 46.31, "rmse": 69.11, "r": 10.89}),
    ("I", "pure", "hr_bpm"): (14, {"mae": 31.97, "rmse": 51.16, "r": 13.18}),
    ("I", "mr-nirp", "hr_bpm"): (9, {"mae": 40.45, "rmse": 72.78, "r": 4.835}),
    ("II", "vipl-hr", "hr_bpm"): (14, {"sd": 143.77, "mae": 131.25, "rmse": 180.85, "r": 5.601}),
    ("III", "ubfc-rppg", "lf_nu"): (9, {"sd": 1.089, "rmse": 1.372, "r": 5.051}),
    ("III", "ubfc-rppg", "hf_nu"): (9, {"sd": 1.089, "rmse": 1.372, "r": 5.051}),
    ("III", "ubfc-rppg", "lf_hf"): (9, {"sd": 3.364, "rmse": 3.917, "r": 5.352}),
    ("III", "ubfc-rppg", "respiration_hz"): (9, {"sd": 0.560, "rmse": 0.625, "r": 1.832}),
}


@pytest.mark.parametrize("of", SUMS, ids="-".join)
def test_columns_add_up(of: tuple[str, str, str]) -> None:
    table, dataset, quantity = of
    n, wanted = SUMS[of]
    rows = [r for r in paper_table(table) if (r.dataset, r.quantity) == (dataset, quantity)]
    assert len(rows) == n
    for metric, total in wanted.items():
        assert sum(row.values[metric] for row in rows) == pytest.approx(total, abs=1e-9)
        assert all(set(row.printed) == set(wanted) for row in rows)


def test_no_block_is_left_out() -> None:
    found = {(r.table, r.dataset, r.quantity) for table in TABLES for r in paper_table(table)}
    assert found == set(SUMS)


def test_marks_and_kinds() -> None:
    first, second, third = (paper_table(table) for table in TABLES)
    assert {row.method for row in first if row.mark == CROSS} == {
        *("RemotePPG", "Contrast-Phys", "SSPD-L3")
    }
    assert [row.method for row in second if row.mark == FOLD_1] == ["ViViT", "SSPD-L3-160"]
    for rows in (first, second, third):
        assert {row.kind for row in rows} == {"traditional", "supervised", "unsupervised"}
        assert {row.kind for row in rows if row.method in ("GREEN", "POS", "CHROM", "ICA")} == {
            "traditional"
        }
        for row in rows:
            assert set(row.printed) <= set(METRICS) and row.quantity in QUANTITIES
            assert row.values["rmse"] > 0 and -1 <= row.values["r"] <= 1


def test_an_error_is_never_smaller_squared() -> None:
    """RMSE is at least MAE: a column in the wrong place would show."""
    for row in paper_table("I") + paper_table("II"):
        assert row.values["rmse"] >= row.values["mae"]


def test_the_paper_is_quoted_as_it_is_printed(shared: Path) -> None:
    """Against the paper's own text, where it is at hand."""
    text = (shared / "paper" / "sspd.md").read_text(encoding="utf-8")
    lines = [re.sub(r"<sup>|</sup>", "", line).split("\t") for line in text.splitlines()]
    blocks = {"I": 3, "II": 1, "III": 4}
    for table, count in blocks.items():
        rows: dict[str, list[PaperRow]] = {}
        for row in paper_table(table):
            rows.setdefault(row.method + row.mark, []).append(row)
        for name, own in rows.items():
            told = [number for row in own for number in row.printed.values()]
            found = []
            for cells in lines:
                titles = [re.sub(r"\s*\[\d+\]|\s", "", cell) for cell in cells]
                if name in titles:
                    found.append(
                        [x for x in titles[titles.index(name) + 1 :] if x not in ("", "-")]
                    )
            assert told in found, f"Table {table}, {name}: {told} is not in {found}"
            assert len(own) <= count


def test_rows_are_chosen_by_what_was_trained_and_tested() -> None:
    def methods(*asked: str | None, cross: bool = False) -> list[str]:
        return [row.method + row.mark for row in paper_rows(*asked, cross=cross)]  # type: ignore[arg-type]

    assert methods("pure", None, "sspd") == []
    assert methods("pure", None, "nest") == []
    assert methods("ubfc-rppg", "ubfc-30-12", "sspd")[-1] == "SSPD-L3"
    assert methods("pure", "pure-hr-cnn", "rppg-toolbox")[:5] == [
        *("GREEN", "POS", "CHROM", "ICA", "CAN")
    ]
    for protocol in (None, "pure-hr-cnn"):
        assert methods("pure", protocol, "sspd", cross=True) == [
            *("RemotePPG†", "Contrast-Phys†", "SSPD-L3†")
        ]
    assert len(methods("mr-nirp", "mr-nirp-8-fold", "sspd")) == 6
    assert len(methods("vipl-hr", "vipl-hr-5-fold", "sspd")) == 12
    assert methods("vipl-hr", "vipl-hr-fold-1", "sspd") == ["ViViT♦", "SSPD-L3-160♦"]
    assert len(methods("ubfc-rppg", "ubfc-30-12", "nest")) == 36
    assert methods("ubfc-rppg", "ubfc-30-12", "nest", cross=True) == []
    assert methods("pure", "pure-hr-cnn", "nest") == []
    assert methods("folder", "mine", "sspd") == []


def test_rows_that_are_read_otherwise_than_ours_say_so() -> None:
    def labels(*asked: str, cross: bool = False) -> set[str]:
        return {row.marks for row in paper_rows(*asked, cross=cross)}

    assert labels("pure", "pure-hr-cnn", "sspd") == {""}
    assert labels("pure", "pure-hr-cnn", "spectral") == {OTHERWISE}
    assert labels("pure", "pure-hr-cnn", "all-maxima", cross=True) == {CROSS + OTHERWISE}
    assert labels("vipl-hr", "vipl-5-fold", "vipl") == {""}
    assert labels("vipl-hr", "vipl-5-fold", "sspd") == {OTHERWISE}
    assert labels("vipl-hr", "vipl-fold-1-160", "sspd") == {FOLD_1}
    assert labels("vipl-hr", "vipl-fold-1-160", "released") == {FOLD_1 + OTHERWISE}
    assert labels("ubfc-rppg", "ubfc-30-12", "nest") == {""}
    assert paper_rows("pure", "pure-hr-cnn", "spectral", cross=False)[-1].label == (
        "SSPD-L3‡ (paper)"
    )
    assert set(READ_AS.values()) <= set(SCORINGS)
