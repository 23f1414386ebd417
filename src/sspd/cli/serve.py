"""``sspd serve``: measure what others send, over HTTP."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from sspd.cli.options import Arithmetic, MethodName, WeightsFile
from sspd.errors import UsageError

#: Megabyte, as the options count it.
_MB = 1 << 20


def serve(
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="Address to listen on.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", metavar="N", help="Port to listen on; 0: any free one.")
    ] = 8000,
    token_file: Annotated[
        Path | None,
        typer.Option(
            "--token-file",
            metavar="F",
            help="Tokens that callers must send, one a line; or set SSPD_TOKENS.",
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-host", metavar="NAME", help="Host name by which it is called; repeatable."
        ),
    ] = None,
    proxy: Annotated[
        list[str] | None,
        typer.Option(
            "--proxy",
            metavar="ADDRESS",
            help="Proxy, or network of proxies, whose X-Forwarded-For is trusted; repeatable.",
        ),
    ] = None,
    tls_cert: Annotated[
        Path | None, typer.Option("--tls-cert", metavar="F", help="Certificate chain, PEM.")
    ] = None,
    tls_key: Annotated[
        Path | None, typer.Option("--tls-key", metavar="F", help="Its private key, PEM.")
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--folder",
            metavar="DIR",
            help="Waiting videos and the journal of jobs.",
            show_default="~/.local/state/sspd/serve",
        ),
    ] = None,
    keep: Annotated[
        float,
        typer.Option("--keep", metavar="S", help="Longest time that a result is kept, seconds."),
    ] = 3600.0,
    keep_fetched: Annotated[
        float,
        typer.Option(
            "--keep-fetched", metavar="S", help="Time that a fetched result is kept, seconds."
        ),
    ] = 60.0,
    max_mb: Annotated[
        int, typer.Option("--max-mb", metavar="N", help="Largest video, megabytes.")
    ] = 500,
    store_mb: Annotated[
        int,
        typer.Option("--store-mb", metavar="N", help="All waiting videos together, megabytes."),
    ] = 4000,
    jobs: Annotated[
        int, typer.Option("--jobs", metavar="N", help="Videos measured at the same time.")
    ] = 1,
    limit: Annotated[
        float,
        typer.Option(
            "--limit", metavar="S", help="Longest time for one video, seconds; it gets 4 GB."
        ),
    ] = 300.0,
    live: Annotated[
        int, typer.Option("--live", metavar="N", help="Live sessions at the same time.")
    ] = 2,
    open_page: Annotated[
        bool, typer.Option("--open", help="Open the page in the default browser.")
    ] = False,
    method: MethodName = "sspd",
    weights: WeightsFile = None,
    precision: Arithmetic = "f32",
) -> None:
    """Run a server that measures videos: a REST interface, a WebSocket, and a page.

    Only this machine can call it, unless tokens are given. Videos are deleted as
    soon as they are measured, results when they were fetched, and after an hour
    at the latest. SIGTERM and Ctrl-C stop it; waiting videos are measured by the
    next server with the same folder.
    """
    from sspd.server.settings import ServerSettings
    from sspd.types import MeasureOptions
    from sspd.utils.packages import require

    for package in ("starlette", "uvicorn", "websockets", "prometheus_client"):
        require(package, extra="serve", purpose="sspd serve")
    options = MeasureOptions(
        method=method, weights=None if weights is None else str(weights), precision=precision
    )
    settings = ServerSettings(
        folder=_state_folder() if folder is None else folder,
        host=host,
        port=port,
        tokens=_tokens(token_file),
        names=tuple(allow_host or ()),
        proxies=tuple(proxy or ()),
        certificate=tls_cert,
        key=tls_key,
        options=options,
        jobs=jobs,
        limit_s=limit,
        max_video_bytes=max_mb * _MB,
        max_stored_bytes=store_mb * _MB,
        keep_s=keep,
        keep_fetched_s=keep_fetched,
        live=live,
    )
    _check_method(options)
    from sspd.server.run import run_server

    try:
        run_server(settings, open_page=open_page)
    except KeyboardInterrupt:  # it was asked to stop, and did
        raise typer.Exit(0) from None


def _tokens(path: Path | None) -> tuple[str, ...]:
    from sspd.server.tokens import TOKEN_VARIABLE, checked_tokens, read_tokens

    stated = os.environ.get(TOKEN_VARIABLE, "")
    if path is not None and stated.strip():
        raise UsageError(f"give --token-file or {TOKEN_VARIABLE}, not both")
    if path is not None:
        return read_tokens(path)
    return checked_tokens(stated.split(), TOKEN_VARIABLE) if stated.strip() else ()


def _state_folder() -> Path:
    home = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(home).expanduser() / "sspd" / "serve"


def _check_method(options: object) -> None:
    """Load the method once in a process of its own, which gives all its memory back."""
    from sspd.utils.pool import process_pool

    with process_pool(1) as pool:
        pool.submit(_loads, options).result()


def _loads(options: object) -> None:
    from sspd.pipeline.loading import load_method
    from sspd.types import MeasureOptions

    assert isinstance(options, MeasureOptions)
    load_method(options)
