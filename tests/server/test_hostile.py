"""Callers that are hostile or broken: each gets a typed answer, and nothing stays on the disk."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import numpy as np
import pytest

from helpers.servers import PATIENCE_S, Answer, Caller, until
from sspd.server.problems import CODES
from sspd.server.service import Service

PLACE = "/v1/measurements"
SOME_ID = "A" * 22
#: Method, path, headers, status and code of requests without a body.
REFUSED: list[tuple[str, str, dict[str, str], str]] = [
    ("GET", "/nothing", {}, "not_found"),
    ("GET", "/static/../run.py", {}, "not_found"),
    ("GET", "/static/..%2frun.py", {}, "not_found"),
    ("GET", "/static/%2e%2e/run.py", {}, "not_found"),
    ("GET", f"{PLACE}/{SOME_ID}", {}, "not_found"),
    ("GET", f"{PLACE}/..%2f..%2fjobs.sqlite", {}, "not_found"),
    ("GET", f"{PLACE}/%00", {}, "not_found"),
    ("GET", f"{PLACE}/{'x' * 3000}/csv", {}, "not_found"),
    ("DELETE", f"{PLACE}/..", {}, "not_found"),
    ("GET", PLACE, {}, "wrong_method"),
    ("PUT", f"{PLACE}/{SOME_ID}", {}, "wrong_method"),
    ("POST", "/healthz", {}, "wrong_method"),
    ("GET", "/healthz", {"Host": "evil.example"}, "unknown_host"),
    ("GET", "/healthz", {"Host": "localhost.evil.example:80"}, "unknown_host"),
    ("GET", "/healthz", {"Host": "127.0.0.1:80@evil.example"}, "unknown_host"),
    ("GET", f"{PLACE}/{SOME_ID}", {"Host": "127.0.0.1.nip.example"}, "unknown_host"),
    ("POST", PLACE, {"Origin": "https://evil.example"}, "foreign_origin"),
    ("POST", PLACE, {"Origin": "null"}, "foreign_origin"),
    ("POST", PLACE, {"Sec-Fetch-Site": "cross-site"}, "foreign_origin"),
    ("POST", PLACE, {"Sec-Fetch-Site": "same-site"}, "foreign_origin"),
    ("DELETE", f"{PLACE}/{SOME_ID}", {"Origin": "https://evil.example"}, "foreign_origin"),
    ("POST", PLACE, {"Content-Type": "multipart/form-data; boundary=x"}, "wrong_type"),
    ("POST", PLACE, {"Content-Encoding": "gzip"}, "wrong_type"),
    ("POST", PLACE, {"Content-Length": str(10 << 30)}, "too_large"),
    ("POST", PLACE, {"Content-Length": "9" * 20}, "too_large"),
    ("POST", PLACE, {}, "invalid"),
    ("POST", f"{PLACE}?fps=0", {}, "invalid"),
    ("POST", f"{PLACE}?fps=nan", {}, "invalid"),
    ("POST", f"{PLACE}?window=1e999", {}, "invalid"),
    ("POST", f"{PLACE}?step=5e-324", {}, "invalid"),
    ("POST", f"{PLACE}?box=1,2,3", {}, "invalid"),
    ("POST", f"{PLACE}?box=1,2,3,99999999999999999999", {}, "invalid"),
    ("POST", f"{PLACE}?weights=/etc/passwd", {}, "invalid"),
    ("POST", f"{PLACE}?end=9&end=10", {}, "invalid"),
    ("POST", f"{PLACE}?start=9&end=3", {}, "invalid"),
    ("POST", f"{PLACE}?box=8,4,48,60&face=all", {}, "invalid"),
    ("POST", PLACE, {"Idempotency-Key": "k" * 300}, "invalid"),
]


def _typed(answer: Answer, code: str, service: Service) -> None:
    assert answer.status == CODES[code], answer.body
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["code"] == code
    assert str(service.settings.folder) not in answer.body.decode()
    assert "Traceback" not in answer.body.decode()


@pytest.fixture(autouse=True)
def nothing_left(service: Service) -> Iterator[None]:
    yield
    until(lambda: not service.uploads and service.promised_bytes == 0)
    until(lambda: not [*service.videos.iterdir(), *service.scratch.iterdir()])


@pytest.mark.parametrize(("method", "path", "headers", "code"), REFUSED)
def test_a_request_that_is_refused(
    method: str, path: str, headers: dict[str, str], code: str, call: Caller, service: Service
) -> None:
    _typed(call(method, path, None, headers), code, service)


def test_hosts_that_are_its_own(call: Caller) -> None:
    for host in ("pulse.example", "PULSE.example:8443", "localhost", "[::1]:8000", "10.0.0.7:80"):
        assert call("GET", "/healthz", None, {"Host": host}).status == 200
    two = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n"
    assert call.raw(two).startswith(b"HTTP/1.1 4")


def test_a_page_of_the_server_itself_may_send(call: Caller, service: Service) -> None:
    headers = {"Origin": "http://localhost:8000", "Host": "localhost:8000"}
    answer = call("POST", PLACE, None, headers | {"Sec-Fetch-Site": "same-origin"})
    _typed(answer, "invalid", service)  # an empty body: it came so far


def test_a_body_without_a_length_that_grows_is_cut_off(call: Caller, service: Service) -> None:
    block = b"10000\r\n" + bytes(1 << 16) + b"\r\n"
    head = f"POST {PLACE} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection(("127.0.0.1", call.port), PATIENCE_S) as sock:
        sock.sendall(head.encode())
        sent = 0
        try:
            while sent < 64 << 20:
                sock.sendall(block)
                sent += 1 << 16
        except OSError:
            pass
    assert sent < 16 << 20  # 2 MB are allowed; the rest fits into buffers
    assert call("GET", "/healthz").status == 200


def test_a_slow_body_is_given_up(call: Caller) -> None:
    head = f"POST {PLACE} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n0123456789"
    found = call.raw(head.encode())
    assert b" 408 " in found.splitlines()[0]
    assert b"upload_too_slow" in found


def test_one_caller_does_not_take_all_places(call: Caller, service: Service) -> None:
    head = f"POST {PLACE} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n".encode()
    each = service.settings.bounds.uploads_each
    sockets = [socket.create_connection(("127.0.0.1", call.port), PATIENCE_S) for _ in range(each)]
    try:
        for sock in sockets:
            sock.sendall(head)
        until(lambda: service.uploads.total() == each)
        _typed(call("POST", PLACE, b"video"), "too_many", service)
    finally:
        for sock in sockets:
            sock.close()


def test_half_a_body_leaves_nothing(call: Caller, service: Service) -> None:
    head = f"POST {PLACE} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n"
    with socket.create_connection(("127.0.0.1", call.port), PATIENCE_S) as sock:
        sock.sendall(head.encode() + bytes(5000))
        until(lambda: list(service.videos.iterdir()))


@pytest.mark.parametrize("start", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: localhost\r\nX:"])
def test_a_head_that_never_ends_is_given_up(start: bytes, call: Caller) -> None:
    assert call.raw(start) == b""


def test_a_second_head_that_never_ends_is_given_up_too(call: Caller) -> None:
    whole = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    assert call.raw(whole, b"GET /healthz HT").count(b"HTTP/1.1 200") == 1


def test_a_head_that_is_too_large_is_refused(call: Caller) -> None:
    head = b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + 1_000_000 * b"x" + b"\r\n\r\n"
    assert call.raw(head)[:12] in (b"HTTP/1.1 400", b"")


@pytest.mark.slow
def test_a_thousand_sockets_that_say_nothing_stop_nobody(call: Caller) -> None:
    sockets = [socket.create_connection(("127.0.0.1", call.port), 30) for _ in range(1000)]
    try:
        assert call("GET", "/healthz").status == 200
        assert [sock.recv(1) for sock in sockets[::100]] == 10 * [b""]  # given up
    finally:
        for sock in sockets:
            sock.close()


@pytest.mark.slow
def test_mutated_requests_get_typed_answers(call: Caller, service: Service) -> None:
    rng = np.random.default_rng(1)
    heads = [
        f"GET {PLACE}/{SOME_ID}/csv HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n",
        f"POST {PLACE}?end=9&face=all HTTP/1.1\r\nHost: localhost\r\nContent-Type: video/mp4\r\n"
        "Idempotency-Key: abc\r\nContent-Length: 4\r\n\r\nabcd",
        f"DELETE {PLACE}/{SOME_ID} HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://127.0.0.1\r\n\r\n",
        "GET /v1/live HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    ]
    jobs = set()
    for _ in range(150):
        data = bytearray(heads[rng.integers(len(heads))].encode())
        for _ in range(rng.integers(1, 6)):
            at = int(rng.integers(len(data)))
            match rng.integers(3):
                case 0:
                    data[at] = int(rng.integers(256))
                case 1:
                    del data[at : at + int(rng.integers(1, 20))]
                case _:
                    data[at:at] = data[: int(rng.integers(1, 40))]
        with socket.create_connection(("127.0.0.1", call.port), PATIENCE_S) as sock:
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
            found = b""
            while more := sock.recv(65536):
                found += more
        for answer in found.split(b"HTTP/1.1 ")[1:]:
            if answer[:1] == b"5":
                assert b"application/problem+json" in answer, (bytes(data), answer)
            assert str(service.settings.folder).encode() not in answer
            if answer[:3] == b"202":
                jobs.add(json.loads(answer.partition(b"\r\n\r\n")[2].splitlines()[0])["id"])
    assert call("GET", "/readyz").status == 200
    for job_id in jobs:
        assert call.wait(job_id)["state"] == "failed"


def test_pages_load_nothing_from_elsewhere(call: Caller) -> None:
    for path in ("/", "/docs"):
        page = call("GET", path)
        policy = page.headers["content-security-policy"]
        assert page.status == 200
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        text = page.body.decode()
        assert (
            "http://" not in text and "https://" not in text and "//" not in text.replace("</", "")
        )
        assert "Not a medical device" in text
        assert (
            "<style" not in text and " style=" not in text and " on" not in text.split("<main")[0]
        )
    for name in ("page.js", "page.css"):
        assert call("GET", f"/static/{name}").status == 200


def test_every_answer_has_its_headers(call: Caller) -> None:
    for path in ("/", "/healthz", "/nothing", "/metrics", "/openapi.json"):
        headers = call("GET", path).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "access-control-allow-origin" not in headers
        assert "server" not in headers
