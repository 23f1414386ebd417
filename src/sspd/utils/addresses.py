"""Addresses of object stores, such as ``s3://bucket/key``, and what stores say is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sspd.errors import SourceError, UsageError

#: Schemes of object stores.
SCHEMES = ("s3", "gs", "az")
#: Schemes that are opened only where they were asked for.
HTTP_SCHEMES = ("http", "https")
#: Longest address.
MAX_ADDRESS = 2048
_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+)://([^/]*)(?:/(.*))?", re.IGNORECASE | re.DOTALL)


def scheme_of(address: object) -> str | None:
    """Return the scheme of an address of an object store or web server.

    Parameters
    ----------
    address : object

    Returns
    -------
    str or None
        In lower case; None for anything else, such as a path or a ``file://`` URL.

    >>> scheme_of("S3://bucket/a.mp4"), scheme_of("a.mp4"), scheme_of("file:///a.mp4")
    ('s3', None, None)
    """
    found = _ADDRESS.match(address) if isinstance(address, str) else None
    scheme = found[1].lower() if found else None
    return scheme if scheme in SCHEMES + HTTP_SCHEMES else None


def typed_address(path: object) -> str | None:
    """Return the address that a path was typed as, which has lost a slash.

    Parameters
    ----------
    path : object
        Path or text.

    Returns
    -------
    str or None
        None if it is no address.

    >>> from pathlib import Path
    >>> typed_address(Path("s3://bucket/a.mp4")), typed_address(Path("a.mp4"))
    ('s3://bucket/a.mp4', None)
    """
    text = str(path)
    scheme, colon, rest = text.partition(":/")
    address = f"{scheme}://{rest.lstrip('/')}" if colon else text
    return address if scheme_of(address) is not None else None


def split_address(address: str) -> tuple[str, str]:
    """Split an address into its store and the key in it.

    Parameters
    ----------
    address : str

    Returns
    -------
    root : str
        Scheme and bucket; for Azure scheme, account and container.
    key : str

    Raises
    ------
    UsageError
        It has no bucket, is too long, or its key has ``..`` or empty parts.

    >>> split_address("s3://bucket/a/b.mp4"), split_address("az://account/container/b.mp4")
    (('s3://bucket', 'a/b.mp4'), ('az://account/container', 'b.mp4'))
    """
    found = _ADDRESS.match(address) if len(address) <= MAX_ADDRESS else None
    if found is None or not found[2]:
        raise UsageError(f"{address[:80]}: no address of a store; give one like s3://bucket/key")
    root, key = f"{found[1].lower()}://{found[2]}", found[3] or ""
    if found[1].lower() == "az":
        container, _, key = key.partition("/")
        if not container:
            raise UsageError(f"{address}: no container; give az://account/container/key")
        root = f"{root}/{container}"
    if any(part in ("", ".", "..") for part in key.removesuffix("/").split("/")) and key:
        raise UsageError(f"{address}: a key with empty, '.' or '..' parts cannot be addressed")
    return root, key


def cannot_read(address: str, error: Exception) -> SourceError:
    """Return the error for an object that could not be read.

    Parameters
    ----------
    address : str
    error : Exception
        Raised by obstore.

    Returns
    -------
    SourceError

    >>> print(cannot_read("s3://b/a.mp4", FileNotFoundError()))
    s3://b/a.mp4: no such file
    """
    return SourceError(f"{address}: {reason(error)}")


def reason(error: Exception) -> str:
    """Return what a store says is wrong, in a few words.

    Parameters
    ----------
    error : Exception
        Raised by obstore.

    Returns
    -------
    str

    >>> reason(FileNotFoundError())
    'no such file'
    """
    if isinstance(error, FileNotFoundError):
        return "no such file"
    known = _WORDS.get(type(error).__name__)
    if known is not None:
        return known
    # the first line; what follows is obstore's own structure, with times that differ each run
    first = next(iter(str(error).splitlines()), "") or type(error).__name__
    said = first.rpartition(" - ")[2] or first
    return f"cannot be reached ({said.strip()[:200]})"


def may_pass(error: BaseException | None) -> bool:
    """Return whether another try may help against an error.

    Parameters
    ----------
    error : BaseException or None
        Raised by obstore.

    Returns
    -------
    bool
        False for an object that is not there, may not be read, or has changed.

    >>> may_pass(TimeoutError()), may_pass(FileNotFoundError()), may_pass(None)
    (True, False, False)
    """
    final = error is None or isinstance(error, FileNotFoundError)
    return not final and type(error).__name__ not in _WORDS


_WORDS: Mapping[str, str] = {
    "PermissionDeniedError": "may not be opened with these credentials (403)",
    "UnauthenticatedError": "needs credentials (401); set those of the store in the environment",
    "PreconditionError": "changed while it was read",
}
