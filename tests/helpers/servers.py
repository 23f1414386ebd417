"""Servers that really listen on the loopback address: in a thread, or in a process to kill."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sspd.server.run import bound_socket, make_server
from sspd.server.service import Service
from sspd.server.settings import ServerSettings

#: How long anything may take on a busy machine, seconds.
PATIENCE_S = 60.0


def until(true: Callable[[], object]) -> None:
    """Wait until something is true; an error where it never is."""
    end_s = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end_s
        threading.Event().wait(0.002)


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Caller:
    """Calls of one server."""

    port: int
    headers: dict[str, str] = field(default_factory=dict)

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.request(method, path, body, {**self.headers, **(headers or {})})
            got = connection.getresponse()
            return Answer(got.status, dict(got.getheaders()), got.read())
        finally:
            connection.close()

    def raw(self, *parts: bytes) -> bytes:
        """Send bytes, and read until the server closes the connection."""
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE_S) as sock:
            for part in parts:
                sock.sendall(part)
            found = b""
            try:
                while more := sock.recv(65536):
                    found += more
            except ConnectionResetError:
                pass
            return found

    def send(self, video: Path, headers: Mapping[str, str] | None = None, **options: Any) -> str:
        query = f"?{urlencode(options)}" if options else ""
        answer = self("POST", f"/v1/measurements{query}", video.read_bytes(), headers)
        assert answer.status == 202, answer.body
        return str(answer.json["id"])

    def wait(self, job_id: str) -> dict[str, Any]:
        """The job at its end."""
        replies: list[dict[str, Any]] = []

        def ended() -> bool:
            replies.append(self("GET", f"/v1/measurements/{job_id}").json)
            return replies[-1]["state"] in ("done", "failed")

        until(ended)
        return replies[-1]


@contextmanager
def thread_server(settings: ServerSettings) -> Iterator[tuple[Caller, Service]]:
    """A server in a thread of this process, and what it holds."""
    with bound_socket(settings) as listener:
        server = make_server(settings)
        service: Service = server.config.app._service  # type: ignore[union-attr]
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            until(lambda: server.started or not thread.is_alive())
            assert server.started
            yield Caller(listener.getsockname()[1]), service
        finally:
            server.should_exit = True
            thread.join(PATIENCE_S)
            assert not thread.is_alive()


class ProcessServer:
    """``sspd serve`` in a process of its own."""

    def __init__(self, folder: Path, *arguments: str, token: str = "", **environment: str) -> None:
        command = [sys.executable, "-m", "sspd.cli.main", "serve", "--port", "0"]
        own = ({"SSPD_TOKENS": token} if token else {}) | environment
        self.process = subprocess.Popen(
            [*command, "--folder", str(folder), *arguments],
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | own,
        )
        self.lines: list[str] = []
        self._listening = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        assert self._listening.wait(PATIENCE_S), self.lines
        (line,) = [line for line in self.lines if " listening " in line]
        self.url = line.split()[-1]
        self.call = Caller(int(self.url.rpartition(":")[2]))

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line.rstrip())
            if " listening " in line:
                self._listening.set()
        self._listening.set()

    def children(self) -> list[int]:
        """Its worker processes."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        found = {int(pid) for task in tasks for pid in read_proc(task).split()}
        return [pid for pid in found if b"batch.worker" in read_proc(Path(f"/proc/{pid}/cmdline"))]

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self._close()

    def stop(self) -> int:
        self.process.terminate()
        try:
            return self.process.wait(PATIENCE_S)
        finally:
            self.process.kill()
            self._close()

    def _close(self) -> None:
        assert self.process.stderr is not None
        self._reader.join(PATIENCE_S)  # its workers have it no more
        self.process.stderr.close()


def read_proc(path: Path) -> bytes:
    """What stands in a file of a process or thread; nothing if that ended meanwhile."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""
