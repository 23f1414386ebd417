"""Tables of evaluations on a terminal: nothing is cut, whatever the width."""

from __future__ import annotations

from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from sspd.report.grid import fitting, print_markdown

HEADS = ["method", "MAE, bpm", "RMSE, bpm", "SD, bpm", "R", "MAPE, %", "ME, bpm", "SNR, dB"]
HEADS += ["MACC", "windows", "subjects", "excluded"]
INTERVAL = "12.34 [10.90, 14.70]"
WORDS = st.text(st.sampled_from("ab c[(,."), max_size=25)


def _markdown(rows: list[list[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    lines.insert(1, f"|{'---|' * len(rows[0])}")
    return "\n".join([*lines, "", "A note under the table."]) + "\n"


def _printed(text: str, width: int) -> list[str]:
    file = StringIO()
    print_markdown(text, Console(file=file, width=width, force_terminal=True, color_system=None))
    return file.getvalue().splitlines()


@pytest.mark.parametrize("width", [60, 80, 140, 300])
@pytest.mark.parametrize("count", [1, 3, 9])
def test_a_table_of_scores_fits(width: int, count: int) -> None:
    names = ["sspd", "pos", "contrast-phys", "efficientphys", "green", "ica", "lgi", "pbv", "chrom"]
    rows = [[name, *[INTERVAL] * 8, "120", "12", "none"] for name in names[:count]]
    lines = _printed(_markdown([HEADS, *rows]), width)
    assert max(map(cell_len, lines)) <= width
    text = "\n".join(lines)
    assert text.count("12.34") == 8 * count
    assert text.count("[10.90, 14.70]") == 8 * count  # none is broken in its middle
    for word in (*names[:count], "RMSE", "MACC", "subjects", "A note under the table."):
        assert word in text
    if width == 300:
        assert len(lines) == 3 + count


def test_a_table_of_costs_and_one_of_an_ablation_fit() -> None:
    costs = ["physformer", "7.38 (7.38)", "94.9 (94.89)", "12.20 s ± 0.20, x2.91 (x2.91)"]
    heads = ["network", "parameters, M", "multiply-adds, G", "time, torch"]
    cells = ["without frame difference", *[INTERVAL] * 3, "0.50", "0.71", "0.999"]
    of_cells = ["", "MAE, bpm", "RMSE, bpm", "R", "MAE (paper)", "RMSE (paper)", "R (paper)"]
    for rows in ([heads, costs], [of_cells, cells, cells]):
        lines = _printed(_markdown(rows), 80)
        assert max(map(cell_len, lines)) <= 80
        assert not any("…" in line for line in lines)


@given(st.integers(2, 6), st.integers(1, 6), st.integers(20, 120), st.data())
def test_every_cell_is_kept(columns: int, count: int, width: int, data: st.DataObject) -> None:
    rows = [[data.draw(WORDS) for _ in range(columns)] for _ in range(1 + count)]
    parts = fitting(rows, width)
    cells = sorted("".join(cell.split()) for part in parts for row in part for cell in row)
    wanted = sorted("".join(cell.split()) for row in rows for cell in row)
    missing = list(wanted)
    for cell in cells:
        if cell in missing:
            missing.remove(cell)
    assert missing in ([], ["".join(rows[0][0].split())])  # of a turned table's corner
