"""How many samples an MP4 or QuickTime file promises, counted before FFmpeg reserves them.

FFmpeg makes an index of 24 bytes or more for each sample that a header promises, whether
the file holds it or not, and again for each edit that shows it: a header of 2 kB took 4 GB
and 15 s. It reserves groups of samples and items of images in the same way. A guard for what
a small file can write openly; the address space of a worker process (`limit_s` of
`measure_many`) bounds the rest.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sspd.errors import DecodeError

#: Boxes at the top of a file in which FFmpeg looks for others (ISO 14496-12 and QuickTime).
#: They are searched, not walked: it takes a table from any box in them, descriptions of
#: codecs included. ``free`` and ``hoov`` only count where a movie's header begins in them.
_SEARCHED = frozenset(
    {
        *(b"moov", b"moof", b"trak", b"mdia", b"minf", b"stbl", b"traf", b"mvex", b"udta"),
        *(b"meta", b"edts", b"dinf", b"tref", b"ilst", b"wave", b"stsd", b"sinf", b"schi"),
        *(b"iprp", b"ipco", b"tapt", b"strk", b"free", b"hoov", b"wide", b"cmov"),
    }
)
_PADDING = (b"free", b"hoov")
#: Where a count stands behind the head of a table, and how many bytes it has: by the
#: table's version, the last for all later ones. Samples, their groups, items (of images),
#: edits, and the bytes of a compressed header.
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
#: So many samples are always taken, for a file that was cut holds less than it promises:
#: more than a day of 30 frames per second, and 0.2 GB of FFmpeg's memory.
FREE_SAMPLES = 1 << 22
#: So many edits are always taken; a video from a camera has one or two for each track. More
#: than these may show this many times as many samples.
FREE_EDITS, EDIT_SHARE = 8, 4
#: More boxes than this, at the top of a file or of those that count, are no video's:
#: fragments of one frame each are two at the top, and these are more than two hours of them.
MAX_BOXES = 1 << 19
_PIECE = 1 << 20
#: So many bytes hold a box's length and name, and what tells whether to look into it.
_HEAD = 16
#: So many hold a table's length, twice, its name and its count.
_TABLE = 32


@dataclass
class _Promise:
    """What the boxes of a file promise so far."""

    size: int
    samples: int = 0
    edits: int = 0
    tables: int = 0

    def add(self, kind: bytes, count: int) -> str | None:
        """Take a table in; say what is wrong as soon as it is too much."""
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
    """Raise `DecodeError` where a file promises more samples than it can hold.

    Parameters
    ----------
    path : str or Path
        A file of any kind; one that is no MP4 or QuickTime promises none.

    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     _ = file.write(struct.pack(">I4sIII", 20, b"stsz", 0, 1, 1 << 31))
    ...     file.flush()
    ...     check_sample_counts(file.name)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    sspd.errors.DecodeError: ...: not a video that can be decoded (2147483648 samples in 20 bytes)
    """
    promise = _Promise(Path(path).stat().st_size)
    with Path(path).open("rb") as file:
        for table in _tables(file, promise.size):
            if (told := promise.add(*table)) is not None:
                raise DecodeError(f"{path}: not a video that can be decoded ({told})")


def _tables(file: IO[bytes], size: int) -> Iterator[tuple[bytes, int]]:
    """Names and counts of the tables in a file; at its end an unnamed one: too many boxes."""
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


def _counts(file: IO[bytes], at: int, end: int) -> Iterator[tuple[bytes, int]]:
    """Names and counts of the tables between two places of a file, in any order."""
    file.seek(at)
    piece = b""
    while at < end:
        wanted = min(_PIECE, end - at + _TABLE)  # FFmpeg reads over a box's end, too
        piece += (more := file.read(wanted))
        # a table near a piece's end is left to the next one, with its count
        until = end - at if len(more) < wanted else max(0, min(end - at, len(piece) - _TABLE))
        for name, places in _COUNTS.items():
            place = piece.find(name, 4, until + 7)
            while place >= 0:
                wide = piece[place - 4 : place] == b"\0\0\0\1"  # its length has 64 bits
                table = piece[place + (12 if wide else 4) : place + _TABLE - 4]
                first, width = places[min(table[0], len(places) - 1)] if table else (0, 4)
                yield name, int.from_bytes(table[first : first + width], "big")
                place = piece.find(name, place + 4, until + 7)
        piece = piece[until:]
        at += until
