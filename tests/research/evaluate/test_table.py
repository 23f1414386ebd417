"""Tables as people read them: one quantity or several, the paper's rows, notes."""

from __future__ import annotations

import csv

import pytest

from sspd.research.evaluate import METRICS, paper_rows
from sspd.research.evaluate.metrics import rate_errors
from sspd.research.evaluate.summary import MethodScore, score_methods
from sspd.research.evaluate.table import scores_csv, scores_latex, scores_markdown
from sspd.research.evaluate.windows import ScoredWindow


def window(subject: str, quantity: str, reference: float, estimate: float, **more) -> ScoredWindow:  # type: ignore[no-untyped-def]
    return ScoredWindow(
        subject, subject, "", "pos", quantity, 0.0, 30.0, reference, "waveform", estimate, **more
    )


RATES = [
    window("a", "hr_bpm", 60.0, 61.0, snr_db=3.0),
    window("b", "hr_bpm", 80.0, 78.0, snr_db=5.0),
    window("c", "hr_bpm", 90.0, 120.0, snr_db=-9.0, excluded="rejected"),
]
SHARES = [window("a", "lf_nu", 0.4, 0.45), window("b", "lf_nu", 0.5, 0.475)]


def scored(*quantities: str, rows: list[ScoredWindow]) -> tuple[MethodScore, ...]:
    return score_methods(["pos"], quantities, rows, 1)


def cells(table: str) -> list[list[str]]:
    """Heads and rows of a Markdown table."""
    lines = [line for line in table.splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [rows[0], *rows[2:]]


def test_heart_rate_alone_has_its_unit_in_the_heads() -> None:
    heads, row = cells(scores_markdown(scored("hr_bpm", rows=RATES)))
    assert heads == [
        *("method", "MAE, bpm", "RMSE, bpm", "SD, bpm", "R", "MAPE, %", "ME, bpm", "SNR, dB"),
        *("windows", "subjects", "excluded"),
    ]
    assert row[0] == "pos" and row[1].startswith("1.50 [") and row[6].startswith("-0.50 [")
    assert row[7].startswith("4.00 [3.00, 5.00]")  # what is excluded does not count
    assert row[-3:] == ["2", "2", "1 rejected"]


def test_agreement_of_waveforms_has_a_column_where_it_is_known() -> None:
    rows = [
        window("a", "hr_bpm", 60.0, 61.0, macc=0.9),
        window("b", "hr_bpm", 80.0, 78.0, macc=0.7),
    ]
    heads, row = cells(scores_markdown(scored("hr_bpm", rows=rows)))
    assert heads[8] == "MACC" and row[8].startswith("0.80 [")
    assert row[7] == "-"


def test_several_quantities_have_a_row_each_and_digits_of_their_own() -> None:
    found = scored("lf_nu", "hr_bpm", rows=RATES + SHARES)
    assert [score.quantity for score in found] == ["lf_nu", "hr_bpm"]
    heads, share, rate = cells(scores_markdown(found))
    assert heads[:3] == ["method", "quantity", "MAE"]
    assert share[1] == "LF, n.u." and rate[1] == "HR, bpm"
    assert share[2].split()[0] == "0.037" or share[2].split()[0] == "0.038"
    assert rate[2].split()[0] == "1.50"
    assert share[8] == "-" and rate[8].startswith("4.00")
    for score, rows in zip(found, (SHARES, RATES[:2]), strict=True):
        errors = rate_errors([row.reference for row in rows], [row.estimate for row in rows])
        assert {name: score.values[name] for name in METRICS} == pytest.approx(errors)


def test_nothing_scored_is_dashes() -> None:
    (row,) = cells(scores_markdown(scored("hr_bpm", rows=[])))[1:]
    assert row == ["pos", *["-"] * 7, "0", "0", "none"]


def test_the_papers_rows_stand_below_as_printed() -> None:
    paper = paper_rows("ubfc-rppg", "ubfc-30-12", "sspd", cross=False)
    text = scores_markdown(scored("hr_bpm", rows=RATES), paper)
    rows = cells(text)[1:]
    assert [row[0] for row in rows[1:]] == [row.label for row in paper]
    assert rows[-1] == ["SSPD-L3 (paper)", "0.50", "0.71", "-", "0.99", *["-"] * 6]
    assert text.endswith("\n\n(paper): as printed in Table I of the SSPD paper.\n")


def test_marks_and_caveats_are_reported_under_the_table() -> None:
    cross = paper_rows("pure", None, "sspd", cross=True)
    text = scores_markdown(scored("hr_bpm", rows=RATES), cross, "Mind the gap")
    assert "SSPD-L3† (paper)" in text
    assert (
        "\n\nMind the gap.\n\n(paper): as printed in Table I of the SSPD paper; †: trained" in text
    )
    fold = paper_rows("vipl-hr", "vipl-hr-fold-1", "sspd", cross=False)
    assert "♦: fold 1" in scores_markdown(scored("hr_bpm", rows=RATES), fold)


def test_latex_has_as_many_cells_as_columns_and_no_bare_characters() -> None:
    paper = paper_rows("vipl-hr", "vipl-hr-fold-1", "sspd", cross=False)
    for found in (scored("hr_bpm", rows=RATES), scored("lf_nu", "hr_bpm", rows=RATES + SHARES)):
        text = scores_latex(found, paper, "5 % & more_or_less")
        columns = text.splitlines()[0].removeprefix(r"\begin{tabular}{").removesuffix("}")
        rows = [line for line in text.splitlines() if line.endswith(r" \\")]
        assert len(rows) == 1 + len(found) + len(paper)
        assert {line.count(" & ") + 1 for line in rows} == {len(columns)}
        assert r"5 \% \& more\_or\_less." in text
        assert text.isascii()
        assert r"ViViT$^\diamondsuit$ (paper)" in text


def test_csv_has_every_number_and_the_paper_without_intervals() -> None:
    paper = paper_rows("ubfc-rppg", "ubfc-30-12", "nest", cross=False)
    text = scores_csv(scored("lf_nu", "hr_bpm", rows=RATES + SHARES), paper, "unseen")
    share, rate, *others = csv.DictReader(text.splitlines())
    assert float(share["mae"]) == pytest.approx(0.0375)
    assert float(rate["snr_db"]) == 4.0 and share["snr_db"] == ""
    assert rate["excluded"] == "rejected: 1" and rate["macc"] == ""
    assert len(others) == 36 and others[-1]["method"] == "SSPD-L3 (paper)"
    assert others[-1]["quantity"] == "respiration_hz" and others[-1]["sd"] == "0.044"
    assert others[-1]["sd_low"] == others[-1]["windows"] == ""
