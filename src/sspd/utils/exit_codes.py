"""Exit codes of processes in words."""

from __future__ import annotations

import signal
from contextlib import suppress


def death_words(code: int, fewer: str = "fewer --jobs need less") -> str:
    """Describe how a process ended, from its exit code.

    Parameters
    ----------
    code : int
        Exit code; a negative one is the signal that killed the process.
    fewer : str
        Advice that reduces the use of memory; empty if there is none.

    Returns
    -------
    str

    >>> death_words(-11)
    'its worker process crashed (SIGSEGV)'
    """
    if code >= 0:
        return f"its worker process ended by itself (exit code {code})"
    name = f"signal {-code}"
    with suppress(ValueError):  # a signal without a name
        name = signal.Signals(-code).name
    if name == "SIGKILL":
        cause = f"; out of memory? {fewer}" if fewer else ", perhaps out of memory"
        return f"its worker process was killed (SIGKILL){cause}"
    return f"its worker process crashed ({name})"
