"""Videos in object stores, read by ranges: nothing is copied to the disk."""

from __future__ import annotations

import io
import time
from collections import OrderedDict
from typing import Any

from sspd.errors import DecodeError, SourceError, SSPDError
from sspd.utils.addresses import may_pass
from sspd.utils.stores import ObjectFacts, Stores

#: Bytes of one request. A night of 4 GB is a thousand of them.
BLOCK_BYTES = 4 << 20
#: Blocks that are kept: one at the beginning or end of the file, and where it is read.
KEPT_BLOCKS = 4
#: All requests together may ask for this multiple of the video, and these bytes more: a file
#: can make its reader jump back and forth without end.
MOST_TIMES, FREE_BYTES = 4, 64 << 20
#: Waiting times before a range is asked for again, after the store's own tries, seconds.
WAITS_S = (0.5, 2.0)


class RemoteVideo:
    """A video in an object store or on a web server: `sspd.video.stored.StoredVideo`.

    Parameters
    ----------
    address : str
    facts : ObjectFacts, optional
        From a listing; None: the store is asked when the video is opened. Another content
        than that of the facts is an error.
    allow_http : bool
        Whether it may be on a web server.

    >>> str(RemoteVideo("s3://bucket/a.mp4"))
    's3://bucket/a.mp4'
    """

    def __init__(
        self, address: str, facts: ObjectFacts | None = None, *, allow_http: bool = False
    ) -> None:
        self.address, self._facts = address, facts
        self._stores = Stores(allow_http)
        self.bytes_read = 0
        """Bytes that were asked for, so far."""

    def __str__(self) -> str:
        return self.address

    def open(self) -> RemoteFile:
        """Open the video.

        Returns
        -------
        RemoteFile

        Raises
        ------
        SourceError
            There is no such object, or it may not be read.
        DecodeError
            It is empty.
        """
        if self._facts is None:
            self._facts = self._stores.facts(self.address)
        if self._facts.size <= 0:
            raise DecodeError(f"{self.address}: an empty file")
        return RemoteFile(self, self._facts)

    def fetch(self, start: int, end: int, facts: ObjectFacts) -> bytes:
        """Read a range of the object, in several tries where they can help.

        Parameters
        ----------
        start, end : int
            Bytes ``start <= n < end``.
        facts : ObjectFacts

        Returns
        -------
        bytes

        Raises
        ------
        SourceError
        """
        self.bytes_read += end - start
        if self.bytes_read > MOST_TIMES * facts.size + FREE_BYTES:
            raise SourceError(
                f"{self.address}: sends its reader to and fro, {self.bytes_read >> 20} MB of a"
                f" file of {facts.size >> 20} MB were read"
            )
        for wait_s in (*WAITS_S, None):
            try:
                return self._stores.read(self.address, start, end, facts.etag)
            except SourceError as error:
                if wait_s is None or not may_pass(error.__cause__):
                    raise
            time.sleep(wait_s)
        raise AssertionError("unreachable")


class RemoteFile(io.RawIOBase):
    """An open video of a store, with the last few blocks of it: `StoredFile`.

    Parameters
    ----------
    video : RemoteVideo
    facts : ObjectFacts
    """

    def __init__(self, video: RemoteVideo, facts: ObjectFacts) -> None:
        self.name = video.address.rpartition("/")[2]
        self.size = facts.size
        self._video, self._facts, self._at = video, facts, 0
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._trouble: SSPDError | None = None

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read bytes into a buffer, see `io.RawIOBase.readinto`.

        Parameters
        ----------
        buffer : writable buffer of bytes

        Returns
        -------
        int
            Bytes read.
        """
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def read(self, size: int = -1) -> bytes:
        """Read bytes from where the file stands, see `StoredFile.read`.

        Parameters
        ----------
        size : int
            Most bytes; -1: to the end.

        Returns
        -------
        bytes
            As many as were asked for, except at the end.
        """
        left = self.size - self._at
        until = self._at + max(0, left if size < 0 else min(size, left))
        parts = []
        while self._at < until:
            index, within = divmod(self._at, BLOCK_BYTES)
            parts.append(self._block(index)[within : within + until - self._at])
            self._at += len(parts[-1])
        return b"".join(parts)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Set the place to read from, see `io.IOBase.seek`.

        Parameters
        ----------
        offset, whence : int

        Returns
        -------
        int

        Raises
        ------
        ValueError
            Before the beginning.
        """
        place = offset + {0: 0, 1: self._at, 2: self.size}[whence]
        if place < 0:
            raise ValueError("before the beginning of the file")
        self._at = place
        return place

    def tell(self) -> int:
        """Return the place to read from.

        Returns
        -------
        int
        """
        return self._at

    def close(self) -> None:
        """Release the blocks."""
        self._blocks.clear()
        super().close()

    def check(self) -> None:
        """Raise the error of the first range that could not be read.

        Raises
        ------
        SourceError
        """
        if self._trouble is not None:
            raise self._trouble

    def _block(self, index: int) -> bytes:
        if index in self._blocks:
            self._blocks.move_to_end(index)
            return self._blocks[index]
        self.check()  # after one failure nothing more is asked for
        start = index * BLOCK_BYTES
        try:
            data = self._video.fetch(start, min(self.size, start + BLOCK_BYTES), self._facts)
        except SSPDError as error:
            self._trouble = error
            raise
        self._blocks[index] = data
        while len(self._blocks) > KEPT_BLOCKS:
            self._blocks.popitem(last=False)
        return data
