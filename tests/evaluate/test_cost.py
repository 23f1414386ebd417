"""Costs: what goes into networks, and medians and spreads."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from sspd.errors import UsageError
from sspd.evaluate.cost import Cost, less_the_one_before, measure_costs, motion_and_looks
from sspd.evaluate.cost_table import cost_table


def test_inputs_equal_their_formulas() -> None:
    faces = 255 * torch.rand(1, 3, 5, 4, 4)
    first, then = faces[0, :, :-1].numpy(), faces[0, :, 1:].numpy()
    np.testing.assert_allclose(less_the_one_before(faces)[0], then - first, atol=1e-4)
    both = motion_and_looks(faces).numpy()
    assert both.shape == (4, 6, 4, 4)
    motion = (then - first) / (then + first + 1e-6)
    np.testing.assert_allclose(
        both[:, :3].transpose(1, 0, 2, 3), motion / motion.std(ddof=1), rtol=1e-3, atol=1e-5
    )
    assert float(both[:, 3:].mean()) == pytest.approx(0.0, abs=1e-5)
    assert float(both[:, 3:].std(ddof=1)) == pytest.approx(1.0, abs=1e-4)


def test_medians_spreads_and_ratios() -> None:
    rows = [
        Cost("physnet", 10, 20, {"torch": (1.0, 2.0, 3.0, 4.0)}),
        Cost("own", 10, 20, {"torch": (5.0, 5.0, 5.0, 5.0)}),
    ]
    assert rows[0].median_s("torch") == 2.5 and rows[0].spread_s("torch") == 1.5
    table = cost_table(rows, frames=300, size=128)
    assert "5.00 s ± 0.00, x2.00 (-)" in table and "0.00 (131.47)" not in table
    assert "0.0 (131.47)" in table and "300 pictures of 128x128" in table
    assert "x" not in cost_table(rows[1:], frames=300, size=128).splitlines()[2]
    # of another clip the paper says nothing
    assert "131.47" not in cost_table(rows, frames=40, size=128)
    assert "x2.00 |" in cost_table(rows, frames=40, size=128)


def test_what_is_not_there_is_named() -> None:
    with pytest.raises(UsageError, match="no 'tea' here; there are: physnet"):
        measure_costs(["tea"], ["torch"])
    with pytest.raises(UsageError, match="no 'abacus' here; there are: torch, openvino"):
        measure_costs(["sspd"], ["abacus"])
    with pytest.raises(UsageError, match="multiple of 4"):
        measure_costs(["sspd"], ["torch"], frames=10)


def test_the_number_of_threads_is_put_back() -> None:
    before = torch.get_num_threads()
    (cost,) = measure_costs(["physnet"], ["torch"], frames=4, size=64, repeats=1, threads=1)
    assert torch.get_num_threads() == before
    assert len(cost.seconds["torch"]) == 1 and cost.parameters == 768_577
