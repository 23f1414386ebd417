"""The notebooks run from their first cell to their last, and hold no outputs."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import sspd

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))
#: Of one cell, on a machine that does other things as well, seconds.
CELL_S = 900


def _name(path: Path) -> str:
    return path.stem


def test_there_are_three() -> None:
    names = [path.stem for path in NOTEBOOKS]
    assert names == ["compare_methods", "measure_and_plot", "train_on_your_own_videos"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=_name)
def test_a_notebook_is_stored_without_outputs_and_says_simulated(path: Path) -> None:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert code
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in code)
    assert "simulated" in "".join(cells[0]["source"])


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # of the notebook's machinery
@pytest.mark.parametrize("path", NOTEBOOKS, ids=_name)
def test_a_notebook_runs(path: Path, tmp_path: Path) -> None:
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    notebook = nbformat.read(path, as_version=4)
    place = {"metadata": {"path": str(tmp_path)}}
    # the package that is tested, wherever the kernel runs
    env = os.environ | {"PYTHONPATH": str(Path(sspd.__file__).parents[1])}
    nbclient.NotebookClient(notebook, timeout=CELL_S, resources=place).execute(env=env)
    shown = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    assert any("image/png" in output.get("data", {}) for output in shown)
    assert not [output for output in shown if output.get("name") == "stderr"]
