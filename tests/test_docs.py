"""What the documents say is so: commands, options, files, the example, docstrings."""

from __future__ import annotations

import contextlib
import inspect
import io
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer

import sspd
from sspd.cli.main import app
from sspd.research.evaluate import SCORINGS
from sspd.research.recipes import RECIPES
from sspd.simulation import VideoSpec, truth, write_video
from sspd.vitals import REASONS
from sspd.vitals.acceptance import LEAST_CONFIDENCE
from test_layers import BAR_OF, BARS

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
#: What the README is to have, in this order.
README_PARTS = (
    "Install",
    "Quick start",
    "What it does",
    "What it does not do",
    "Accuracy",
    "Documentation",
    "Limits",
    "Cite",
)
README_WORDS = 1100
DOCUMENTS = [
    *sorted(ROOT.glob("*.md")),
    *sorted(path for room in ("benchmarks", "docs") for path in (ROOT / room).rglob("*.md")),
]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SPEC = VideoSpec(seed=5, duration_s=12.0, hr_bpm=66.0, width=320, height=240, face_px=120)


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _blocks(text: str, language: str) -> list[str]:
    return [body for name, body in BLOCK.findall(text) if name == language]


def _commands() -> dict[str, Any]:
    group: Any = typer.main.get_command(app)
    return dict(group.commands)


def _calls(text: str) -> Iterator[list[str]]:
    """Every call of `sspd` in shell blocks and in code between backticks."""
    lines = "\n".join(_blocks(text, "bash")).splitlines()
    lines += re.findall(r"`([^`\n]+)`", BLOCK.sub("", text))
    for line in lines:
        words = line.split("#")[0].split()
        if words and words[0] in ("sspd", ".venv/bin/sspd"):
            yield words[1:]


def _public() -> dict[str, Callable[..., Any]]:
    """Functions in the `__all__` of the package and its rooms."""
    found = {}
    for path in sorted(Path(sspd.__file__).parent.rglob("__init__.py")):
        name = ".".join(["sspd", *path.parent.relative_to(Path(sspd.__file__).parent).parts])
        module = import_module(name)
        for public in getattr(module, "__all__", ()):
            value = getattr(module, public)
            if inspect.isfunction(value):
                found[f"{value.__module__}.{public}"] = value
    return dict(sorted(found.items()))


PUBLIC = _public()


def _page(name: str) -> str:
    """A page of the site."""
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def test_readme_is_short_and_in_order() -> None:
    assert len(README.split()) <= README_WORDS
    assert tuple(re.findall(r"^## (.+)$", README, re.MULTILINE)) == README_PARTS
    assert README.index("<img") < README.index("## Install")


def test_every_line_of_the_readme_on_accuracy_says_simulated() -> None:
    part = README.partition("## Accuracy\n")[2].partition("\n## ")[0]
    lines = [line for line in part.splitlines() if line]
    assert len(lines) == 6
    for line in lines:
        assert "simulated" in line.lower(), line


def test_readme_names_every_command() -> None:
    for name in _commands():
        assert f"sspd {name}" in README, f"README.md does not name sspd {name}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=_name)
def test_documents_call_what_there_is(path: Path) -> None:
    commands = _commands()
    for words in _calls(path.read_text(encoding="utf-8")):
        if words and not words[0].startswith("-"):
            assert words[0] in commands, f"{path.name}: no command sspd {words[0]}"
            known = {name for param in commands[words[0]].params for name in param.opts}
            asked = {word.split("=")[0] for word in words[1:] if word.startswith("--")}
            assert asked <= known, f"{path.name}: sspd {words[0]} has no {asked - known}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=_name)
def test_documents_point_to_files_and_targets_that_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#\s]+)", text) + re.findall(r'src="([^"]+)"', text)
    for target in targets:
        if "://" not in target:
            assert (path.parent / target).exists(), f"{path.name}: {target} is not there"
    made = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    code = "\n".join(_blocks(text, "bash")) + "\n".join(re.findall(r"`([^`\n]+)`", text))
    assert set(re.findall(r"^make ([a-z-]+)", code, re.MULTILINE)) <= made


def test_documents_explain_every_reason_and_name_the_recipes() -> None:
    for reason in REASONS:
        assert f"`{reason}`" in _page("confidence.md")
    for recipe in RECIPES:
        assert f"--recipe {recipe}" in _page("training.md")
    for text in (README, _page("index.md")):
        assert "not a medical device" in text.lower()


def test_readme_links_to_every_page() -> None:
    linked = set(re.findall(r"\]\(docs/([\w-]+\.md)", README))
    pages = {path.name for path in (ROOT / "docs").glob("*.md")}
    assert pages - linked <= {"api.md", "benchmarks.md", "changelog.md", "model-card.md"}


