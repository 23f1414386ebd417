"""The site says what the code does: fields, reasons, names, the picture; and it builds."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import sspd
from sspd.live.hints import HINTS
from sspd.live.phases import PHASES
from sspd.methods.method import MethodEntry
from sspd.report.csv import CSV_COLUMNS, SIGNAL_COLUMNS
from sspd.report.json import WINDOW_KEYS, vitals_to_dict
from sspd.report.labels import REASON_WORDS
from sspd.research.datasets.card import Dataset
from sspd.research.datasets.table import DATASETS
from sspd.research.evaluate import PROTOCOLS, SCORINGS
from sspd.research.recipes import RECIPES
from sspd.simulation import VideoSpec
from sspd.types import Estimate, Frames, RateBand
from sspd.video.camera.states import CAMERA_STATES, WITH_FRAMES
from sspd.vitals import HRV_NAMES, REASONS
from sspd.vitals.quality_features import QualityFeatures

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
#: What loads a file when a page is opened.
LOADED = re.compile(r"<(?:script|link|img|iframe|source|audio|video|embed|object)\b[^>]*>")
FAILED = sspd.Vitals(
    *("a.mp4", "sspd", None, 0.0, None, ()),
    hrv={"rmssd_ms": Estimate(None)},
    rate_bands=(RateBand(0.0, 30.0, 60.0, 58.0, 62.0),),
    error="no such file",
)


def _text(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def _rows(page: str, name: str) -> list[list[str]]:
    """The cells of a table that a comment names, a list a row, without its head."""
    _, found, after = _text(page).partition(f"<!-- table: {name} -->\n\n")
    assert found, f"{page}: no table {name}"
    lines = after.split("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def _keys(page: str, name: str) -> list[str]:
    """The names between backticks in the first column of a table, in order."""
    return [key for row in _rows(page, name) for key in re.findall(r"`([^`]+)`", row[0])]


def _blocks(page: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", _text(page), re.MULTILINE | re.DOTALL)


def _loaded(name: str) -> ModuleType:
    """A script of the site's folder, as a module."""
    spec = spec_from_file_location(f"site_{Path(name).stem}", DOCS / name)
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("table", "keys"),
    [
        ("json", tuple(vitals_to_dict(FAILED))),
        ("window", WINDOW_KEYS),
        ("hrv", HRV_NAMES),
        ("estimate", tuple(vitals_to_dict(FAILED)["hrv"]["rmssd_ms"])),
        ("respiration", tuple(vitals_to_dict(FAILED)["respiration"])),
        ("csv", CSV_COLUMNS),
        ("signal", SIGNAL_COLUMNS),
    ],
)
def test_every_field_has_its_row(table: str, keys: tuple[str, ...]) -> None:
    assert tuple(_keys("measuring.md", table)) == keys
    for row in _rows("measuring.md", table):
        assert row[-1] or row[0] == "`accepted`", f"{row[0]}: has no meaning"


def test_every_reason_has_its_row_with_the_words_of_the_code() -> None:
    rows = _rows("confidence.md", "reasons")
    assert [row[0] for row in rows] == [f"`{reason}`" for reason in REASONS]
    assert [tuple(row[1:]) for row in rows] == [tuple(REASON_WORDS[reason]) for reason in REASONS]


def test_hints_and_states_of_a_camera_have_the_words_of_the_code() -> None:
    states = [(f"`{name}`", *words) for name, words in CAMERA_STATES.items()]
    assert [tuple(row) for row in _rows("live.md", "states")] == states
    known = {row[0]: row[1] for row in _rows("live.md", "hints")}
    own = {name for name in HINTS if name not in CAMERA_STATES or name in WITH_FRAMES}
    assert known == {f"`{name}`": HINTS[name] for name in HINTS if name in own}
    text = _text("live.md")
    assert all(f"| `{phase}` |" in text for phase in PHASES)


