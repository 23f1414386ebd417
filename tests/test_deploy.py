"""Files for clusters: a manifest that says what it should, and a script that runs here."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
import yaml

from helpers.beating_faces import SKIN_BOX, beating_frames
from sspd.cli.main import app
from sspd.pipeline.batch.run import WORKER_BYTES

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
MANIFEST = (DEPLOY / "kuberay.yaml").read_text(encoding="utf-8")
SCRIPT = DEPLOY / "slurm.sbatch"


def pods(job: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Templates of all pods of a RayJob."""
    cluster = job["spec"]["rayClusterSpec"]
    yield cluster["headGroupSpec"]["template"]["spec"]
    for group in cluster["workerGroupSpecs"]:
        yield group["template"]["spec"]


def options_of(command: str) -> set[str]:
    group: Any = typer.main.get_command(app)
    return {name for one in group.commands[command].params for name in one.opts}


def faults(text: str) -> Iterator[str]:
    """Yield what a manifest says that KubeRay or this package would not take."""
    job, claim = yaml.safe_load_all(text)
    if (job["apiVersion"], job["kind"]) != ("ray.io/v1", "RayJob"):
        yield "another kind"
    program, command, *words = shlex.split(job["spec"]["entrypoint"])
    unknown = {word for word in words if word.startswith("--")} - options_of(command)
    if program != "sspd" or unknown:
        yield f"an entrypoint with {sorted(unknown)}"
    if not {"--engine", "--resume"} <= set(words) or "auto" not in words:
        yield "an entrypoint that is not on the cluster, or starts anew"
    cluster = job["spec"]["rayClusterSpec"]
    if cluster["rayVersion"] != ray_version():
        yield "another version of Ray"
    if cluster["authOptions"]["mode"] != "token":
        yield "a cluster without a token"
    if cluster["headGroupSpec"]["rayStartParams"]["num-cpus"] != "0":
        yield "videos on the head"
    volumes = set()
    for pod in pods(job):
        volumes |= {v["persistentVolumeClaim"]["claimName"] for v in pod.get("volumes", [])}
        for container in pod["containers"]:
            yield from _of_container(container, {v["name"] for v in pod.get("volumes", [])})
    if volumes != {claim["metadata"]["name"]}:
        yield "a volume that nobody claims"
    for group in cluster["workerGroupSpecs"]:
        if not 0 <= group["minReplicas"] <= group["replicas"] <= group["maxReplicas"]:
            yield "replicas that cannot be"


def _of_container(container: dict[str, Any], volumes: set[str]) -> Iterator[str]:
    resources = container["resources"]
    if resources["limits"] != resources["requests"]:  # Ray offers what the limits say
        yield "requests that are no limits"
    cores, memory = int(resources["limits"]["cpu"]), resources["limits"]["memory"]
    n_bytes = int(memory.removesuffix("Gi")) << 30
    if n_bytes < cores * WORKER_BYTES + (1 << 30):
        yield "too little memory for its cores"
    if {"name": "RAY_USAGE_STATS_ENABLED", "value": "0"} not in container["env"]:
        yield "usage statistics"
    secure = container["securityContext"]
    if not secure["runAsNonRoot"] or secure["allowPrivilegeEscalation"]:
        yield "a privileged container"
    if not {mount["name"] for mount in container.get("volumeMounts", [])} <= volumes:
        yield "a mount without a volume"
    if re.search("latest|^[^:]*$", container["image"]):
        yield "an image without a version"


def ray_version() -> str:
    pins = (ROOT / "constraints.txt").read_text()
    found = re.search(r"^ray==(.+)$", pins, re.MULTILINE)
    assert found
    return found[1]


def test_the_manifest_keeps_the_rules() -> None:
    assert list(faults(MANIFEST)) == []
    image = (DEPLOY / "ray.Dockerfile").read_text()
    assert f"FROM rayproject/ray:{ray_version()}-" in image


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("--resume", "", "starts anew"),
        ("--parquet", "--parket", "--parket"),
        ("mode: token", "mode: disabled", "without a token"),
        ('num-cpus: "0"', 'num-cpus: "2"', "videos on the head"),
        ("memory: 12Gi", "memory: 6Gi", "too little memory"),
        ("claimName: sspd-journal", "claimName: other", "nobody claims"),
        ('value: "0"', 'value: "1"', "usage statistics"),
        ("sspd-ray:1", "sspd-ray:latest", "without a version"),
        ("minReplicas: 0", "minReplicas: 60", "cannot be"),
        ("runAsNonRoot: true", "runAsNonRoot: false", "privileged"),
        ('"2.60.0"', '"2.40.0"', "another version"),
    ],
)
def test_a_broken_rule_is_seen(old: str, new: str, fault: str) -> None:
    assert old in MANIFEST
    assert any(fault in line for line in faults(MANIFEST.replace(old, new)))