def test_contributing_names_files_and_rooms_that_exist() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    places = re.findall(r"`((?:src|tests|benchmarks|docs|examples)/[\w./-]+)`", text)
    assert len(places) > 40
    missing = [place for place in places if "NAME" not in place and not (ROOT / place).exists()]
    assert not missing
    for room in re.findall(r"^\| `([a-z.]+)`(?:, `([a-z.]+)`)? \|", text, re.MULTILINE):
        for name in filter(None, room):
            assert name in BAR_OF, f"CONTRIBUTING.md: no room {name}"
    line = " | ".join(", ".join(bar) for bar in BARS)
    assert f"`{line}`" in text, f"CONTRIBUTING.md: the rooms are {line}"


def test_make_test_and_make_demo_stand_in_the_readme() -> None:
    commands = "\n".join(_blocks(README, "bash"))
    assert re.search(r"^make demo\b", commands, re.MULTILINE)
    assert re.search(r"^make test\b", commands, re.MULTILINE)


@pytest.mark.slow
def test_readme_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (example,) = _blocks(README, "python")
    assert len([line for line in example.splitlines() if line]) == 3
    write_video(SPEC, tmp_path / "face.mp4")
    monkeypatch.chdir(tmp_path)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(example, "README.md", "exec"), {})
    rate, reasons = printed.getvalue().split(maxsplit=1)
    assert float(rate) == pytest.approx(truth(SPEC).hr_bpm, abs=2.0)
    assert reasons.strip() == "()"


@pytest.mark.slow
def test_the_first_command_prints_what_the_documents_show(tmp_path: Path) -> None:
    """Rate, confidence and SNR; another processor may round the last digit otherwise."""
    command = str(Path(sys.executable).with_name("sspd"))
    run = partial(subprocess.run, cwd=tmp_path, check=True, capture_output=True, text=True)
    run([command, "demo", "--no-open"])
    found = _first_row(run([command, "measure", "demo/face.mp4"]).stdout)
    for text in (README, _page("index.md")):
        rate, confidence, snr_db = _first_row(text)
        assert rate == pytest.approx(found[0], abs=0.11)
        assert confidence == pytest.approx(found[1], abs=0.011)
        assert snr_db == pytest.approx(found[2], abs=0.11)


def _first_row(text: str) -> list[float]:
    """Return rate, confidence and SNR of the demo's row of a table."""
    row = re.search(r"^face\.mp4 +([\d.]+) bpm +([\d.]+) +([\d.]+) +1/1", text, re.MULTILINE)
    assert row is not None
    return [float(number) for number in row.groups()]


def test_train_help_names_every_recipe() -> None:
    (option,) = [param for param in _commands()["train"].params if param.name == "recipe"]
    for name in RECIPES:
        assert re.search(rf"\b{re.escape(name)}\b", option.help), f"--recipe: {name} is not named"


def test_evaluate_help_and_documents_name_every_scoring() -> None:
    (option,) = [param for param in _commands()["evaluate"].params if param.name == "scoring"]
    for name in SCORINGS:
        assert re.search(rf"\b{re.escape(name)}\b", option.help), f"--scoring: no {name}"
        assert f"`{name}`" in _page("evaluation.md")


@pytest.mark.parametrize("name", PUBLIC)
def test_public_functions_explain_their_arguments(name: str) -> None:
    """Two arguments or more stand under Parameters; an array's shape is told."""
    function = PUBLIC[name]
    text = inspect.getdoc(function) or ""
    assert text, f"{name} has no docstring"
    signature = inspect.signature(function)
    if len(signature.parameters) > 1:
        section = re.search(r"Parameters\n-+\n(.*?)(?:\n\n[A-Z]\w+\n-+\n|\Z)", text, re.DOTALL)
        assert section, f"{name}: no Parameters"
        missing = [p for p in signature.parameters if not re.search(rf"\b{p}\b", section[1])]
        assert not missing, f"{name}: Parameters leave out {missing}"
    if "NDArray" in str(signature.return_annotation):
        assert "shape" in text, f"{name}: returns an array and tells no shape"


def test_the_changelog_knows_every_command() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    for name in _commands():
        assert f"sspd {name}" in changes


def test_help_and_documents_name_the_acceptance_threshold() -> None:
    (option,) = [each for each in _commands()["measure"].params if each.name == "min_confidence"]
    assert option.show_default == str(LEAST_CONFIDENCE)
    assert f"None: {LEAST_CONFIDENCE}." in (inspect.getdoc(sspd.measure) or "")
    assert f"at least {LEAST_CONFIDENCE} and" in _page("confidence.md")
    assert f"accepted, {LEAST_CONFIDENCE} |" in _page("glossary.md")
    card = (ROOT / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert f"The threshold is {LEAST_CONFIDENCE}:" in card
