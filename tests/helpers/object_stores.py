"""Object stores on the loopback address: one that fails as asked, and moto's S3."""

from __future__ import annotations

import hashlib
import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit

import pytest

#: How long a server may take to start on a busy machine, seconds.
PATIENCE_S = 60.0
PAGE_KEYS = 1000


@dataclass
class Bucket:
    """What a server holds, what it does wrong, and what it was asked."""

    objects: dict[str, bytes] = field(default_factory=dict)
    faults: dict[str, list[str]] = field(default_factory=dict)
    """Of a key: one fault a request ("403", "503", "cut", "changed", "gone"), then none; the
    last one stays where it ends with "*"."""
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    """Method, key and range."""
    numbered: int = 0
    """Keys ``many/0000000.mp4`` that are listed beside the others."""

    def fault(self, key: str) -> str:
        left = self.faults.get(key, [])
        if not left:
            return ""
        return left[0].removesuffix("*") if left[0].endswith("*") else left.pop(0)

    def keys(self, prefix: str, after: str, n: int) -> list[str]:
        found = sorted(key for key in self.objects if key.startswith(prefix) and key > after)[:n]
        if self.numbered and "many/".startswith(prefix):
            last = re.fullmatch(r"many/(\d+)\.mp4", after)
            first = int(last[1]) + 1 if last else 0
            found += [f"many/{k:07d}.mp4" for k in range(first, min(self.numbered, first + n))]
        return found[:n]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    bucket: Bucket

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._object(with_body=False)

    def do_GET(self) -> None:
        if "list-type=2" in self.path:
            self._list()
        else:
            self._object(with_body=True)

    def do_PUT(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        if self.bucket.fault(self._key()) == "403":
            self._reply(403)
            return
        self.bucket.objects[self._key()] = data
        self._reply(200, headers={"ETag": _etag(data)})

    def do_POST(self) -> None:
        """Remove objects, several at a time."""
        asked = self.rfile.read(int(self.headers["Content-Length"])).decode()
        keys = re.findall("<Key>(.*?)</Key>", asked)
        for key in keys:
            self.bucket.objects.pop(unescape(key), None)
        gone = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
        self._reply(
            200,
            f"<DeleteResult>{gone}</DeleteResult>".encode(),
            {"Content-Type": "application/xml"},
        )

    def _key(self) -> str:
        return unquote(urlsplit(self.path).path).removeprefix("/bucket").lstrip("/")

    def _reply(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if "Content-Length" not in (headers or {}):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _object(self, *, with_body: bool) -> None:
        key, wanted = self._key(), self.headers.get("Range", "")
        self.bucket.asked.append((self.command, key, wanted))
        fault = self.bucket.fault(key)
        data = self.bucket.objects.get(key)
        if data is None or fault == "gone":
            self._reply(404)
            return
        if fault in ("403", "503"):
            self._reply(int(fault))
            return
        etag = '"another"' if fault == "changed" else _etag(data)
        if self.headers.get("If-Match", etag) != etag:
            self._reply(412)
            return
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        start = int(first or 0)
        part = data[start : int(last) + 1 if last else None]
        headers = {
            "ETag": etag,
            "Last-Modified": "Mon, 30 Nov 2026 09:00:00 GMT",
            "Content-Length": str(len(part)),
        }
        if wanted:
            headers["Content-Range"] = f"bytes {start}-{start + len(part) - 1}/{len(data)}"
        if fault == "cut":
            self._reply(206, part[:100], headers)
            self.wfile.flush()
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self._reply(206 if wanted else 200, part if with_body else b"", headers)

    def _list(self) -> None:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        prefix = asked.get("prefix", "")
        self.bucket.asked.append(("LIST", prefix, ""))
        found = self.bucket.keys(prefix, asked.get("continuation-token", ""), PAGE_KEYS + 1)
        more = len(found) > PAGE_KEYS
        found = found[:PAGE_KEYS]
        entries = "".join(
            f"<Contents><Key>{quote(key)}</Key><Size>{len(self.bucket.objects.get(key, b'x'))}"
            f"</Size><ETag>{_etag(self.bucket.objects.get(key, b'x'))}</ETag>"
            "<LastModified>2026-11-30T09:00:00.000Z</LastModified></Contents>"
            for key in found
        )
        token = f"<NextContinuationToken>{found[-1]}</NextContinuationToken>" if more else ""
        text = (
            f"<ListBucketResult><IsTruncated>{str(more).lower()}</IsTruncated>{token}{entries}"
            "</ListBucketResult>"
        )
        self._reply(200, text.encode(), {"Content-Type": "application/xml"})


def _etag(data: bytes) -> str:
    return f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'


def environment(port: int) -> dict[str, str]:
    """What a process needs to reach a store on the loopback address."""
    return {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
    }


def bucket_of(folder: Path) -> Bucket:
    """A bucket that has the files of a folder under ``videos``."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return Bucket({f"videos/{path.relative_to(folder)}": path.read_bytes() for path in files})


@contextmanager
def serving(bucket: Bucket) -> Iterator[int]:
    """Serve a bucket called ``bucket``, also as a web server; yield the port."""
    handler = type("Handler", (_Handler,), {"bucket": bucket})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def moto_server() -> Iterator[int]:
    """Run moto's S3 in a process of its own with an empty ``bucket``; yield the port."""
    pytest.importorskip("moto", reason="needs moto, of the extra dev")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1"]
    process = subprocess.Popen(
        [*command, "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ,
    )
    try:
        _make_bucket(f"http://127.0.0.1:{port}/bucket", process)
        yield port
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def _make_bucket(url: str, process: subprocess.Popen[bytes]) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while True:
        try:
            asked = urllib.request.Request(url, method="PUT")
            with urllib.request.urlopen(asked, timeout=PATIENCE_S):
                return
        except OSError:
            assert process.poll() is None, "moto's server has ended"
            assert time.monotonic() < end_s, "moto's server does not answer"
            threading.Event().wait(0.05)