def test_pinned_ray_is_the_one_here() -> None:
    pytest.importorskip("ray", reason="needs ray, of the extra scale")
    assert version("ray") == ray_version()


@pytest.fixture
def slurm(tmp_path: Path) -> dict[str, str]:
    """An environment as in a job of SLURM with one node: this machine.

    ``srun`` runs what it is given once, ``ray symmetric-run`` runs what is behind ``--`` (the real
    one ends every Ray of the machine), and ``sspd`` is the real command with the local engine.
    """
    programs = {
        "scontrol": 'echo "node-of-$3"',
        "srun": f'echo "srun $*" >> {tmp_path}/calls; while [[ $1 == --* ]]; do shift; done; "$@"',
        "ray": f"""
            echo "ray $*" >> {tmp_path}/calls
            if [[ $1 == get-auth-token ]]; then mkdir -p ~/.ray; echo secret > ~/.ray/auth_token
            else while [[ $1 != -- ]]; do shift; done; shift; "$@"; fi
            """,
        "sspd": f"""
            echo "sspd $*" >> {tmp_path}/calls
            words=(); while [[ $# -gt 0 ]]; do case $1 in --engine|--address) shift 2;;
            *) words+=("$1"); shift;; esac; done
            exec {sys.executable} -m sspd.cli.main "${{words[@]}}"
            """,
    }
    (tmp_path / "bin").mkdir()
    for name, text in programs.items():
        path = tmp_path / "bin" / name
        path.write_text(f"#!/bin/bash\nset -eu\n{text}\n")
        path.chmod(0o755)
    facts = {"SLURM_JOB_NODELIST": "gpu[3]", "SLURM_JOB_NUM_NODES": "1", "SLURM_JOB_ID": "12345"}
    facts |= {"HOME": str(tmp_path), "SLURM_CPUS_PER_TASK": "4"}
    return os.environ | facts | {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}


bash = pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")


@bash
def test_the_script_is_one_that_bash_reads() -> None:
    subprocess.run(["bash", "-n", str(SCRIPT)], check=True)
    text = SCRIPT.read_text()
    assert text.startswith("#!/bin/bash\n")
    ours = set(re.findall(r"--[a-z-]+", text.partition("-- sspd measure")[2]))
    assert ours <= options_of("measure")


@bash
def test_the_script_without_a_source_says_how(slurm: dict[str, str]) -> None:
    done = subprocess.run(
        ["bash", str(SCRIPT)], env=slurm, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "usage: sbatch" in done.stderr


@bash
@pytest.mark.slow
def test_the_script_measures_on_this_machine(
    slurm: dict[str, str], tmp_path: Path, write_video: Callable[..., Path]
) -> None:
    t = np.arange(300) / 30
    (tmp_path / "videos").mkdir()
    write_video(tmp_path / "videos" / "a b.mp4", beating_frames(t, 1.2), t)
    box = ",".join(map(str, SKIN_BOX))
    words = ["videos", "--method", "pos", "--box", box, "--json", "out.json", "--split", "0"]
    done = subprocess.run(
        ["bash", str(SCRIPT), *words],
        env=slurm,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (result,) = json.loads((tmp_path / "out.json").read_text())
    assert result["hr_bpm"] == pytest.approx(72, abs=1)
    calls = (tmp_path / "calls").read_text().splitlines()
    token, srun, symmetric, sspd = calls
    assert token == "ray get-auth-token --generate"
    assert "--nodes=1 --ntasks=1" in srun
    head = "node-of-gpu[3]:22345"
    assert f"symmetric-run --address {head} --min-nodes 1 --num-cpus 4 -- sspd" in symmetric
    assert sspd.endswith(f"--engine ray --address {head} --resume")
