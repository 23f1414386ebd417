"""A live session's process, as the server holds it: frames in, lines out, and an end to it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import suppress

from sspd.pipeline.batch.pool import LIMIT_BYTES
from sspd.server.live_worker import LENGTH
from sspd.types import MeasureOptions

#: Longest line of a worker, bytes: the result of the longest session takes a part of it.
MAX_LINE_BYTES = 1 << 23
#: Longest time for a worker to end by itself, seconds.
_GRACE_S = 2.0


class LiveProcess:
    """One process; `start` it, and `end` it in any case.

    Parameters
    ----------
    options : MeasureOptions
    threads : int
        Processor threads of the network.
    """

    def __init__(self, options: MeasureOptions, threads: int = 1) -> None:
        hello = {"options": options.to_dict(), "threads": threads, "limit_bytes": LIMIT_BYTES}
        self._hello = json.dumps(hello).encode()
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start the process."""
        places = [place or os.getcwd() for place in sys.path]  # noqa: PTH109
        own = {
            "PYTHONPATH": os.pathsep.join(places),
            "MALLOC_ARENA_MAX": "1",
            # OpenCV's own bound, beside that of the header
            "OPENCV_IO_MAX_IMAGE_PIXELS": str(1 << 22),
        }
        words = None if os.environ.get("SSPD_TRACEBACK") else asyncio.subprocess.DEVNULL
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "sspd.server.live_worker"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=words,
            env=os.environ | own,
            limit=MAX_LINE_BYTES,
            start_new_session=True,  # Ctrl-C reaches the server alone
        )
        await self.send(self._hello)

    async def send(self, message: bytes) -> None:
        """Send a message, and wait while the process has no room for it.

        Parameters
        ----------
        message : bytes
            A frame with its time in front; empty: the end.

        Raises
        ------
        ConnectionError
            The process is gone.
        """
        assert self._process is not None and self._process.stdin is not None
        self._process.stdin.write(LENGTH.pack(len(message)) + message)
        await self._process.stdin.drain()

    async def line(self) -> str | None:
        """Wait for a line.

        Returns
        -------
        str or None
            JSON; None: there are no more.
        """
        assert self._process is not None and self._process.stdout is not None
        try:
            line = await self._process.stdout.readuntil()
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return None
        return line.decode("utf-8", "replace").rstrip("\n")

    async def end(self) -> None:
        """End the process, whatever it does."""
        process = self._process
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), _GRACE_S)
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
