"""Run a server: its socket, its connections, its log, and its end."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
import webbrowser
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from sspd.errors import SSPDError, UsageError
from sspd.server.app import application
from sspd.server.service import Service
from sspd.server.settings import Bounds, ServerSettings, is_loopback

#: Longest request head, bytes.
_HEAD_BYTES = 16_384
#: Time for answers that are being sent when the server stops, seconds.
_SEND_S = 5
#: Files that are open beside connections.
_OTHER_FILES = 200
_log = logging.getLogger("sspd.server")


def run_server(settings: ServerSettings, *, open_page: bool = False) -> None:
    """Run a server until SIGTERM or Ctrl-C; what it measures then ends, or is queued again.

    Parameters
    ----------
    settings : ServerSettings
    open_page : bool
        Open the page in the default browser as soon as it can be loaded.

    Raises
    ------
    SSPDError
        The address or the folder cannot be used, or the certificate cannot be read.
    """
    _log_to_stderr()
    with bound_socket(settings) as listener:
        server = make_server(settings)
        server.said = f"listening {address(settings, listener)}"
        server.page = page_address(settings, listener) if open_page else None
        if settings.certificate is None and not is_loopback(settings.host):
            _log.warning("tokens and videos travel in plain text: use --tls-cert, or a proxy")
        server.run([listener])
    if not server.started:
        raise SSPDError("the server could not start")


class Server(uvicorn.Server):
    """A server that says when it can be called, and opens its page then if it should."""

    said = "listening"
    page: str | None = None
    """Address that is opened in the default browser; None: nothing is opened."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen.

        Parameters
        ----------
        sockets : list of socket.socket, optional
        """
        await super().startup(sockets)
        if self.started:
            _log.info(self.said)
            if self.page is not None:
                asyncio.get_running_loop().run_in_executor(None, _open, self.page)


def _open(page: str) -> None:
    """Open a page in the default browser; a line says where there is none."""
    if not webbrowser.open(page):
        _log.warning("no browser can be opened here; open %s in one", page)


def make_server(settings: ServerSettings) -> Server:
    """Return a server that holds its folder, and serves when it is run with a socket.

    Parameters
    ----------
    settings : ServerSettings

    Returns
    -------
    Server

    Raises
    ------
    SSPDError
        The folder cannot be used, or the certificate cannot be read.
    """
    service = Service(settings)
    config = _config(settings, service)
    try:
        config.load()
    except (OSError, ValueError) as error:
        service.stop()
        raise UsageError(f"--tls-cert, --tls-key: cannot be used ({error})") from error
    return Server(config)


def address(settings: ServerSettings, listener: socket.socket) -> str:
    """Return the address of a server.

    Parameters
    ----------
    settings : ServerSettings
    listener : socket.socket

    Returns
    -------
    str
        Without a slash at its end.
    """
    host, port = listener.getsockname()[:2]
    return f"{settings.scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def page_address(settings: ServerSettings, listener: socket.socket) -> str:
    """Return the address of the page for a browser on this machine.

    Parameters
    ----------
    settings : ServerSettings
    listener : socket.socket

    Returns
    -------
    str
        On the loopback address if the server listens on all addresses, which are none to open.
    """
    here = address(settings, listener)
    return here.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:") + "/"


def _config(settings: ServerSettings, service: Service) -> uvicorn.Config:
    bounds = settings.bounds
    most = min(bounds.sockets, _most_files() - _OTHER_FILES)
    return uvicorn.Config(
        application(service),
        http=_protocol(bounds, most),
        ws="websockets-sansio",
        ws_max_size=bounds.frame_bytes,
        ws_per_message_deflate=False,  # a few bytes that become many
        ws_ping_interval=None,  # silence ends a session; while it is read slowly, no pong is seen
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=list(settings.proxies),
        timeout_graceful_shutdown=_SEND_S,
        h11_max_incomplete_event_size=_HEAD_BYTES,
        ssl_certfile=settings.certificate,
        ssl_keyfile=settings.key,
    )


def _protocol(bounds: Bounds, most_sockets: int) -> type[asyncio.Protocol]:
    """HTTP connections that end where nothing comes or nothing is taken; uvicorn's own do not."""

    class Impatient(H11Protocol):
        _waiting: asyncio.TimerHandle | None = None
        _sending: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            if len(self.connections) > most_sockets:
                transport.abort()
                return
            self._expect()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self._expect()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            self._expect()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_waiting()
            self.resume_writing()
            super().connection_lost(exc)

        def pause_writing(self) -> None:
            super().pause_writing()
            if self._sending is None:
                self._sending = self.loop.call_later(bounds.send_s, self.transport.abort)

        def resume_writing(self) -> None:
            if self._sending is not None:
                self._sending.cancel()
                self._sending = None
            super().resume_writing()

        def _expect(self) -> None:
            """Wait for a head no longer than is allowed, unless a request is being served."""
            idle = self.cycle is None or self.cycle.response_complete
            if not idle or self.transport.get_protocol() is not self:
                self._stop_waiting()
            elif self._waiting is None:
                self._waiting = self.loop.call_later(bounds.head_s, self._give_up)

        def _stop_waiting(self) -> None:
            if self._waiting is not None:
                self._waiting.cancel()
                self._waiting = None

        def _give_up(self) -> None:
            self._waiting = None
            upgraded = self.transport.get_protocol() is not self
            if not upgraded and self.conn.our_state is not h11.ERROR:
                self.transport.abort()

    return Impatient


def bound_socket(settings: ServerSettings) -> socket.socket:
    """Return a socket bound to a server's address.

    Parameters
    ----------
    settings : ServerSettings

    Returns
    -------
    socket.socket

    Raises
    ------
    SSPDError
        Another program has the address, or it is none of this machine.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        why = error.strerror or str(error)
        raise SSPDError(
            f"{settings.host}:{settings.port}: cannot be listened on ({why}); name another --port"
            " or --host"
        ) from error
    return listener


def _most_files() -> int:
    """Raise the limit of open files as far as the system allows, and return it."""
    try:
        import resource
    except ImportError:  # Windows
        return 1 << 12
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, 1 << 13) if hard != resource.RLIM_INFINITY else 1 << 13
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return max(soft, wanted)


class _OneLine(logging.Formatter):
    """Records as one line; of an error its kind alone, as its text may contain what is not ours."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 (logging's name)
        return ""

    def format(self, record: logging.LogRecord) -> str:
        kind = record.exc_info[0] if isinstance(record.exc_info, tuple) else None
        record.exc_text, record.exc_info = None, None
        line = " ".join(super().format(record).split())
        return line if kind is None else f"{line} {kind.__name__}"


def _log_to_stderr() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_OneLine("%(asctime)s %(levelname)s %(message)s"))
    for name, level in (("sspd.server", logging.INFO), ("uvicorn.error", logging.ERROR)):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level)
