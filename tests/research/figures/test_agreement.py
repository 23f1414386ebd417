"""Pictures of agreement: lines where the numbers put them, and nothing scored is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from sspd.research.figures import agreement
from sspd.research.figures.agreement import draw_agreement, draw_conditions


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The figures as they were when they were saved."""
    figures: list[Figure] = []
    real = agreement.new_figure

    def kept(width: float, height: float) -> Figure:
        figures.append(real(width, height))
        return figures[-1]

    monkeypatch.setattr(agreement, "new_figure", kept)
    return figures


def test_limits_of_agreement_stand_where_they_belong(drawn: list[Figure], tmp_path: Path) -> None:
    reference, estimate = np.array([60.0, 70.0, 80.0]), np.array([61.0, 74.0, 81.0])
    draw_agreement(tmp_path / "a.png", {"pos": (reference, estimate)})
    lines = [float(line.get_ydata()[0]) for line in drawn[0].axes[1].lines[1:]]
    sd = np.sqrt(((1 - 2) ** 2 + (4 - 2) ** 2 + (1 - 2) ** 2) / 2)
    assert lines == pytest.approx([2.0, 2 - 1.96 * sd, 2 + 1.96 * sd])
    points = drawn[0].axes[0].lines[1]
    assert list(points.get_xdata()) == [60, 70, 80] and list(points.get_ydata()) == [61, 74, 81]


def test_all_panels_have_one_scale(drawn: list[Figure], tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rates = rng.uniform(50, 110, 40)
    methods = {str(sd): (rates, rates + rng.normal(sd / 4, sd, 40)) for sd in (1, 5, 20)}
    draw_agreement(tmp_path / "a.png", methods | {"none": (np.zeros(0), np.zeros(0))})
    panels = np.array(drawn[0].axes[:8]).reshape(2, 4)[:, :3]
    for row in panels:
        assert len({(*axes.get_xlim(), *axes.get_ylim()) for axes in row}) == 1
    for axes in panels[1]:  # everything lies inside, the limits of agreement too
        low, high = axes.get_ylim()
        for line in axes.lines:
            assert all(low < value < high for value in line.get_ydata())
        places = sorted(text.xy[1] for text in axes.texts)
        assert np.diff(places).min() >= 0.04 * (high - low)


@pytest.mark.parametrize("count", [1, 3, 6])
def test_the_legend_of_conditions_covers_no_data(
    count: int, drawn: list[Figure], tmp_path: Path
) -> None:
    names = ["sspd", "pos", "green", "contrast-phys", "efficientphys", "remotephys"][:count]
    errors = {name: {"steady": np.linspace(0, 90, 30)} for name in names}
    draw_conditions(tmp_path / "a.png", errors)
    figure = drawn[0]
    (legend,) = figure.legends
    box, axes = legend.get_window_extent(), figure.axes[0].get_window_extent()
    assert not box.overlaps(axes)
    assert box.x0 >= 0 and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1


@pytest.mark.slow
def test_the_same_numbers_give_the_same_bytes(tmp_path: Path) -> None:
    rates = np.array([60.0, 70.0]), np.array([61.0, 74.0])
    for name in ("a.png", "b.png"):
        draw_agreement(tmp_path / name, {"$x": rates, "green": rates})
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_conditions_have_a_box_a_method(drawn: list[Figure], tmp_path: Path) -> None:
    errors = {"steady": np.arange(5.0), "talking": np.zeros(0)}
    draw_conditions(tmp_path / "a.png", {"pos": errors, "green": {"steady": np.ones(2)}})
    axes = drawn[0].axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["steady", "talking"]
    assert len(axes.patches) == 4


@pytest.mark.parametrize("methods", [{}, {"pos": (np.zeros(0), np.zeros(0))}])
def test_nothing_scored_is_still_a_figure(methods: dict, tmp_path: Path) -> None:  # type: ignore[type-arg]
    draw_agreement(tmp_path / "a.png", methods)
    draw_conditions(tmp_path / "b.png", {name: {} for name in methods})
    assert (tmp_path / "a.png").stat().st_size > 0 and (tmp_path / "b.png").stat().st_size > 0


def test_many_methods_go_on_below(drawn: list[Figure], tmp_path: Path) -> None:
    rates = np.array([60.0, 70.0]), np.array([61.0, 74.0])
    draw_agreement(tmp_path / "a.png", {f"method {k}": rates for k in range(7)})
    shown = [axes for axes in drawn[0].axes if axes.axison]
    assert len(shown) == 14 and {axes.get_title() for axes in shown if axes.get_title()} == {
        f"method {k}" for k in range(7)
    }
    width, height = drawn[0].get_size_inches()
    assert width < 20 and height > 10


def test_many_methods_become_a_map(drawn: list[Figure], tmp_path: Path) -> None:
    """As wide as its conditions, however many methods there are."""
    errors = {"still": np.array([0.1, 0.3]), "talking": np.array([40.0]), "weak": np.zeros(0)}
    draw_conditions(tmp_path / "map.png", {f"m{k}": errors for k in range(19)})
    (figure,) = drawn
    assert figure.get_figwidth() < 6 and figure.get_figheight() < 9
    told = [text.get_text() for text in figure.axes[0].texts]
    assert told[:3] == ["0.20", "40", "-"] and len(told) == 19 * 3
