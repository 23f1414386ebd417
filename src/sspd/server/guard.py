"""Before any endpoint: host, origin and token; after it: headers, metrics, and no untyped error."""

from __future__ import annotations

import ipaddress
import logging
import sqlite3
import time
from collections.abc import Iterable
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sspd.server.problems import CODES, Problem
from sspd.server.service import Service
from sspd.utils.content import text_key

#: Paths that need no token: they show nothing of any video.
PUBLIC = ("/", "/docs", "/openapi.json", "/healthz", "/readyz")
PUBLIC_FOLDERS = ("/static/", "/page/")
#: Methods that change nothing.
_SAFE = ("GET", "HEAD", "OPTIONS")
#: Policy of all answers that have none of their own: nothing is loaded, shown in a frame or run.
POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), microphone=(), payment=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
#: A page gives its token to a WebSocket as a subprotocol that begins so, as browsers let it
#: set no header there.
BEARER_PROTOCOL = "sspd.bearer."
_log = logging.getLogger("sspd.server")


class Guard:
    """ASGI application around another.

    Parameters
    ----------
    app : ASGI application
    service : Service
    """

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app, self._service = app, service
        self._names = frozenset(name.lower() for name in service.settings.names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or socket."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        began_s, status, started = time.perf_counter(), 500, False

        async def answer(message: Message) -> None:
            nonlocal status, started
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                started, status = True, message["status"]
                for name, value in _HEADERS.items():
                    MutableHeaders(scope=message).setdefault(name, value)
            elif message["type"] == "websocket.accept":
                started, status = True, 101
            await send(message)

        try:
            self._check(scope)
            scope["app"] = self  # so that routes raise what they do not know
            await self._app(scope, receive, answer)
        except Problem as problem:
            await _refuse(scope, answer, problem, started)
        except HTTPException as error:  # of the routes: no such place, or no such method
            await _refuse(scope, answer, _of_routes(error), started)
        except (OSError, sqlite3.Error) as error:  # a full disk, or one that is gone
            _log.error("storage error=%s", _place(error))
            await _refuse(scope, answer, Problem("storage", "try again later"), started)
        except Exception as error:  # a bug: the caller sees a code, the log sees where
            _log.error("internal error=%s", _place(error))
            await _refuse(scope, answer, Problem("internal", "a fault of the server"), started)
        finally:
            name = getattr(scope.get("endpoint"), "__name__", "none")
            self._service.metrics.requests.labels(name, status).inc()
            self._service.metrics.request_s.labels(name).observe(time.perf_counter() - began_s)

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        host = _only(headers, "host")
        if not host_allowed(host, self._names):
            raise Problem(
                "unknown_host", "this server is not called so; --allow-host NAME lets it be"
            )
        if scope["type"] == "websocket" or scope["method"] not in _SAFE:
            _check_origin(headers, host)
        scope["client_name"] = self._owner(scope, headers)

    def _owner(self, scope: Scope, headers: Headers) -> str:
        """Return the caller: the owner of a token, or the address where no token is required."""
        tokens, path = self._service.tokens, scope["path"]
        if not tokens.wanted:
            return _address_name(scope)
        owner = tokens.owner(_token(scope, headers))
        if owner is None and path not in PUBLIC and not path.startswith(PUBLIC_FOLDERS):
            raise Problem("no_token", "send a token that is known: Authorization: Bearer TOKEN")
        return owner or "nobody"


def host_allowed(host: str, names: Iterable[str]) -> bool:
    """Return whether a Host header names this server, and not a name that was bent to it.

    A page that rebinds its own name to this machine's address (DNS rebinding) still sends its
    own name; an address cannot be rebound.

    Parameters
    ----------
    host : str
        Header, with or without a port.
    names : iterable of str
        Names beside ``localhost``, in lower case.

    Returns
    -------
    bool

    >>> hosts = ("localhost:8000", "127.0.0.1", "[::1]:8000", "pulse.example", "evil.example", "")
    >>> [host_allowed(host, ["pulse.example"]) for host in hosts]
    [True, True, True, True, False, False]
    """
    name, colon, port = host.lower().rpartition(":")
    if not colon or host.endswith("]"):
        name, port = host.lower(), "0"
    if not (port.isascii() and port.isdigit()):
        return False
    if name == "localhost" or name in names:
        return True
    bare = name[1:-1] if name.startswith("[") and name.endswith("]") else name
    try:
        ipaddress.ip_address(bare)
    except ValueError:
        return False
    return True


def _address_name(scope: Scope) -> str:
    """A name for a caller's address, which is not kept itself."""
    address = (scope.get("client") or ("unknown", 0))[0]
    return f"address-{text_key(address)[:16]}"


def _check_origin(headers: Headers, host: str) -> None:
    """Refuse what a page of another origin sends: browsers say so in two headers."""
    site = headers.get("sec-fetch-site", "none")
    origin = headers.get("origin")
    same = origin is None or origin.lower().partition("://")[2] == host.lower()
    if not same or site not in ("none", "same-origin"):
        raise Problem("foreign_origin", "a page of another origin may not do this")


def _token(scope: Scope, headers: Headers) -> str:
    kind, _, token = _only(headers, "authorization").partition(" ")
    if kind.lower() == "bearer":
        return token.strip()
    for protocol in scope.get("subprotocols", ()):
        if protocol.startswith(BEARER_PROTOCOL):
            return str(protocol[len(BEARER_PROTOCOL) :])
    return ""


def _only(headers: Headers, name: str) -> str:
    """A header that comes once; of several, none is used."""
    found = headers.getlist(name)
    return found[0] if len(found) == 1 else ""


async def _refuse(scope: Scope, send: Send, problem: Problem, started: bool) -> None:
    if scope["type"] == "websocket":
        await _refuse_socket(scope, send, problem, started)
        return
    if started:  # nothing can be said any more; the server closes the connection
        raise problem
    head: list[tuple[bytes, bytes]] = [(b"connection", b"close")]
    response = problem.response()
    await send({"type": "http.response.start", "status": problem.status,
                "headers": response.raw_headers + head})  # fmt: skip
    await send({"type": "http.response.body", "body": response.body})


async def _refuse_socket(scope: Scope, send: Send, problem: Problem, started: bool) -> None:
    if started:
        await send({"type": "websocket.close", "code": 1011, "reason": problem.code})
        return
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008, "reason": problem.code})
        return
    response = problem.response()
    headers: list[Any] = response.raw_headers
    await send({"type": "websocket.http.response.start", "status": problem.status,
                "headers": headers})  # fmt: skip
    await send({"type": "websocket.http.response.body", "body": response.body})


def _of_routes(error: HTTPException) -> Problem:
    if error.status_code == CODES["wrong_method"]:
        allowed = (error.headers or {}).get("Allow", "")
        return Problem("wrong_method", f"this place takes {allowed}", headers={"Allow": allowed})
    return Problem("not_found", "there is nothing here; /docs lists what there is")


def _place(error: BaseException) -> str:
    """Kind of an error and the line that raised it; its text may contain what is not logged."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = "" if trace is None else f" at={trace.tb_frame.f_code.co_name}:{trace.tb_lineno}"
    return f"{type(error).__name__}{where}"