def test_names_of_the_tables_are_those_of_the_code() -> None:
    assert sorted(_keys("evaluation.md", "datasets")) == sorted(DATASETS)
    assert sorted(_keys("evaluation.md", "scorings")) == sorted(SCORINGS)
    named = _keys("evaluation.md", "protocols")
    assert [name for name in PROTOCOLS if name not in named] == []
    recipes = " ".join(_keys("training.md", "recipes"))
    for name in RECIPES:
        assert re.search(rf"--recipe {re.escape(name)}(?![\w-])", recipes), name
    features = _keys("glossary.md", "quality")
    assert set(features) <= QualityFeatures.__dataclass_fields__.keys()


def test_the_picture_of_the_pipeline_is_that_of_the_code() -> None:
    drawn = _loaded("images/pipeline.py").picture()
    assert drawn == _text("images/pipeline.svg"), "run: make pictures"


def test_the_picture_is_not_drawn_of_what_is_not_there() -> None:
    script = _loaded("images/pipeline.py")
    first = script.ROOMS[0]
    for wrong in (
        first._replace(name="cinema"),
        first._replace(modules=("popcorn",)),
        first._replace(travels="Bread"),
    ):
        script.ROOMS = (wrong, *script.ROOMS[1:])
        with pytest.raises(LookupError):
            script.picture()


@pytest.mark.parametrize("page", sorted(path.name for path in DOCS.glob("*.md")))
def test_python_in_pages_is_python(page: str) -> None:
    for block in _blocks(page):
        compile(block, page, "exec")


def test_the_methods_of_the_page_are_methods() -> None:
    rgb = np.random.default_rng(0).integers(80, 90, (150, 64, 64, 3), dtype=np.uint8)
    faces = Frames(rgb, np.arange(150) / 30)
    for block, name in zip(_blocks("extending.md")[:2], ("red", "brightness"), strict=True):
        found: dict[str, Any] = {}
        exec(block, found)
        entry = found["ENTRY"]
        assert isinstance(entry, MethodEntry)
        assert entry.name == name
        signal = entry.build().run(iter([faces]))
        assert signal is not None
        assert len(signal) > 100
        assert np.corrcoef(signal.values[5:100], rgb.mean(axis=(1, 2, 3))[5:100])[0, 1] < 0


def test_the_dataset_of_the_page_is_a_dataset(tmp_path: Path) -> None:
    found: dict[str, Any] = {}
    exec(_blocks("extending.md")[2], found)
    dataset = found["DATASET"]
    assert isinstance(dataset, Dataset)
    spec = VideoSpec(seed=3, duration_s=1.0, width=320, height=240, face_px=100)
    assert dataset.write(tmp_path, 0, spec) == "s01"
    (recording,) = dataset.recordings(tmp_path)
    assert recording.subject == "s01"
    assert sum(len(frames) for frames in recording.frames()) == 30
    pulse = recording.references().bvp
    assert pulse is not None
    assert pulse.fs == pytest.approx(30.0, rel=1e-3)


def test_doctests_get_a_heading_once() -> None:
    pytest.importorskip("griffe")
    with_heading = _loaded("doctests.py").with_heading
    bare = "Return one.\n\n>>> one()\n1"
    headed = with_heading(bare)
    assert headed == "Return one.\n\nExamples\n--------\n>>> one()\n1"
    assert with_heading(headed) == headed
    assert with_heading("Return one.") == "Return one."


@pytest.mark.slow
def test_the_site_builds_strictly_and_loads_nothing_from_outside(tmp_path: Path) -> None:
    pytest.importorskip("mkdocs")
    pytest.importorskip("mkdocstrings")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    pages = sorted(tmp_path.rglob("*.html"))
    for path in DOCS.glob("*.md"):
        assert (tmp_path / f"{path.stem}.html") in pages
    for page in pages:
        for tag in LOADED.findall(page.read_text(encoding="utf-8")):
            assert not re.search(r"""(?:src|href|data)=["']?(?:https?:)?//""", tag), (page, tag)
    for sheet in tmp_path.rglob("*.css"):
        assert not re.search(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//", sheet.read_text())
    api = (tmp_path / "api.html").read_text(encoding="utf-8")
    for name in sspd.__all__:
        assert name.startswith("__") or f'id="sspd.{name}"' in api, f"api.html: no {name}"
    changes = (tmp_path / "changelog.html").read_text(encoding="utf-8")
    assert "Keep a Changelog" in changes
