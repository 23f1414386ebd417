"""Programs in a real terminal, for the tests of what they show."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import struct
import subprocess
import termios
from collections.abc import Sequence
from pathlib import Path


def in_terminal(
    command: Sequence[str | Path],
    columns: int = 80,
    interrupt_at: str | None = None,
    sends: int = signal.SIGINT,
    **environment: str,
) -> tuple[int, str]:
    """Run with all three streams on a pseudo-terminal: exit code, and all that was shown.

    At ``interrupt_at`` among what it shows it is sent what Ctrl-C sends. The settings of the
    terminal must be the same afterwards.
    """
    ours, theirs = pty.openpty()
    settings = termios.tcgetattr(ours)
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    known = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES", "NO_COLOR")}
    process = subprocess.Popen(
        [str(part) for part in command],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=known | {"TERM": "xterm-256color"} | environment,
        start_new_session=True,
        # whoever runs the tests in the background ignores Ctrl-C, and would hand that on
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            some = os.read(ours, 65536)
        except OSError:  # the last one hung up
            break
        if not some:
            break
        shown += some
        if interrupt_at is not None and interrupt_at.encode() in shown:
            process.send_signal(sends)
            interrupt_at = None
    assert termios.tcgetattr(ours) == settings
    os.close(ours)
    return process.wait(), shown.decode(errors="replace")
