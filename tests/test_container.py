"""The image and its compose file keep their rules: small, not root, read-only, no secrets."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer
import yaml

from helpers.servers import thread_server
from sspd.cli.main import app
from sspd.server.settings import ServerSettings
from sspd.types import MeasureOptions

ROOT = Path(__file__).resolve().parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())


class Step(NamedTuple):
    """One instruction of a Dockerfile."""

    name: str
    rest: str


def steps(text: str) -> list[Step]:
    """Return the instructions, lines joined, comments left out."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    found = [line.split(maxsplit=1) for line in joined.splitlines() if line.strip()]
    return [Step(name, rest) for name, rest in found]


def faults(text: str) -> Iterator[str]:
    """Yield the rules that a Dockerfile breaks."""
    every = steps(text)
    images = [step.rest.split()[0] for step in every if step.name == "FROM"]
    if not images or not all(re.fullmatch(r"python:3\.\d+-slim-\w+", one) for one in images):
        yield "an image that is not a slim Python of a stated version"
    last = every[max(k for k, step in enumerate(every) if step.name == "FROM") :]
    users = [step.rest for step in last if step.name == "USER"]
    if not users or users[-1].split(":")[0] in ("root", "0"):
        yield "root"
    if not any(step.name == "HEALTHCHECK" and "CMD" in step.rest for step in last):
        yield "no health check"
    for step in every:
        if step.name == "ADD":
            yield "ADD, which unpacks and downloads"
        if step.name in ("CMD", "ENTRYPOINT") and not step.rest.startswith("["):
            yield f"{step.name} by a shell, which takes no signals"
        if step.name in ("ENV", "ARG") and re.search("token|secret|password", step.rest, re.I):
            yield "a secret in the image"
        if step.name == "RUN" and " install " in step.rest and "pip" in step.rest:
            if "--require-hashes" not in step.rest and "--no-deps" not in step.rest:
                yield "packages without hashes"
            if "--no-cache-dir" not in step.rest:
                yield "pip's cache in the image"


def test_the_image_keeps_the_rules() -> None:
    assert list(faults(DOCKERFILE)) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("python:3.13-slim-bookworm AS", "python:latest AS", "slim Python"),
        ("USER 10001", "USER root", "root"),
        ("HEALTHCHECK", "LABEL x=", "no health check"),
        ("COPY src src", "ADD src src", "ADD"),
        ('ENTRYPOINT ["/opt/sspd/bin/sspd"]', "ENTRYPOINT sspd", "by a shell"),
        ("ENV HOME=/tmp", "ENV SSPD_TOKENS=abc HOME=/tmp", "a secret"),
        ("--require-hashes", "--quiet", "without hashes"),
        ("--no-cache-dir", "--quiet", "cache"),
    ],
)
def test_a_rule_that_is_broken_is_found(old: str, new: str, fault: str) -> None:
    assert old in DOCKERFILE
    assert any(fault in found for found in faults(DOCKERFILE.replace(old, new)))


def test_what_is_copied_is_there_and_not_ignored() -> None:
    kept = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    for step in steps(DOCKERFILE):
        if step.name == "COPY" and not step.rest.startswith("--from"):
            for name in step.rest.split()[:-1]:
                assert (ROOT / name).exists()
                assert name in kept
    assert not re.search("^torch", (ROOT / "requirements-serve.txt").read_text(), re.MULTILINE)


def _checked_command(words: list[str]) -> dict[str, Any]:
    """The options of a call, as the command itself reads them."""
    group: Any = typer.main.get_command(app)
    assert words[0] == "serve"
    context = group.commands["serve"].make_context("serve", words[1:], resilient_parsing=False)
    return dict(context.params)


def test_its_commands_are_commands() -> None:
    (entry,) = [step.rest for step in steps(DOCKERFILE) if step.name == "ENTRYPOINT"]
    (words,) = [step.rest for step in steps(DOCKERFILE) if step.name == "CMD"]
    assert json.loads(entry) == ["/opt/sspd/bin/sspd"]
    assert _checked_command(json.loads(words))["host"] == "0.0.0.0"
    given = _checked_command(COMPOSE["services"]["sspd"]["command"])
    assert str(given["token_file"]) == "/run/secrets/tokens"
    network = COMPOSE["networks"]["inside"]["ipam"]["config"][0]["subnet"]
    assert list(given["proxy"]) == [network]
    ServerSettings(Path("state"), proxies=(network,))


def test_the_service_has_nothing_that_it_does_not_need() -> None:
    service, proxy = COMPOSE["services"]["sspd"], COMPOSE["services"]["proxy"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"]["internal"] is True
    assert "ports" not in service and "environment" not in service
    assert re.fullmatch(r"[\w./-]+:\d+\.\d+[\w.-]*", proxy["image"])
    seconds = int(service["stop_grace_period"].rstrip("s"))
    assert seconds > ServerSettings(Path("state")).stop_s + 10


def test_the_proxy_passes_on_to_the_service() -> None:
    text = (ROOT / "deploy" / "Caddyfile").read_text()
    (name,) = [
        w[13:] for w in COMPOSE["services"]["sspd"]["command"] if w.startswith("--allow-host=")
    ]
    assert f"{name} {{" in text
    assert "reverse_proxy sspd:8000" in text
    assert "max_size 500MB" in text  # as much as --max-mb


def test_the_health_check_is_true_and_false(tmp_path: Path) -> None:
    (check,) = [step.rest for step in steps(DOCKERFILE) if step.name == "HEALTHCHECK"]
    _, option, code = json.loads(check[check.index("[") :])
    settings = ServerSettings(tmp_path / "state", port=0, options=MeasureOptions(method="pos"))
    with thread_server(settings) as (call, _):
        own = [sys.executable, option, code.replace(":8000", f":{call.port}")]
        assert subprocess.run(own, check=False).returncode == 0
    assert subprocess.run(own, check=False, stderr=subprocess.DEVNULL).returncode != 0


def test_a_linter_finds_nothing() -> None:
    linter = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if linter is None:
        pytest.skip("hadolint has no package for this system")
    ran = subprocess.run(
        [linter, "--no-color", str(ROOT / "Dockerfile")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (0, ""), shlex.join(ran.args)
