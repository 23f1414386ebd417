"""The two lists of pinned packages agree, and what measuring needs is pinned by hash."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def _pins(text: str) -> dict[str, str]:
    found = re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", text, re.MULTILINE)
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in found}


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-serve.txt"])
def test_every_requirement_has_hashes_and_the_version_of_the_constraints(name: str) -> None:
    text = (ROOT / name).read_text()
    locked = _pins(text)
    known = _pins((ROOT / "constraints.txt").read_text())
    assert {n: v for n, v in locked.items() if known.get(n, v) != v} == {}
    entries = re.split(r"^(?=[A-Za-z])", text, flags=re.MULTILINE)[1:]
    assert len(entries) == len(locked)
    for entry in entries:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry[:80]
    assert "://" not in text  # whoever installs chooses the index


def test_what_measuring_needs_is_locked_and_no_torch() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = project["project"]["dependencies"] + project["build-system"]["requires"]
    names = {re.match(r"[\w.-]+", one)[0].lower() for one in wanted}  # type: ignore[index]
    locked = _pins((ROOT / "requirements.txt").read_text())
    assert names <= locked.keys()
    assert "torch" not in locked
    serving = _pins((ROOT / "requirements-serve.txt").read_text())
    extra = project["project"]["optional-dependencies"]["serve"]
    names = {re.match(r"[\w.-]+", one)[0].lower() for one in extra}  # type: ignore[index]
    assert names <= serving.keys() - locked.keys()
    assert locked.items() <= serving.items()
    assert "torch" not in serving
