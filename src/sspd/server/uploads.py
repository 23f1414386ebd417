"""A request's body becomes a file: in parts, within a size and at a rate, or not at all."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request

from sspd.server.problems import Problem
from sspd.server.settings import Bounds

#: Bytes that are gathered before they are written.
_WRITE_BYTES = 1 << 20
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)


@dataclass(frozen=True)
class Upload:
    """A body that is whole, and on the disk."""

    path: Path
    size: int
    sha256: str


async def receive(request: Request, path: Path, most_bytes: int, bounds: Bounds) -> Upload:
    """Write the body of a request to a new file.

    Parameters
    ----------
    request : starlette.requests.Request
    path : Path
        Is removed again where anything goes wrong.
    most_bytes : int
    bounds : Bounds

    Returns
    -------
    Upload

    Raises
    ------
    Problem
        The body is empty, too large or too slow, or the disk is full.
    """
    check_size(request, most_bytes)
    digest, size = hashlib.sha256(), 0
    try:
        descriptor = await run_in_threadpool(os.open, path, _FLAGS, 0o600)
        try:
            async for block in _blocks(request, bounds):
                size += len(block)
                if size > most_bytes:
                    raise too_large(most_bytes)
                await run_in_threadpool(_write, descriptor, block, digest)
            await run_in_threadpool(os.fsync, descriptor)
        finally:
            os.close(descriptor)
        if not size:
            raise Problem("invalid", "the body is empty; send the video file itself as the body")
    except BaseException as error:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise Problem("storage", "the video cannot be stored now; try later") from error
        if isinstance(error, ClientDisconnect):
            raise Problem("bad_request", "the body ended before it was complete") from error
        raise
    return Upload(path, size, digest.hexdigest())


def check_size(request: Request, most_bytes: int) -> None:
    """Raise an error for a request whose head states a body that is not taken.

    Parameters
    ----------
    request : starlette.requests.Request
    most_bytes : int

    Raises
    ------
    Problem
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in ("multipart/form-data", "application/x-www-form-urlencoded", "application/json"):
        raise Problem(
            "wrong_type",
            f"a body of {kind}; send the video file itself as the body, as video/* or"
            " application/octet-stream",
        )
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Problem("wrong_type", "a compressed body; send the video file as it is")
    stated = request.headers.get("content-length", "0")
    if stated.isdecimal() and int(stated[:18]) > most_bytes:
        raise too_large(most_bytes)


def too_large(most_bytes: int) -> Problem:
    """Return the error for a body that is too large.

    Parameters
    ----------
    most_bytes : int

    Returns
    -------
    Problem
    """
    return Problem("too_large", f"a video may have {most_bytes >> 20} MB; send a part of it")


async def _blocks(request: Request, bounds: Bounds) -> AsyncIterator[bytes]:
    """The body in blocks of about a megabyte, while it comes fast enough."""
    began_s, size, parts = time.monotonic(), 0, list[bytes]()
    stream = request.stream()
    while True:
        left_s = bounds.free_s + size / bounds.slowest_bytes_per_s - (time.monotonic() - began_s)
        try:
            part = await asyncio.wait_for(anext(stream), max(0.0, left_s))
        except StopAsyncIteration:
            break
        except TimeoutError:
            least = f"{bounds.slowest_bytes_per_s / 1024:g} kB/s"
            raise Problem("upload_too_slow", f"the body comes at less than {least}") from None
        size += len(part)
        parts.append(part)
        if sum(map(len, parts)) >= _WRITE_BYTES:
            yield b"".join(parts)
            parts.clear()
    if parts:
        yield b"".join(parts)


def _write(descriptor: int, block: bytes, digest: hashlib._Hash) -> None:
    digest.update(block)
    view = memoryview(block)
    while view:
        view = view[os.write(descriptor, view) :]
