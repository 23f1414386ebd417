"""The TypeScript port of the read-out: built from its lock file, held to the same vectors."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from vectors.make import HERE

PACKAGE = HERE.parents[1] / "web" / "js"
NO_NETWORK = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT", "ECONNRESET", "ENOTCACHED")


def run(*command: str) -> subprocess.CompletedProcess[str]:
    found = shutil.which(command[0])
    if found is None:
        pytest.skip(f"{command[0]} is not installed: the TypeScript port is not tested here")
    return subprocess.run(
        [found, *command[1:]], cwd=PACKAGE, capture_output=True, text=True, timeout=600
    )


@pytest.mark.slow
def test_the_port_agrees_with_the_vectors() -> None:
    version = run("node", "--version").stdout.strip()
    if int(version.lstrip("v").split(".")[0]) < 20:
        pytest.skip(f"node {version} is older than 20: the TypeScript port is not tested here")
    if not (PACKAGE / "node_modules" / "typescript").is_dir():
        installed = run("npm", "ci", "--no-audit", "--no-fund")
        if installed.returncode and any(word in installed.stderr for word in NO_NETWORK):
            pytest.skip("npm ci reaches no registry: the TypeScript port is not tested here")
        assert installed.returncode == 0, installed.stderr[-2000:]
    tested = run("npm", "test")
    assert tested.returncode == 0, (tested.stdout + tested.stderr)[-4000:]
    passed = re.search(r"^# pass (\d+)$|^ℹ pass (\d+)$", tested.stdout, re.MULTILINE)
    assert passed is not None
    cases = sum(path.read_text(encoding="utf-8").count('"name":') for path in HERE.glob("*.json"))
    assert int(passed[1] or passed[2]) >= cases > 20


def test_the_package_depends_on_nothing_at_run_time() -> None:

    package = json.loads((PACKAGE / "package.json").read_text(encoding="utf-8"))
    assert "dependencies" not in package
    lock = json.loads((PACKAGE / "package-lock.json").read_text(encoding="utf-8"))
    assert all(each.get("dev") for name, each in lock["packages"].items() if name)
    sources = Path(PACKAGE, "src").glob("*.ts")
    for source in sources:
        text = source.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 300, source.name
        assert not re.findall(r'from "(?!\./)', text), f"{source.name} imports a package"
