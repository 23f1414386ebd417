"""Tokens: who has none is kept out, who has one sees his own jobs alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from helpers.servers import Caller, thread_server
from sspd.errors import OutputError, UsageError
from sspd.server.guard import PUBLIC
from sspd.server.service import Service
from sspd.server.settings import ServerSettings
from sspd.server.tokens import checked_tokens, read_tokens
from sspd.types import MeasureOptions

MINE, YOURS = "mine-" + "m" * 30, "yours-" + "y" * 30
PLACE = "/v1/measurements"


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Caller, Service]]:
    settings = ServerSettings(
        tmp_path_factory.mktemp("state") / "serve",
        port=0,
        tokens=(MINE, YOURS),
        options=MeasureOptions(method="pos"),
    )
    with thread_server(settings) as found:
        yield found


@pytest.mark.parametrize(
    "headers",
    [
        {},
        _bearer(""),
        _bearer(MINE[:-1]),
        _bearer(MINE + "x"),
        _bearer("é" * 20),
        {"Authorization": f"Basic {MINE}"},
        {"Authorization": MINE},
        {"X-Token": MINE},
        {"Cookie": f"token={MINE}"},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", [PLACE, f"{PLACE}/x", "/metrics", "/nothing"])
def test_without_a_token_there_is_nothing(
    path: str, headers: dict[str, str], guarded: tuple[Caller, Service]
) -> None:
    answer = guarded[0](
        "GET", path, None, {k: v.encode().decode("latin1") for k, v in headers.items()}
    )
    assert (answer.status, answer.json["code"]) == (401, "no_token")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_video_without_a_token_is_not_taken(guarded: tuple[Caller, Service]) -> None:
    assert guarded[0]("POST", PLACE, b"video").status == 401
    assert not list(guarded[1].videos.iterdir())


def test_what_is_nobodys_needs_no_token(guarded: tuple[Caller, Service]) -> None:
    for path in (*PUBLIC, "/static/page.js"):
        assert guarded[0]("GET", path).status in (200, 503 if path == "/readyz" else 200)
    assert guarded[0]("GET", "/openapi.json").json["security"] == [{"token": []}]


def test_each_sees_his_own(guarded: tuple[Caller, Service]) -> None:
    call, _ = guarded
    mine = call("POST", PLACE, b"no video", _bearer(MINE)).json["id"]
    assert call("GET", f"{PLACE}/{mine}", None, _bearer(MINE)).status == 200
    for method, path in (("GET", mine), ("GET", f"{mine}/csv"), ("DELETE", mine)):
        assert call(method, f"{PLACE}/{path}", None, _bearer(YOURS)).status == 404
    keyed = {"Idempotency-Key": "one"}
    first = call("POST", PLACE, b"no video", _bearer(MINE) | keyed).json
    other = call("POST", PLACE, b"no video", _bearer(YOURS) | keyed).json
    assert first["id"] != other["id"]
    assert not other["repeated"]


def test_a_page_sends_its_token_as_a_subprotocol(guarded: tuple[Caller, Service]) -> None:
    place = f"ws://127.0.0.1:{guarded[0].port}/v1/live"
    with pytest.raises(InvalidStatus) as refused:
        connect(place)
    assert refused.value.response.status_code == 401
    protocols = ["sspd.live.v1", f"sspd.bearer.{MINE}"]
    with connect(place, subprotocols=protocols) as socket:  # type: ignore[arg-type]
        assert socket.subprotocol == "sspd.live.v1"
        socket.send("nonsense")
        assert json.loads(socket.recv())["code"] == "invalid"


def test_a_server_that_others_reach_needs_a_token(tmp_path: Path) -> None:
    for host in ("0.0.0.0", "::", "192.0.2.7", "a.example"):
        with pytest.raises(UsageError, match="can be reached from other machines"):
            ServerSettings(tmp_path, host=host)
        assert ServerSettings(tmp_path, host=host, tokens=(MINE,)).tokens == (MINE,)


def test_only_a_proxy_tells_who_calls(tmp_path: Path) -> None:
    keyed = {"Idempotency-Key": "one", "Sec-Fetch-Site": "same-origin"}
    for name, proxies, alike in (("a", (), True), ("b", ("127.0.0.0/8",), False)):
        settings = ServerSettings(
            tmp_path / name, port=0, proxies=proxies, options=MeasureOptions(method="pos")
        )
        with thread_server(settings) as (call, service):
            ids = [
                call("POST", PLACE, b"no video", keyed | {"X-Forwarded-For": address}).json["id"]
                for address in ("192.0.2.1", "192.0.2.2")
            ]
            assert (ids[0] == ids[1]) is alike
            owners = {job.client for one in ids if (job := service.store.find(one)) is not None}
            assert not any("192.0.2" in owner for owner in owners)
    with pytest.raises(UsageError, match="--proxy is an address"):
        ServerSettings(tmp_path, proxies=("*",))


def test_a_folder_is_one_servers(guarded: tuple[Caller, Service]) -> None:
    with pytest.raises(OutputError, match="another run is writing it"):
        Service(guarded[1].settings)
    assert guarded[0]("GET", "/healthz").status == 200


def test_files_of_tokens(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    path.write_text(f"# of the lab\n{MINE}\n\n  {YOURS}  \n{MINE}\n")
    assert read_tokens(path) == (MINE, YOURS)
    for text, words in (("", "0 tokens"), ("short", "token 1"), (f"{MINE}\na b{MINE}", "token 2")):
        path.write_text(text)
        with pytest.raises(UsageError, match=words):
            read_tokens(path)
    with pytest.raises(UsageError, match="cannot be read"):
        read_tokens(tmp_path / "missing")
    with pytest.raises(UsageError) as error:
        checked_tokens(["secret-but-short"], "SSPD_TOKENS")
    assert "secret" not in str(error.value).partition("python -c")[0]
