"""Object stores: S3, Google Cloud Storage, Azure and HTTP behind addresses such as ``s3://b/key``.

Everything goes through obstore (the Rust crate object_store), which reads credentials from the
environment or from the machine's role, lists in pages, reads ranges and tries again what can
help: errors of the server, connections that are cut, and those that are too slow.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple

from sspd.errors import OutputError, SourceError, UsageError
from sspd.utils.addresses import HTTP_SCHEMES, cannot_read, reason, scheme_of, split_address
from sspd.utils.packages import require

#: A request has to answer in this time, so 4 MiB come with 140 kB/s or more, seconds.
REQUEST_S = 30.0
CONNECT_S = 10.0
#: Tries of one request after the first, and the time for all of them, seconds.
RETRIES, RETRY_S = 4, 90.0


class ObjectFacts(NamedTuple):
    """Facts about a stored object."""

    size: int
    """Bytes."""
    etag: str | None
    """Tag that changes with the object's content; None: the store gives none."""
    modified: str
    """Time of the last change, ISO 8601."""


@dataclass
class Stores:
    """The stores of one run, each opened once.

    Parameters
    ----------
    allow_http : bool
        Whether addresses of web servers may be opened.

    >>> Stores().facts("http://host/a.mp4")
    Traceback (most recent call last):
        ...
    sspd.errors.UsageError: http://host/a.mp4: addresses of web servers are opened only where ...
    """

    allow_http: bool = False
    _opened: dict[str, Any] = field(default_factory=dict, repr=False)

    def __reduce__(self) -> tuple[type[Stores], tuple[bool]]:
        return Stores, (self.allow_http,)

    def find(self, address: str) -> tuple[Any, str]:
        """Open the store of an address, if it is not open.

        Parameters
        ----------
        address : str

        Returns
        -------
        store : obstore.store.ObjectStore
        key : str

        Raises
        ------
        UsageError
            The address cannot be, or may not be opened.
        DependencyError
            obstore is not installed.
        """
        scheme = scheme_of(address)
        if scheme in HTTP_SCHEMES and not self.allow_http:
            raise UsageError(
                f"{address}: addresses of web servers are opened only where they are asked for"
                " (--allow-http, allow_http=True)"
            )
        root, key = split_address(address)
        if root not in self._opened:
            self._opened[root] = _opened(root, str(scheme))
        return self._opened[root], key

    def facts(self, address: str) -> ObjectFacts:
        """Get the facts of an object.

        Parameters
        ----------
        address : str

        Returns
        -------
        ObjectFacts

        Raises
        ------
        SourceError
            There is none, or it may not be read.
        """
        import obstore

        store, key = self.find(address)
        try:
            return _facts(obstore.head(store, key))
        except Exception as error:
            raise cannot_read(address, error) from error

    def exists(self, address: str) -> bool:
        """Return whether there is an object at an address; False also if it may not be read.

        Parameters
        ----------
        address : str

        Returns
        -------
        bool
        """
        try:
            self.facts(address)
        except SourceError:
            return False
        return True

    def read(self, address: str, start: int, end: int, etag: str | None = None) -> bytes:
        """Read a range of an object.

        Parameters
        ----------
        address : str
        start, end : int
            Bytes ``start <= n < end``.
        etag : str, optional
            Of the content that is wanted; another one is an error.

        Returns
        -------
        bytes

        Raises
        ------
        SourceError
            It cannot be read, or has changed.
        """
        import obstore

        store, key = self.find(address)
        options: obstore.GetOptions = {"range": (start, end)}
        if etag is not None and not etag.startswith("W/"):  # a weak one does not match
            options["if_match"] = etag
        try:
            data = bytes(obstore.get(store, key, options=options).bytes())
        except Exception as error:
            raise cannot_read(address, error) from error
        if len(data) != end - start:
            raise SourceError(f"{address}: got {len(data)} of {end - start} bytes at {start}")
        return data

    def get(self, address: str, max_bytes: int) -> bytes:
        """Read a whole object.

        Parameters
        ----------
        address : str
        max_bytes : int
            A larger one is an error, and not read.

        Returns
        -------
        bytes

        Raises
        ------
        SourceError
        """
        import obstore

        store, key = self.find(address)
        try:
            found = obstore.get(store, key)
            size = int(found.meta["size"])
            data = bytes(found.bytes()) if size <= max_bytes else b""
        except Exception as error:
            raise cannot_read(address, error) from error
        if size > max_bytes:
            raise SourceError(f"{address}: {size} bytes, more than the {max_bytes} expected")
        return data

    def list(self, address: str) -> Iterator[tuple[str, ObjectFacts]]:
        """List all objects under an address, a page at a time.

        Parameters
        ----------
        address : str
            Of a folder; nothing else begins with its name.

        Yields
        ------
        address : str
        facts : ObjectFacts

        Raises
        ------
        SourceError
            It cannot be listed.
        """
        import obstore

        store, key = self.find(address)
        root = split_address(address)[0]
        try:
            for page in obstore.list(store, prefix=key.removesuffix("/") or None):
                for entry in page:
                    yield f"{root}/{entry['path']}", _facts(entry)
        except (GeneratorExit, SourceError):
            raise
        except Exception as error:
            raise cannot_read(address, error) from error

    def write(self, address: str, data: bytes | os.PathLike[str]) -> None:
        """Write an object, whole or not at all.

        Parameters
        ----------
        address : str
        data : bytes or path
            Content, or the file that has it.

        Raises
        ------
        OutputError
            It cannot be written.
        """
        import obstore

        store, key = self.find(address)
        try:
            if isinstance(data, bytes):
                obstore.put(store, key, data)
            else:
                from pathlib import Path

                obstore.put(store, key, Path(data))
        except Exception as error:
            raise OutputError(f"{address}: cannot be written ({reason(error)})") from error

    def remove(self, address: str) -> None:
        """Remove an object, if there is one.

        Parameters
        ----------
        address : str

        Raises
        ------
        OutputError
            It cannot be removed.
        """
        import obstore

        store, key = self.find(address)
        try:
            obstore.delete(store, key)
        except FileNotFoundError:
            return
        except Exception as error:
            raise OutputError(f"{address}: cannot be removed ({reason(error)})") from error


def _facts(meta: Mapping[str, Any]) -> ObjectFacts:
    return ObjectFacts(int(meta["size"]), meta["e_tag"], meta["last_modified"].isoformat())


def _opened(root: str, scheme: str) -> Any:
    require("obstore", extra="scale", purpose=f"an address {scheme}://")
    from obstore.store import from_url

    # options of a client replace those of the environment: a store without TLS is asked for there
    plain = {"s3": "AWS_ALLOW_HTTP", "az": "AZURE_ALLOW_HTTP", "gs": "GOOGLE_ALLOW_HTTP"}
    asked = os.environ.get(plain.get(scheme, ""), "").lower() in ("1", "true")
    try:
        return from_url(
            root,
            client_options={
                "timeout": timedelta(seconds=REQUEST_S),
                "connect_timeout": timedelta(seconds=CONNECT_S),
                "allow_http": scheme == "http" or asked,
            },
            retry_config={
                "max_retries": RETRIES,
                "retry_timeout": timedelta(seconds=RETRY_S),
            },
        )
    except Exception as error:
        raise UsageError(f"{root}: {reason(error)}") from error
