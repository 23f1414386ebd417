"""Tokens: who may call the server, read from a file or the environment, compared in even time."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from pathlib import Path

from sspd.errors import UsageError

#: A token has at least so many characters; `secrets.token_urlsafe` gives 43.
LEAST_CHARACTERS = 20
MOST_CHARACTERS = 200
#: A file has no more tokens than these, as each request is compared with all.
MOST_TOKENS = 1000
_MAX_FILE_BYTES = 1 << 20
#: Variable with tokens, separated by white space.
TOKEN_VARIABLE = "SSPD_TOKENS"


def read_tokens(path: Path) -> tuple[str, ...]:
    """Read tokens from a file, one a line; empty lines and those with ``#`` in front are none.

    Parameters
    ----------
    path : Path

    Returns
    -------
    tuple of str

    Raises
    ------
    UsageError
        The file cannot be read, or has no token, or one that is not good.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_FILE_BYTES)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from error
    lines = (line.strip() for line in data.decode("utf-8", "replace").splitlines())
    return checked_tokens([line for line in lines if line and not line.startswith("#")], str(path))


def checked_tokens(tokens: Iterable[str], where: str) -> tuple[str, ...]:
    """Return tokens, or raise an error if one of them is not good.

    Parameters
    ----------
    tokens : iterable of str
    where : str
        Where they come from; no message contains a token.

    Returns
    -------
    tuple of str

    Raises
    ------
    UsageError

    >>> checked_tokens(["secret"], "SSPD_TOKENS")
    Traceback (most recent call last):
        ...
    sspd.errors.UsageError: SSPD_TOKENS: token 1 must have 20 to 200 printable ASCII characters;
    python -c "import secrets; print(secrets.token_urlsafe())" makes one
    """
    found = tuple(dict.fromkeys(tokens))
    if not 0 < len(found) <= MOST_TOKENS:
        raise UsageError(f"{where}: has {len(found)} tokens, 1 to {MOST_TOKENS} are expected")
    for number, token in enumerate(found, 1):
        printable = token.isascii() and token.isprintable() and " " not in token
        if not (printable and LEAST_CHARACTERS <= len(token) <= MOST_CHARACTERS):
            raise UsageError(
                f"{where}: token {number} must have {LEAST_CHARACTERS} to {MOST_CHARACTERS}"
                ' printable ASCII characters; python -c "import secrets;'
                ' print(secrets.token_urlsafe())" makes one'
            )
    return found


class TokenCheck:
    """Comparison of a caller's token with all, which takes as long whichever it is.

    >>> check = TokenCheck(("a" * 20, "b" * 20))
    >>> check.owner("b" * 20) == check.owner("a" * 20), check.owner("c" * 20)
    (False, None)
    """

    def __init__(self, tokens: Iterable[str]) -> None:
        self._digests = [_digest(token) for token in tokens]

    @property
    def wanted(self) -> bool:
        """True if a token is needed at all."""
        return bool(self._digests)

    def owner(self, token: str) -> str | None:
        """Return whose token it is, under a name that does not tell it.

        Parameters
        ----------
        token : str
            As the caller sent it.

        Returns
        -------
        str or None
            None: nobody's.
        """
        given, found = _digest(token), None
        for digest in self._digests:  # to the end, so that time tells nothing
            if hmac.compare_digest(given, digest):
                found = digest
        return None if found is None else f"token-{found.hex()[:16]}"


def _digest(token: str) -> bytes:
    """All of one length, which is what comparison in even time needs."""
    return hashlib.sha256(b"sspd token " + token.encode("utf-8", "surrogateescape")).digest()
