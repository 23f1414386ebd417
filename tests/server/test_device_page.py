"""The page that measures on the visitor's device, as the server gives it."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.servers import Caller, thread_server
from sspd.server.device_page import POLICY
from sspd.server.settings import ServerSettings

FILES = {
    "index.html": b"<!doctype html>",
    "worker.js": b"let a = 1;" * 99,
    "model.onnx": b"\x08" * 99,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    for name, data in FILES.items():
        (folder / f"{name}.gz").write_bytes(gzip.compress(data))
    (folder / "secret.txt").write_text("no file of the page")
    (folder / "secret.txt.gz").write_bytes(gzip.compress(b"neither"))
    return folder


@pytest.fixture(scope="module")
def call(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    state = tmp_path_factory.mktemp("state") / "serve"
    with thread_server(ServerSettings(state, port=0, page=folder, tokens=("t" * 40,))) as found:
        yield found[0]


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_given_packed_or_plain_and_needs_no_token(call: Caller, name: str) -> None:
    path = "/page/" if name == "index.html" else f"/page/{name}"
    plain = call("GET", path)
    packed = call("GET", path, headers={"Accept-Encoding": "gzip, br"})
    assert (plain.status, plain.body) == (200, FILES[name])
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == FILES[name]
    assert packed.headers["content-security-policy"] == POLICY
    again = call("GET", path, headers={"If-None-Match": packed.headers["etag"]})
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize(
    "name",
    ["secret.txt", "nothing.js", "..%2f..%2frun.py", "%2e%2e/worker.js", "worker.js.gz", "a%00.js"],
)
def test_nothing_else_is_given(call: Caller, name: str) -> None:
    answer = call("GET", f"/page/{name}")
    assert answer.status in (401, 404)
    assert b"neither" not in answer.body


def test_the_start_page_tells_of_it(call: Caller, tmp_path: Path) -> None:
    assert b'href="/page/"' in call("GET", "/").body
    with thread_server(ServerSettings(tmp_path / "serve", port=0, page=tmp_path)) as (other, _):
        assert b"/page/" not in other("GET", "/").body
        assert other("GET", "/page/").status == 404
