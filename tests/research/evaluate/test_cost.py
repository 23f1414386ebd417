"""Costs: what goes into networks, and medians and spreads."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import torch

from sspd.errors import SourceError, UsageError
from sspd.research.evaluate.cost import Cost, measure_costs
from sspd.research.evaluate.cost_table import cost_points, cost_table, read_errors
from sspd.research.figures.costs import CostPoint, draw_costs, unbeaten


def test_medians_spreads_and_ratios() -> None:
    rows = [
        Cost("physnet", 10, 20, {"torch": (1.0, 2.0, 3.0, 4.0)}),
        Cost("own", 10, 20, {"torch": (5.0, 5.0, 5.0, 5.0)}),
    ]
    assert rows[0].median_s("torch") == 2.5 and rows[0].spread_s("torch") == 1.5
    table = cost_table(rows, frames=300, size=128)
    assert "5.00 s ± 0.00, x2.00 (-)" in table and "0.00 (131.47)" not in table
    assert "0.0 (131.47)" in table and "300 frames of 128x128" in table
    assert "x" not in cost_table(rows[1:], frames=300, size=128).splitlines()[2]
    # of another clip the paper says nothing
    assert "131.47" not in cost_table(rows, frames=40, size=128)
    assert "x2.00 |" in cost_table(rows, frames=40, size=128)


def test_what_is_not_there_is_named() -> None:
    with pytest.raises(UsageError, match="'tea' is not available; choose from physnet"):
        measure_costs(["tea"], ["torch"])
    with pytest.raises(UsageError, match="'abacus' is not available; choose from torch, openvino"):
        measure_costs(["sspd"], ["abacus"])
    with pytest.raises(UsageError, match="multiple of 4"):
        measure_costs(["sspd"], ["torch"], frames=10)


def test_the_number_of_threads_is_put_back() -> None:
    before = torch.get_num_threads()
    (cost,) = measure_costs(["physnet"], ["torch"], frames=4, size=64, repeats=1, threads=1)
    assert torch.get_num_threads() == before
    assert len(cost.seconds["torch"]) == 1 and cost.parameters == 768_577


def test_errors_of_an_evaluation_meet_times(tmp_path: Path) -> None:
    heads = ["method", "quantity", "mae", "mae_low", "mae_high", "windows"]
    rows = [
        ["physnet", "hr_bpm", "1.5", "1.0", "2.0", "8"],
        ["sinc", "hr_bpm", "2.5", "", "", "8"],
        ["pos", "hr_bpm", "3.5", "3.0", "4.0", "8"],
        ["physnet", "lf_nu", "0.1", "", "", "8"],
        ["sspd (paper)", "hr_bpm", "0.5", "", "", ""],
    ]
    with (tmp_path / "table.csv").open("w", newline="") as file:
        csv.writer(file).writerows([heads, *rows])
    errors = read_errors(tmp_path)
    assert sorted(errors) == ["physnet", "pos", "sinc"]
    assert errors["physnet"] == (1.5, 1.0, 2.0) and np.isnan(errors["sinc"][1])
    costs = [Cost("physnet", 1, 1, {"torch": (1.0, 2.0, 3.0)})]
    points = cost_points(costs, errors, "torch")
    assert [(p.name, p.seconds) for p in points] == [("physnet", 2.0), ("sinc", 2.0)]
    draw_costs(tmp_path / "costs.png", points, "a test")
    assert (tmp_path / "costs.png").read_bytes()[:4] == b"\x89PNG"
    draw_costs(tmp_path / "none.png", [], "a test")
    (tmp_path / "table.csv").write_text("method,quantity\na,hr_bpm\n")
    with pytest.raises(SourceError, match="no table of scores"):
        read_errors(tmp_path)
    with pytest.raises(SourceError):
        read_errors(tmp_path / "nowhere")


def test_what_nothing_beats_is_what_a_loop_finds() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        points = [CostPoint(str(k), *rng.random(2), 0.0, 1.0) for k in range(6)]
        expected = {
            p.name
            for p in points
            if not any(q.seconds < p.seconds and q.mae_bpm < p.mae_bpm for q in points)
        }
        assert {p.name for p in unbeaten(points)} == expected
