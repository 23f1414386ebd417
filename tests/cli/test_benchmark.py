"""``sspd benchmark``: every network on every runtime, on a small clip."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sspd.cli.main import app
from sspd.errors import OutputError, UsageError
from sspd.research.evaluate.cost import COMPARED_NETWORKS


@pytest.mark.slow
def test_every_network_is_counted_and_timed(tmp_path: Path) -> None:
    file = tmp_path / "costs.json"
    small = ["--frames", "8", "--size", "96", "--repeats", "2", "--runtime", "torch,openvino"]
    result = CliRunner().invoke(app, ["benchmark", *small, "--json", str(file)])
    assert result.exit_code == 0, result.output
    rows = [line for line in result.stdout.splitlines() if line.startswith("| ")][1:]
    assert [row.split()[1] for row in rows] == list(COMPARED_NETWORKS)
    assert all("x" in row for row in rows) and "0.79 (0.78)" in rows[-1]
    facts = json.loads(file.read_text())
    assert (facts["frames"], facts["size"]) == (8, 96)
    for network in facts["networks"]:
        assert set(network["seconds"]) == {"torch", "openvino"}
        assert all(len(times) == 2 and min(times) > 0 for times in network["seconds"].values())


def test_a_place_that_is_not_there_is_said_before_an_hour_of_timing(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["benchmark", "--json", str(tmp_path / "attic" / "a.json")])
    assert isinstance(result.exception, OutputError) and "does not exist" in str(result.exception)


def test_a_figure_needs_errors_and_errors_a_figure(tmp_path: Path) -> None:
    for options in (["--scores", str(tmp_path)], ["--plot", str(tmp_path / "a.png")]):
        result = CliRunner().invoke(app, ["benchmark", *options])
        assert isinstance(result.exception, UsageError) and "give both" in str(result.exception)
