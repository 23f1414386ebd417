"""The diagram of ranks: who is joined, and that it is drawn with anything."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sspd.research.figures.ranks import draw_ranks, groups


@given(st.integers(1, 6), st.data())
def test_groups_are_the_largest_runs_without_a_difference(n: int, data: st.DataObject) -> None:
    order = "abcdef"[:n]
    pairs = [frozenset(pair) for pair in combinations(order, 2)]
    different = set(data.draw(st.lists(st.sampled_from(pairs)))) if pairs else set()

    def fits(run: str) -> bool:
        return not any(frozenset(pair) in different for pair in combinations(run, 2))

    runs = [order[a:b] for a in range(n) for b in range(a + 2, n + 1) if fits(order[a:b])]
    largest = [run for run in runs if not any(run != other and run in other for other in runs)]
    assert groups(order, different) == [(run[0], run[-1]) for run in largest]


@pytest.mark.parametrize("ranks", [{}, {"a": 1.0, "b": 2.0}, {"$x": 1.5, "b": 1.5, "c": 3.0}])
def test_any_ranks_are_drawn(ranks: dict[str, float], tmp_path: Path) -> None:
    draw_ranks(tmp_path / "a.png", ranks, {frozenset(("b", "c"))}, "note")
    assert (tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"
