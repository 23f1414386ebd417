"""Every dataset's layout, the whole path: check, faces, a training, scores, a table."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.tiny_recipe import TINY
from sspd.research.datasets.card import Dataset
from sspd.research.datasets.check import check_recording
from sspd.research.datasets.table import DATASETS, get_dataset
from sspd.research.evaluate import (
    Plan,
    Training,
    evaluate,
    get_scoring,
    network_entry,
    untrained_entry,
)
from sspd.research.evaluate.training import trained_weights
from sspd.simulation import VideoSpec
from sspd.types import Recording

pytestmark = pytest.mark.slow
Copies = dict[str, tuple[Dataset, list[Recording]]]


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> Copies:
    """A recording of each dataset."""
    found = {}
    for place, name in enumerate(DATASETS):
        dataset, root = get_dataset(name), tmp_path_factory.mktemp(name)
        spec = VideoSpec(
            seed=place,
            duration_s=12.0,
            width=192,
            height=160,
            face_px=100,
            hr_bpm=60.0 + 4 * place,
            pulse_percent=1.2,
        )
        dataset.write(root, 0, spec)
        found[name] = dataset, dataset.recordings(root)
    return found


@pytest.fixture(scope="module")
def weights(copies: Copies, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network trained on one recording of each, all in one store."""
    warned: list[str] = []
    out = tmp_path_factory.mktemp("mixed")
    everything = [recording for _, recordings in copies.values() for recording in recordings]
    made = trained_weights(
        Training({"sspd": TINY}, out, warn=warned.append), "sspd", everything, "mixed"
    )
    assert len(warned) == 1 and warned[0].startswith("faces: ")  # none was skipped
    return made


@pytest.mark.parametrize("name", sorted(DATASETS))
def test_from_files_to_a_table(name: str, copies: Copies, weights: Path, tmp_path: Path) -> None:
    dataset, recordings = copies[name]
    for recording in recordings:
        assert [one for one in check_recording(dataset, recording) if one.is_fault] == []
    # green: any light will do for it
    plan = Plan(
        dataset,
        recordings,
        (network_entry("sspd", lambda fold: weights, settled_by={}), untrained_entry("green")),
    )
    found = evaluate(plan, get_scoring("spectral"), tmp_path)
    assert found.failures == ()
    sspd, green = found.scores
    assert sspd.n_windows + sum(sspd.excluded.values()) == len(recordings)
    assert green.n_windows == len(recordings) and green.values["mae"] < 3.0
    table = (tmp_path / "table.md").read_text()
    assert "| sspd |" in table and "| green |" in table
