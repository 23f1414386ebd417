"""Check of the sample counts in the header of an MP4 or QuickTime file, before FFmpeg opens it.

FFmpeg allocates an index of 24 bytes or more for each sample that a header declares, whether
the file contains it or not, and again for each edit that shows it: a header of 2 kB took 4 GB
and 15 s. Sample groups and image items are allocated in the same way. This check covers what
a small file can declare openly; the memory limit of a worker process (`limit_s` of
`measure_many`) bounds the rest.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sspd.errors import DecodeError
from sspd.video.stored import StoredFile

#: Boxes at the top level in which FFmpeg looks for other boxes (ISO 14496-12 and QuickTime).
#: They are searched as bytes, not parsed, as FFmpeg takes a table from any box in them, also
#: from codec descriptions. ``free`` and ``hoov`` count only if they contain a movie header.
_SEARCHED = frozenset(
    {
        *(b"moov", b"moof", b"trak", b"mdia", b"minf", b"stbl", b"traf", b"mvex", b"udta"),
        *(b"meta", b"edts", b"dinf", b"tref", b"ilst", b"wave", b"stsd", b"sinf", b"schi"),
        *(b"iprp", b"ipco", b"tapt", b"strk", b"free", b"hoov", b"wide", b"cmov"),
    }
)
_PADDING = (b"free", b"hoov")
#: Offset of the count after a table's head, and its number of bytes, by the table's version;
#: the last entry is for all later versions. The tables are those of samples, sample groups,
#: image items, edits, and the bytes of a compressed header.
_COUNTS = {
    b"stsz": ((8, 4),),
    b"stz2": ((8, 4),),
    b"trun": ((4, 4),),
    b"sgpd": ((8, 4), (12, 4)),
    b"iinf": ((4, 2), (4, 4)),
    b"iloc": ((6, 2), (6, 2), (6, 4)),
    b"elst": ((4, 4),),
    b"cmvd": ((0, 4),),
}
#: Number of samples that is always allowed, as a truncated file contains less than it declares:
#: more than a day at 30 frames per second, and 0.2 GB of FFmpeg's memory.
FREE_SAMPLES = 1 << 22
#: Number of edits that is always allowed; a camera's video has one or two per track. With more
#: edits, edits times samples may be this multiple of the allowed samples.
FREE_EDITS, EDIT_SHARE = 8, 4
#: Largest number of boxes at the top level, and of tables: a video of fragments with one frame
#: each has two per frame, so this is more than two hours.
MAX_BOXES = 1 << 19
_BLOCK = 1 << 20
#: Bytes of a box's length and name, and of the name of the first box in it.
_HEAD = 16
#: Bytes of a table's length (in both forms), its name and its count.
_TABLE = 32


@dataclass
class _Promise:
    """Counts that the boxes of a file have declared so far."""

    size: int
    samples: int = 0
    edits: int = 0
    tables: int = 0

    def add(self, kind: bytes, count: int) -> str | None:
        """Add a table, and return an error message as soon as it is too much."""
        self.tables += 1
        if not kind or self.tables > MAX_BOXES:
            return f"over {MAX_BOXES} boxes"
        self.edits += count if kind == b"elst" else 0
        self.samples += count if kind not in (b"elst", b"cmvd") else 0
        most = max(FREE_SAMPLES, self.size)
        if kind == b"cmvd":
            return "its header is compressed; a copy made with ffmpeg -c copy is read"
        if self.samples > most:
            return f"{self.samples} samples in {self.size} bytes"
        if self.edits > FREE_EDITS and self.edits * self.samples > EDIT_SHARE * most:
            return f"{self.edits} edits of {self.samples} samples in {self.size} bytes"
        return None


def check_sample_counts(path: str | Path) -> None:
    """Raise an error if a file declares more samples than it can contain.

    Parameters
    ----------
    path : str or Path
        File of any kind; one that is not MP4 or QuickTime declares none.

    Raises
    ------
    DecodeError
        The header declares too many samples, edits or boxes.

    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     _ = file.write(struct.pack(">I4sIII", 20, b"stsz", 0, 1, 1 << 31))
    ...     file.flush()
    ...     check_sample_counts(file.name)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    sspd.errors.DecodeError: ...: not a video that can be decoded (2147483648 samples in 20 bytes)
    """
    with Path(path).open("rb") as file:
        check_counts_of(file, Path(path).stat().st_size, path)


def check_counts_of(file: IO[bytes] | StoredFile, size: int, name: str | Path) -> None:
    """Raise an error if an open file declares more samples than it can contain.

    Parameters
    ----------
    file : binary file
        It is left at some other place.
    size : int
        Bytes.
    name : str or Path
        For the message.

    Raises
    ------
    DecodeError
        See `check_sample_counts`.
    """
    promise = _Promise(size)
    for table in _tables(file, size):
        if (why := promise.add(*table)) is not None:
            raise DecodeError(f"{name}: not a video that can be decoded ({why})")


def _tables(file: IO[bytes] | StoredFile, size: int) -> Iterator[tuple[bytes, int]]:
    """Yield the names and counts of the tables in a file; an unnamed one for too many boxes."""
    at = 0
    for _ in range(MAX_BOXES):
        if at >= size:
            return
        file.seek(at)
        head = file.read(_HEAD)
        if len(head) < 8:
            return
        length, kind = struct.unpack_from(">I4s", head)
        if length == 1 and len(head) == _HEAD:
            (length,) = struct.unpack_from(">Q", head, 8)
        length = length or size - at  # 0: to the end
        if length < 8:
            return
        holds = kind in _COUNTS or (kind in _SEARCHED and length >= _HEAD)
        if holds and (kind not in _PADDING or head[12:] in (b"mvhd", b"cmov")):
            yield from _counts(file, at, min(size, at + length))
        at += length
    yield b"", 0


def _counts(file: IO[bytes] | StoredFile, at: int, end: int) -> Iterator[tuple[bytes, int]]:
    """Yield the names and counts of the tables between two positions of a file, in any order."""
    file.seek(at)
    block = b""
    while at < end:
        wanted = min(_BLOCK, end - at + _TABLE)  # FFmpeg also reads beyond a box's end
        block += (more := file.read(wanted))
        # a table near the end of a block is left to the next block, with its count
        until = end - at if len(more) < wanted else max(0, min(end - at, len(block) - _TABLE))
        for name, places in _COUNTS.items():
            place = block.find(name, 4, until + 7)
            while place >= 0:
                wide = block[place - 4 : place] == b"\0\0\0\1"  # its length has 64 bits
                table = block[place + (12 if wide else 4) : place + _TABLE - 4]
                first, width = places[min(table[0], len(places) - 1)] if table else (0, 4)
                yield name, int.from_bytes(table[first : first + width], "big")
                place = block.find(name, place + 4, until + 7)
        block = block[until:]
        at += until
