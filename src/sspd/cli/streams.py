"""Standard streams that never end a command: closed readers, and consoles without UTF-8."""

from __future__ import annotations

import codecs
import io
import os
import sys
from contextlib import suppress
from typing import TextIO

from sspd.errors import OutputError

#: Replacements for characters that a console cannot show.
PLAIN = {"–": "-", "−": "-", "…": "...", "×": "x", "─": "-", "━": "-", "≥": ">=", "≤": "<="}
_HANDLER = "sspd.plain"


class Output(io.TextIOWrapper):
    """A text stream whose reader may close it: later text is dropped, and no error is raised.

    Any other error of writing, a full disk's, is raised once, as `OutputError`.
    """

    def write(self, text: str, /) -> int:
        """Write text, or drop it if the reader has closed the stream.

        Parameters
        ----------
        text : str

        Returns
        -------
        int
            Number of characters.
        """
        try:
            return super().write(text)
        except OSError as error:
            self._leave(error)
            return len(text)

    def flush(self) -> None:
        """Flush the stream, or drop its text if the reader has closed it."""
        try:
            super().flush()
        except OSError as error:
            self._leave(error)

    def _leave(self, error: OSError) -> None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)
        with suppress(OSError):
            super().flush()  # drops buffered text, too
        if not isinstance(error, BrokenPipeError):
            name = "standard output" if self.fileno() == 1 else "standard error"
            raise OutputError(f"{name}: cannot be written ({error.strerror})") from error


def shield_streams() -> None:
    """Replace the standard streams by `Output`; streams of other programs are not changed."""
    codecs.register_error(_HANDLER, plain)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by the shell
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123
        elif stream is getattr(sys, f"__{name}__"):
            setattr(sys, name, _shielded(stream))


def _shielded(stream: TextIO) -> Output:
    stream.flush()
    return Output(
        stream.buffer,
        encoding=stream.encoding,
        errors=_HANDLER,
        line_buffering=stream.isatty() or stream is sys.__stderr__,
    )


def plain(error: UnicodeError) -> tuple[str, int]:
    """Replace characters that an encoding lacks: an error handler for codecs.

    Parameters
    ----------
    error : UnicodeError

    Returns
    -------
    text : str
    end : int
        Position at which encoding continues.

    >>> codecs.register_error("plain", plain)
    >>> "72 – 80 … \u4eba".encode("ascii", "plain")
    b'72 - 80 ... ?'
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = "".join(PLAIN.get(char, "?") for char in error.object[error.start : error.end])
    return text, error.end
