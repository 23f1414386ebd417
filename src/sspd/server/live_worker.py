"""The process of one live session: ``python -m sspd.server.live_worker``, a socket's other end.

Frames come in on standard input, each with its length in front; lines of JSON go out. The
server never decodes what a caller sends: a decoder that crashes or grows takes this process
along, and no other session. When the input ends, so does the process.
"""

from __future__ import annotations

import json
import math
import os
import struct
import sys
from collections.abc import Iterator
from typing import IO, Any

from sspd.accel.process import tune_process
from sspd.errors import SSPDError, UsageError
from sspd.live.messages import (
    error_message,
    final_message,
    ready_message,
    to_line,
    update_message,
)

#: In front of a message: its length, 0 at the end of the session.
LENGTH = struct.Struct(">I")
#: In front of a frame: its time, seconds.
TIME = struct.Struct(">d")
#: Shortest time between two frames, seconds, and the end of time (`sspd.video.bounds`).
_MIN_STEP_S, _MAX_TIME_S = 5e-4, 86_400.0


def main() -> None:
    """Measure the frames that come in until they end."""
    tune_process()
    replies, messages = _reply_channel(), _messages(sys.stdin.buffer)
    try:
        hello = json.loads(next(messages, b"null"))
        if hello is not None:
            _bound_memory(hello["limit_bytes"])
            _measure(hello, messages, replies)
    except SSPDError as error:
        _send(replies, error_message("invalid", " ".join(str(error).split())))
    except MemoryError:
        detail = "the session needs too much memory; send smaller frames"
        _send(replies, error_message("invalid", detail))


def _measure(hello: dict[str, Any], messages: Iterator[bytes], replies: IO[bytes]) -> None:
    import numpy as np

    from sspd.pipeline import Session
    from sspd.pipeline.loading import load_method
    from sspd.types import Frames, MeasureOptions
    from sspd.video.encoded import decode_frame

    options = MeasureOptions.from_dict(hello["options"])
    method = load_method(options, hello["threads"])
    last_s, ended = -math.inf, False
    with Session(options, method=method) as session:
        _send(replies, ready_message())
        for message in messages:
            if not message:
                ended = True
                break
            (time_s,) = TIME.unpack_from(message)
            _check_time(time_s, last_s)
            last_s = time_s
            rgb = decode_frame(message[TIME.size :])
            for update in session.push(Frames(rgb[None], np.array([time_s]))):
                _send(replies, update_message(update))
        if ended:
            _send(replies, final_message(session.close()))


def _check_time(time_s: float, last_s: float) -> None:
    if not 0.0 <= time_s < _MAX_TIME_S:
        raise UsageError(f"a frame's time is 0 to {_MAX_TIME_S:g} s, since the session's start")
    if time_s < last_s + _MIN_STEP_S:
        raise UsageError(f"times must rise: a frame of {time_s:g} s follows one of {last_s:g} s")


def _messages(pipe: IO[bytes]) -> Iterator[bytes]:
    """Whole messages; one that is cut short ends them."""
    while len(head := pipe.read(LENGTH.size)) == LENGTH.size:
        (length,) = LENGTH.unpack(head)
        body = pipe.read(length) if length else b""
        if len(body) < length:
            return
        yield body


def _send(replies: IO[bytes], reply: dict[str, Any]) -> None:
    try:
        replies.write(to_line(reply).encode())
        replies.flush()
    except BrokenPipeError:  # the server is gone
        os._exit(1)


def _reply_channel() -> IO[bytes]:
    """Standard output for replies alone: what a library prints goes to standard error."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return replies


def _bound_memory(n_bytes: int) -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (n_bytes, n_bytes))


if __name__ == "__main__":
    main()
