"""Videos that are not files of this system, but can be read like one."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, runtime_checkable


class StoredFile(Protocol):
    """An open video that can be read at any place."""

    name: str
    """File name, by which FFmpeg tells formats that look alike."""
    size: int
    """Bytes."""

    def read(self, size: int = -1) -> bytes:
        """Read bytes from where the file stands.

        Parameters
        ----------
        size : int
            Most bytes; -1: to the end.

        Returns
        -------
        bytes
            Empty at the end.
        """
        ...

    def seek(self, offset: int, whence: int = 0) -> int:
        """Set the place to read from, see `io.IOBase.seek`.

        Parameters
        ----------
        offset, whence : int

        Returns
        -------
        int
        """
        ...

    def tell(self) -> int:
        """Return the place to read from.

        Returns
        -------
        int
        """
        ...

    def close(self) -> None:
        """Close the file."""
        ...

    def check(self) -> None:
        """Raise an error if anything could not be read: FFmpeg takes that for the end.

        Raises
        ------
        SourceError
        """
        ...


@runtime_checkable
class StoredVideo(Protocol):
    """A video that can be opened like a file; ``str`` gives its name."""

    def open(self) -> StoredFile:
        """Open the video.

        Returns
        -------
        StoredFile

        Raises
        ------
        SSPDError
            It cannot be opened.
        """
        ...


#: Location of a video: the path of a file, or an object that can be opened like one.
Place = str | Path | StoredVideo


def first_bytes(place: Place, n_bytes: int) -> bytes:
    """Read the beginning of a video.

    Parameters
    ----------
    place : path or StoredVideo
    n_bytes : int

    Returns
    -------
    bytes
        Fewer if the video has no more.

    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     _ = file.write(b"FLV0123")
    ...     file.flush()
    ...     first_bytes(file.name, 3)
    b'FLV'
    """
    if isinstance(place, str | Path):
        with Path(place).open("rb") as file:
            return file.read(n_bytes)
    stored = place.open()
    try:
        return stored.read(n_bytes)
    finally:
        stored.close()
