"""Check of the header of a safetensors file before the file is read.

A header is JSON of any length, and reading a file of 300,000 empty tensors one by one takes a
minute. Files that are not of this package are recognized from a few bytes.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import struct
from pathlib import Path
from typing import Any

from sspd.errors import WeightsError
from sspd.utils.schema import shown, strict_json

#: Limits of a header: bytes, tensors, dimensions of a tensor, and their size. SSPD has 8 kB and
#: 70 tensors, PhysFormer 300 tensors.
MOST_HEADER_BYTES, MOST_TENSORS, MOST_SIDES, MOST_SIDE = 1 << 20, 2000, 6, 1 << 24
MOST_FACT_BYTES = 1 << 18
#: Bytes per number.
_SIZES = {
    "F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1,
    "BOOL": 1,
}  # fmt: skip
_NAME = re.compile(r"[A-Za-z0-9_.]{1,200}")
#: Key of the metadata for the checksum of all other content.
CHECKSUM = "sha256"


def check_header(path: Path) -> None:
    """Raise an error for a header that is not that of weights of this package, or damaged.

    Parameters
    ----------
    path : Path
        A regular file.

    Raises
    ------
    WeightsError
    """
    try:
        data = path.read_bytes()
        header, start = split_header(data)
        _check(header, len(data) - start)
    except (OSError, ValueError, TypeError, KeyError, struct.error) as error:
        raise WeightsError(f"{path}: not a safetensors file, or damaged ({error})") from error
    known = header.get("__metadata__", {}).get(CHECKSUM)
    if known is not None and known != checksum(header, data[start:]):
        raise WeightsError(f"{path}: damaged, its checksum is another; get or make the file anew")


def made_by(path: Path) -> dict[str, Any]:
    """Return the origin of weights, such as recipe, seed and step.

    Parameters
    ----------
    path : Path
        A checkpoint, or an ONNX file beside the checkpoint from which it was exported.

    Returns
    -------
    dict
        Empty if it is unknown.
    """
    try:
        with path.with_suffix(".safetensors").open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            file.seek(0)
            header, _ = split_header(file.read(8 + min(length, MOST_HEADER_BYTES)))
        facts = strict_json(header["__metadata__"]["made_by"])
    except (OSError, ValueError, TypeError, KeyError, struct.error):
        return {}
    return facts if isinstance(facts, dict) else {}


def checkpoint_format(path: Path) -> str | None:
    """Return the name of a checkpoint's format, from the beginning of the file alone.

    Parameters
    ----------
    path : Path
        Anything.

    Returns
    -------
    str or None
        None for a file that is none of ours.

    >>> checkpoint_format(Path("missing.safetensors")) is None
    True
    """
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            file.seek(0)
            header, _ = split_header(file.read(8 + min(length, MOST_HEADER_BYTES)))
        found = header["__metadata__"]["format"]
    except (OSError, ValueError, TypeError, KeyError, struct.error):
        return None
    return found if isinstance(found, str) else None


def split_header(data: bytes) -> tuple[dict[str, Any], int]:
    """Return the header of a file, and the position at which its numbers begin.

    Parameters
    ----------
    data : bytes
        The file, or its beginning.

    Returns
    -------
    header : dict
    start : int
        Bytes.

    Raises
    ------
    ValueError, TypeError
        The data has no such header.
    """
    (length,) = struct.unpack("<Q", data[:8])
    if not 2 <= length <= min(MOST_HEADER_BYTES, len(data) - 8):
        raise ValueError(f"a header of {length} bytes")
    header = strict_json(data[8 : 8 + length])
    if not isinstance(header, dict):
        raise TypeError("its header is no table")
    return header, 8 + length


def checksum(header: dict[str, Any], numbers: bytes) -> str:
    """Return the SHA-256 of a file's numbers and of its header without the checksum.

    Parameters
    ----------
    header : dict
    numbers : bytes

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    facts = {k: v for k, v in header.get("__metadata__", {}).items() if k != CHECKSUM}
    text = json.dumps({**header, "__metadata__": facts}, sort_keys=True)
    return hashlib.sha256(text.encode() + b"\0" + numbers).hexdigest()


def _check(header: dict[str, Any], n_bytes: int) -> None:
    if len(header) > MOST_TENSORS:
        raise ValueError(f"{len(header)} tensors, {MOST_TENSORS} are the most")
    facts = header.get("__metadata__", {})
    if not isinstance(facts, dict) or not all(isinstance(v, str) for v in facts.values()):
        raise TypeError("its metadata are no texts")
    if any(len(value) > MOST_FACT_BYTES for value in facts.values()):
        raise ValueError("its metadata are too long")
    at = 0
    places = [(name, card) for name, card in header.items() if name != "__metadata__"]
    for name, card in sorted(places, key=lambda place: place[1]["data_offsets"][0]):
        at = _end_of(name, card, at)
    if at != n_bytes:
        raise ValueError(f"{n_bytes} bytes of numbers, {at} are declared")


def _end_of(name: str, card: dict[str, Any], at: int) -> int:
    """Return the end of a tensor that begins at ``at``."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"a tensor called {shown(name)}")
    if card.keys() != {"dtype", "shape", "data_offsets"}:
        raise ValueError(f"{name} has other facts than type, shape and place")
    shape, (begin, end) = card["shape"], card["data_offsets"]
    sides = isinstance(shape, list) and all(type(n) is int and 0 < n <= MOST_SIDE for n in shape)
    if not sides or len(shape) > MOST_SIDES:
        raise ValueError(f"{name} has no shape of ours")
    size = math.prod(shape) * _SIZES[str(card["dtype"])]
    if type(begin) is not int or type(end) is not int or (begin, end) != (at, at + size):
        raise ValueError(f"{name} is not at its expected position")
    return at + int(size)
