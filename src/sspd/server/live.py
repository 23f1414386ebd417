"""Live sessions over a WebSocket: frames with their times in, updates out, and a result."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from contextlib import suppress

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from sspd.live.messages import ERROR_START, FINAL_START, error_message
from sspd.server.job_options import options_of_start
from sspd.server.live_process import LiveProcess
from sspd.server.live_worker import TIME
from sspd.server.problems import Problem
from sspd.server.service import Service
from sspd.server.settings import Bounds

#: Name of the protocol, which a caller may ask for.
PROTOCOL = "sspd.live.v1"
#: Longest text of a caller, characters.
_LONGEST_TEXT = 2000
#: Longest time for a caller to take a line, and for a worker to take a frame or to end, seconds.
_PATIENCE_S = 30.0
#: Codes of a close (RFC 6455, 7.4.1).
_NORMAL, _GOING, _POLICY, _INTERNAL, _LATER = 1000, 1001, 1008, 1011, 1013
_log = logging.getLogger("sspd.server")


async def live(websocket: WebSocket) -> None:
    """Measure the frames of a socket while they come.

    Parameters
    ----------
    websocket : starlette.websockets.WebSocket
    """
    service: Service = websocket.scope["state"]["service"]
    offered = websocket.scope.get("subprotocols", [])
    await websocket.accept(subprotocol=PROTOCOL if PROTOCOL in offered else None)
    if service.stopping or service.live >= service.settings.live:
        await _close(websocket, _LATER, "busy", "too many live sessions; try later")
        return
    service.live += 1
    service.metrics.live.inc()
    began_s = time.monotonic()
    try:
        await _session(websocket, service)
    except WebSocketDisconnect:
        pass
    except Problem as problem:
        await _close(websocket, _POLICY, problem.code, problem.detail)
    finally:
        service.live -= 1
        service.metrics.live.dec()
        _log.info("live ended seconds=%.1f", time.monotonic() - began_s)


async def _session(websocket: WebSocket, service: Service) -> None:
    bounds, settings = service.settings.bounds, service.settings
    options = options_of_start(await _text(websocket, bounds.silence_s), settings.options)
    process, ready = LiveProcess(options), asyncio.Event()
    try:
        await process.start()
        receiving = asyncio.create_task(_receive(websocket, process, service, ready))
        sending = asyncio.create_task(_send_updates(websocket, process, ready))
        try:
            good = await _until_over(receiving, sending, bounds)
        finally:
            for task in (receiving, sending):
                task.cancel()
            await asyncio.gather(receiving, sending, return_exceptions=True)
    finally:
        await process.end()
    if websocket.client_state is WebSocketState.CONNECTED:
        await websocket.close(_NORMAL if good else _POLICY)


async def _until_over(
    receiving: asyncio.Task[None], sending: asyncio.Task[str], bounds: Bounds
) -> bool:
    """Wait until the worker has sent everything, or one side fails; whether there is a result."""
    both = {receiving, sending}
    done, _ = await asyncio.wait(both, timeout=bounds.live_s, return_when=asyncio.FIRST_COMPLETED)
    if not done:
        raise Problem("too_large", f"a live session may take {bounds.live_s:g} s")
    if sending not in done:
        receiving.result()  # raises what went wrong
        done, _ = await asyncio.wait({sending}, timeout=_PATIENCE_S)
        if not done:
            raise Problem("internal", "the result takes too long")
    last = sending.result()
    if not last.startswith((FINAL_START, ERROR_START)):
        raise Problem("internal", "the process of this session ended; begin another one")
    return last.startswith(FINAL_START)


async def _receive(
    websocket: WebSocket, process: LiveProcess, service: Service, ready: asyncio.Event
) -> None:
    """Pass frames on until the caller ends, no faster than is allowed."""
    bounds, n, began_s = service.settings.bounds, 0, time.monotonic()
    pace = _Pace(bounds.behind_s, ready)
    while True:
        # who waits for "ready" is not silent
        message = await _message(websocket, bounds.silence_s if ready.is_set() else _PATIENCE_S)
        if isinstance(message, str):
            _check_end(message)
            await process.send(b"")
            return
        if not TIME.size < len(message) <= bounds.frame_bytes:
            raise Problem("invalid", "a frame is its time, 8 bytes, and a JPEG, PNG or WebP image")
        n += 1
        service.metrics.live_frames.inc()
        early_s = (n - bounds.frames_at_once) / bounds.frames_per_s
        early_s -= time.monotonic() - began_s
        if early_s > 0:  # meanwhile nothing is read, and the caller's own buffer fills
            await asyncio.sleep(early_s)
        await pace.send(process, message)


class _Pace:
    """Frames on their way to a worker, which must not fall behind: an old rate is a wrong one."""

    def __init__(self, behind_s: float, ready: asyncio.Event) -> None:
        self._behind_s, self._ready = behind_s, ready
        self._waited_s = 0.0
        self._first: tuple[float, float] | None = None

    async def send(self, process: LiveProcess, message: bytes) -> None:
        """Pass a frame on; `Problem` where the worker is too slow for them."""
        began_s, starting = time.monotonic(), not self._ready.is_set()
        try:
            most_s = _PATIENCE_S if starting else self._behind_s
            await asyncio.wait_for(process.send(message), most_s)
        except ConnectionError:
            await asyncio.sleep(_PATIENCE_S)  # its last words are on their way
        except TimeoutError:
            raise self._too_slow() from None
        now_s, (time_s,) = time.monotonic(), TIME.unpack_from(message)
        if starting or self._first is None:
            self._first = now_s, time_s
            return
        self._waited_s += now_s - began_s
        late_s = now_s - self._first[0] - (time_s - self._first[1])
        if min(late_s, self._waited_s) > self._behind_s:  # late, and because of us
            raise self._too_slow()

    def _too_slow(self) -> Problem:
        return Problem(
            "busy",
            f"the server is over {self._behind_s:g} s behind: send smaller or fewer frames, or"
            " try later",
        )


async def _send_updates(websocket: WebSocket, process: LiveProcess, ready: asyncio.Event) -> str:
    """Pass lines on until there are no more; the last one."""
    last = ""
    while (line := await process.line()) is not None:
        last = line
        ready.set()
        try:
            await asyncio.wait_for(websocket.send_text(line), _PATIENCE_S)
        except TimeoutError:
            raise Problem("upload_too_slow", "updates are not taken") from None
    return last


async def _message(websocket: WebSocket, silence_s: float) -> str | bytes:
    try:
        message = await asyncio.wait_for(websocket.receive(), silence_s)
    except TimeoutError:
        raise Problem("upload_too_slow", f"nothing came for {silence_s:g} s") from None
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", _GOING))
    data: str | bytes = message.get("bytes") or message.get("text") or ""
    return data


async def _text(websocket: WebSocket, silence_s: float) -> str:
    message = await _message(websocket, silence_s)
    if not isinstance(message, str) or len(message) > _LONGEST_TEXT:
        raise Problem("invalid", 'the first message is {"type": "start"}, with options, as text')
    return message


def _check_end(text: str) -> None:
    try:
        found = json.loads(text) if len(text) <= _LONGEST_TEXT else None
    except (ValueError, RecursionError):
        found = None
    if found != {"type": "end"}:
        raise Problem("invalid", 'after the first message there are frames, and {"type": "end"}')


async def _close(websocket: WebSocket, code: int, name: str, detail: str) -> None:
    """Say why, and close."""
    with suppress(WebSocketDisconnect, RuntimeError):
        await websocket.send_text(json.dumps(error_message(name, detail)))
        await websocket.close(_INTERNAL if name == "internal" else code, name)
