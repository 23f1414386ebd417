"""Live sessions over a real WebSocket: the updates of the library, and bounds on what comes in."""

from __future__ import annotations

import json
import os
import signal
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from helpers.beating_faces import SKIN_BOX, beating_frames
from helpers.servers import PATIENCE_S, Caller, read_proc, thread_server, until
from sspd.pipeline import Session
from sspd.report.json import update_to_dict, vitals_to_dict
from sspd.server.service import Service
from sspd.server.settings import Bounds, ServerSettings
from sspd.types import Frames, MeasureOptions
from sspd.video.encoded import decode_frame

T = np.arange(300) / 30
START = '{"type": "start"}'


def _jpeg(rgb: np.ndarray, kind: str = ".jpg") -> bytes:
    return bytes(cv2.imencode(kind, cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))[1])


def _message(time_s: float, image: bytes) -> bytes:
    return struct.pack(">d", time_s) + image


@pytest.fixture(scope="module")
def images() -> list[bytes]:
    return [_jpeg(rgb) for rgb in beating_frames(T, 1.2)]


def _socket(call: Caller, **options: Any) -> ClientConnection:
    return connect(f"ws://127.0.0.1:{call.port}/v1/live", open_timeout=PATIENCE_S, **options)


def _ended(socket: ClientConnection) -> tuple[list[dict[str, Any]], int]:
    """All that it says until it closes, and the code of the close."""
    told = []
    try:
        while True:
            told.append(json.loads(socket.recv(PATIENCE_S)))
    except ConnectionClosed as end:
        return told, end.rcvd.code if end.rcvd else 1006


def _said(call: Caller, *messages: str | bytes) -> tuple[list[dict[str, Any]], int]:
    with _socket(call) as socket:
        for message in messages:
            socket.send(message)
        return _ended(socket)


def _expected(images: Sequence[bytes]) -> tuple[list[Any], list[Any]]:
    options = MeasureOptions(method="pos", box=SKIN_BOX, window_s=8.0)
    with Session(options) as session:
        updates = []
        for time_s, image in zip(T, images, strict=True):
            updates += session.push(Frames(decode_frame(image)[None], np.array([time_s])))
        return [update_to_dict(update) for update in updates], session.close()


@pytest.mark.slow
def test_updates_are_those_of_the_library(call: Caller, images: list[bytes]) -> None:
    frames = [_message(t, image) for t, image in zip(T.tolist(), images, strict=True)]
    start = json.dumps({"type": "start", "window": 8})
    told, code = _said(call, start, *frames, '{"type": "end"}')
    updates, (vitals,) = _expected(images)
    assert code == 1000
    assert [each.pop("type") for each in told] == ["ready", *len(updates) * ["update"], "final"]
    assert told[1:-1] == json.loads(json.dumps(updates))
    (row,) = told[-1]["results"]
    assert row["hr_bpm"] == pytest.approx(72.0, abs=1.0)
    expected = json.loads(json.dumps(vitals_to_dict(vitals)))
    assert {**row, "timing_s": 0} == {**expected, "timing_s": 0}


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        (["hello"], "invalid"),
        ([b"hello"], "invalid"),
        (["[" * 1000], "invalid"),
        (['{"type": "start", "weights": "/etc/passwd"}'], "invalid"),
        (['{"type": "start", "window": 3}'], "invalid"),
        (['{"type": "start", "window": true}'], "invalid"),
        (['{"type": "start", "box": "all"}'], "invalid"),
        (['{"type": "start", "face": ["all"]}'], "invalid"),
        (["x" * 5000], "invalid"),
        ([START, "more"], "invalid"),
        ([START, b"short"], "invalid"),
    ],
    ids=str,
)
def test_messages_that_are_none(messages: list[str | bytes], code: str, call: Caller) -> None:
    told, closed = _said(call, *messages)
    assert (told[-1]["type"], told[-1]["code"], closed) == ("error", code, 1008)


@pytest.mark.slow
@pytest.mark.parametrize("wrong", ["no image", "cut", "bomb", "size", "backwards", "nan", "late"])
def test_frames_that_are_none(wrong: str, call: Caller, images: list[bytes]) -> None:
    good = _message(0.0, images[0])
    bomb = _jpeg(np.zeros((4000, 4000, 3), np.uint8), ".png")
    bad = {
        "no image": (_message(0.1, b"GIF89a" + bytes(30)), "not a JPEG"),
        "cut": (_message(0.1, images[0][:-50]), "damaged"),
        "bomb": (_message(0.1, bomb), "4000x4000"),
        "size": (_message(0.1, _jpeg(np.zeros((32, 32, 3), np.uint8))), "32x32"),
        "backwards": (_message(0.0, images[0]), "must rise"),
        "nan": (_message(float("nan"), images[0]), "time"),
        "late": (_message(1e9, images[0]), "time"),
    }
    message, words = bad[wrong]
    told, closed = _said(call, START, good, message)
    assert (told[-1]["type"], told[-1]["code"], closed) == ("error", "invalid", 1008)
    assert words in told[-1]["detail"]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").exists(), reason="finds the worker in /proc")
def test_a_session_that_falls_behind_is_ended(tmp_path: Path) -> None:
    """Its worker is stopped, so that it takes no frames: the caller is told, and not left alone."""
    image = _jpeg(np.random.default_rng(0).integers(0, 255, (240, 320, 3), dtype=np.uint8))
    settings = ServerSettings(
        tmp_path / "state",
        port=0,
        options=MeasureOptions(method="pos", box=SKIN_BOX),
        bounds=Bounds(behind_s=0.5),
    )
    with thread_server(settings) as (call, service), _socket(call) as socket:
        socket.send(START)
        assert json.loads(socket.recv(PATIENCE_S)) == {"type": "ready"}
        (worker,) = [
            int(path.parent.name)
            for path in Path("/proc").glob("[0-9]*/cmdline")
            if b"live_worker" in read_proc(path)
            and f"\nPPid:\t{os.getpid()}\n".encode() in read_proc(path.parent / "status")
        ]
        os.kill(worker, signal.SIGSTOP)
        for n in range(30):
            socket.send(_message(n / 30, image))
        told, closed = _ended(socket)
        assert (told[-1]["code"], closed) == ("busy", 1008)
        assert "smaller or fewer frames" in told[-1]["detail"]
        assert not Path(f"/proc/{worker}").exists()
        assert service.live == 0


def test_silence_ends_a_session(call: Caller) -> None:
    told, closed = _said(call)
    assert (told[-1]["code"], closed) == ("upload_too_slow", 1008)


def test_a_message_that_is_too_large_ends_a_session(call: Caller) -> None:
    with _socket(call) as socket:
        socket.send(bytes((1 << 20) + 9))
        assert _ended(socket)[1] == 1009


def test_there_are_so_many_sessions_and_no_more(call: Caller, service: Service) -> None:
    with _socket(call), _socket(call):
        told, closed = _said(call)
        assert (told[-1]["code"], closed) == ("busy", 1013)
    until(lambda: service.live == 0)


def test_a_page_of_another_origin_gets_no_socket(call: Caller) -> None:
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        with pytest.raises(InvalidStatus) as refused:
            _socket(call, additional_headers=headers)
        assert refused.value.response.status_code == 403
        assert json.loads(refused.value.response.body or b"")["code"] == "foreign_origin"
