"""What an exit code says of the process that it came from."""

from __future__ import annotations

import signal
from contextlib import suppress


def death_words(code: int, fewer: str = "fewer --jobs need less") -> str:
    """What became of a process, from its exit code.

    Parameters
    ----------
    code : int
        Negative: the signal that killed it.
    fewer : str
        What takes less memory; empty: nothing that a user can choose.

    >>> death_words(-11)
    'its worker process crashed (SIGSEGV)'
    """
    if code >= 0:
        return f"its worker process ended by itself (exit code {code})"
    name = f"signal {-code}"
    with suppress(ValueError):  # one without a name
        name = signal.Signals(-code).name
    if name == "SIGKILL":
        cause = f"; out of memory? {fewer}" if fewer else ", perhaps out of memory"
        return f"its worker process was killed (SIGKILL){cause}"
    return f"its worker process crashed ({name})"
