"""The page that measures on the visitor's own device: its files, as they were built."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from sspd.server.problems import Problem
from sspd.server.service import Service

#: The page calls nothing but this server, and its networks are WebAssembly.
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self';"
    " style-src 'self'; connect-src 'self'; img-src 'self' data:; media-src blob:;"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
#: Kinds of its files, by the ends of their names; no other file is given.
_KINDS = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".wasm": "application/wasm",
    ".onnx": "application/octet-stream",
    ".tflite": "application/octet-stream",
}
_INDEX = "index.html"


def is_built(folder: Path) -> bool:
    """Return whether the page is there.

    Parameters
    ----------
    folder : Path
        Of the built page, its files packed by gzip, as ``scripts/page`` makes it.

    Returns
    -------
    bool

    >>> is_built(Path("no such folder"))
    False
    """
    return (folder / f"{_INDEX}.gz").is_file()


async def device_page(request: Request) -> Response:
    """Return a file of the page.

    Parameters
    ----------
    request : starlette.requests.Request

    Returns
    -------
    starlette.responses.Response
        200; 304 where the caller has it already.
    """
    service: Service = request.scope["state"]["service"]
    name = request.path_params.get("name", _INDEX)
    kind = _KINDS.get(Path(name).suffix)
    packed = None
    if kind is not None and Path(name).name == name:
        packed = await run_in_threadpool(_packed, service.settings.page, name)
    if packed is None:
        raise Problem("not_found", "there is nothing here")
    # a name stays the same when its contents change, so it is asked for anew each time
    tag = f'"{hashlib.sha256(packed).hexdigest()[:32]}"'
    headers = {
        "Cache-Control": "no-cache",
        "Content-Security-Policy": POLICY,
        "ETag": tag,
        "Vary": "Accept-Encoding",
    }
    if request.headers.get("if-none-match") == tag:
        return Response(None, 304, headers)
    if "gzip" not in request.headers.get("accept-encoding", ""):
        plain = await run_in_threadpool(gzip.decompress, packed)
        return Response(plain, 200, headers, kind)
    return Response(packed, 200, {**headers, "Content-Encoding": "gzip"}, kind)


def _packed(folder: Path, name: str) -> bytes | None:
    path = folder / f"{name}.gz"
    # the name is one of the folder's own, whatever it says
    return path.read_bytes() if path in folder.glob("*.gz") else None
