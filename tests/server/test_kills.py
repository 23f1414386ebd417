"""Real ends of a real server: kill -9, SIGTERM, workers that die; no job is lost or doubled."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path

import pytest

from helpers.servers import PATIENCE_S, ProcessServer, until
from sspd.server.run import bound_socket, page_address
from sspd.server.settings import ServerSettings

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc").exists(), reason="finds workers in /proc"),
]
QUICK = ("--method", "pos")
PLACE = "/v1/measurements"


def _states(folder: Path) -> dict[str, str]:
    with closing(sqlite3.connect(folder / "jobs.sqlite")) as file:
        return dict(file.execute("SELECT id, state FROM job"))


def test_a_server_that_is_killed_again_and_again_loses_nothing(
    tmp_path: Path, beating_video: Path
) -> None:
    folder, ids = tmp_path / "state", list[str]()
    box = {"box": "8,4,48,60"}
    for round_ in range(4):
        server = ProcessServer(folder, *QUICK)
        for n in range(2):
            key = {"Idempotency-Key": f"{round_}-{n}"}
            ids.append(server.call.send(beating_video, key, **box))
            assert server.call.send(beating_video, key, **box) == ids[-1]
        if round_ % 2:
            until(lambda: "running" in _states(folder).values())
        server.kill()
    assert sorted(_states(folder)) == sorted(ids)
    server = ProcessServer(folder, *QUICK)
    try:
        for job_id in ids:
            reply = server.call.wait(job_id)
            assert (reply["state"], reply["tries"]) == ("done", 0), reply
            assert reply["results"][0]["hr_bpm"] == pytest.approx(72.0, abs=1.0)
        done = [line for line in server.lines if " done job=" in line]
        assert len(done) == len({line.split("job=")[1][:22] for line in done})
        until(lambda: not list((folder / "videos").iterdir()))
    finally:
        assert server.stop() == 0


def test_a_video_whose_worker_dies_three_times_fails_and_the_next_is_measured(
    tmp_path: Path, beating_video: Path
) -> None:
    server = ProcessServer(tmp_path / "state", *QUICK)
    try:
        until(lambda: server.call("GET", "/readyz").status == 200)
        (idle,) = server.children()
        os.kill(idle, signal.SIGSTOP)  # so that the job is surely running when it dies
        job_id = server.call.send(beating_video, box="8,4,48,60")
        until(lambda: server.call("GET", f"{PLACE}/{job_id}").json["state"] == "running")
        killed = set[int]()
        while len(killed) < 3:  # a new one takes a second before it measures
            until(lambda: set(server.children()) - killed)
            (worker,) = set(server.children()) - killed
            os.kill(worker, signal.SIGKILL)
            killed.add(worker)
        reply = server.call.wait(job_id)
        assert reply["state"] == "failed"
        assert reply["reason"].startswith("video: its worker process was killed (SIGKILL)")
        assert reply["reason"].endswith(", 3 times")
        assert reply["tries"] == 3
        other = server.call.send(beating_video, box="8,4,48,60")
        assert server.call.wait(other)["state"] == "done"
        assert "sspd_worker_deaths_total 3.0" in server.call("GET", "/metrics").body.decode()
    finally:
        assert server.stop() == 0


def test_sigterm_stops_in_time_and_what_waits_is_measured_later(
    tmp_path: Path, beating_video: Path
) -> None:
    server = ProcessServer(tmp_path / "state", *QUICK)
    ids = [server.call.send(beating_video, box="8,4,48,60") for _ in range(6)]
    assert server.stop() == 0
    workers = server.children() if server.process.poll() is None else []
    assert not workers
    states = _states(tmp_path / "state")
    assert sorted(states) == sorted(ids)
    assert set(states.values()) <= {"queued", "done"}
    again = ProcessServer(tmp_path / "state", *QUICK)
    try:
        assert all(again.call.wait(job_id)["state"] == "done" for job_id in ids)
    finally:
        assert again.stop() == 0


def test_nobody_is_named_in_the_log_or_on_the_disk(tmp_path: Path, beating_video: Path) -> None:
    server = ProcessServer(tmp_path / "state", *QUICK, "--keep-fetched", "0")
    try:
        headers = {
            "Content-Disposition": 'attachment; filename="Ada Lovelace.mp4"',
            "Idempotency-Key": "Ada Lovelace",
        }
        job_id = server.call.send(beating_video, headers)
        server.call.wait(job_id)
        server.call("POST", f"{PLACE}?name=Ada%20Lovelace", b"x")
        server.call("GET", "/Ada%20Lovelace")
        with suppress(ConnectionError):
            server.call.raw(b"GARBAGE Ada Lovelace\r\n\r\n")
        until(lambda: server.call("GET", f"{PLACE}/{job_id}").status == 404)
    finally:
        assert server.stop() == 0
    assert not [line for line in server.lines if "Ada" in line]
    for path in (tmp_path / "state").rglob("*"):
        assert path.is_dir() or b"Ada" not in path.read_bytes()
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl to make a certificate")
def test_tls_and_a_token_from_the_environment(tmp_path: Path) -> None:
    import ssl
    from urllib.request import Request, urlopen

    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    key, certificate, token = tmp_path / "key.pem", tmp_path / "cert.pem", "t" * 30
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-keyout", str(key), "-out", str(certificate), *names]
    subprocess.run(command, check=True, capture_output=True)
    flags = ("--tls-cert", str(certificate), "--tls-key", str(key))
    server = ProcessServer(tmp_path / "state", *QUICK, *flags, token=token)
    try:
        assert server.url.startswith("https://127.0.0.1:")
        context = ssl.create_default_context(cafile=str(certificate))
        asked = Request(f"{server.url}/metrics", headers={"Authorization": f"Bearer {token}"})
        with urlopen(asked, context=context, timeout=PATIENCE_S) as answer:
            assert b"sspd_jobs" in answer.read()
    finally:
        assert server.stop() == 0


@pytest.mark.slow
def test_the_page_is_opened_when_it_can_be_loaded(tmp_path: Path) -> None:
    opened, browser = tmp_path / "opened", tmp_path / "browser"
    fetch = "import sys, urllib.request as r; print(sys.argv[1], r.urlopen(sys.argv[1]).status)"
    browser.write_text(f"#!/bin/sh\n{sys.executable} -c '{fetch}' \"$1\" > {opened}.part\n")
    with browser.open("a") as file:
        file.write(f"mv {opened}.part {opened}\n")
    browser.chmod(0o755)
    server = ProcessServer(tmp_path / "state", *QUICK, "--open", BROWSER=f"{browser} %s")
    try:
        until(opened.exists)
        assert opened.read_text() == f"{server.url}/ 200\n"
    finally:
        assert server.stop() == 0


@pytest.mark.parametrize(
    ("host", "page"), [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::", "[::1]")]
)
def test_the_page_of_all_addresses_is_opened_on_this_machine(
    host: str, page: str, tmp_path: Path
) -> None:
    settings = ServerSettings(tmp_path, host=host, port=0, tokens=("x" * 32,))
    with bound_socket(settings) as listener:
        port = listener.getsockname()[1]
        assert page_address(settings, listener) == f"http://{page}:{port}/"


@pytest.mark.slow
def test_where_no_browser_can_be_opened_a_line_says_so(tmp_path: Path) -> None:
    server = ProcessServer(
        tmp_path / "state", *QUICK, "--open", BROWSER="/gone", PATH="", DISPLAY=""
    )
    try:
        until(lambda: any("no browser can be opened here; open http" in x for x in server.lines))
    finally:
        assert server.stop() == 0
