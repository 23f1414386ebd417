"""Facts and checksum of an ONNX file of ours, read before any runtime opens it.

An ONNX file is one protobuf message; its outermost fields are enough. A file may ask its
reader to open others (external data): such are rejected.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from sspd.utils.schema import strict_json

#: Metadata keys of the network's facts, and of the checksum of all bytes before its own entry.
METADATA_KEY, CHECKSUM_KEY = "sspd", "sspd.sha256"
#: Fields of `ModelProto` that PyTorch writes: versions, producer, graph, operators, metadata.
_MODEL_FIELDS = {1, 2, 3, 7, 8, 14}
_GRAPH, _METADATA = 7, 14
MOST_FACT_BYTES, MOST_PARTS = 1 << 18, 20_000
#: First bytes of a tensor whose numbers are in another file.
_EXTERNAL = b"\x0a\x08location"


def facts_of(data: bytes) -> Any:
    """Return the facts that `sspd` wrote into an ONNX file, from JSON.

    Parameters
    ----------
    data : bytes
        The whole file.

    Returns
    -------
    JSON value

    Raises
    ------
    ValueError
        It is none of ours, or damaged; the message says what of it.
    """
    if _EXTERNAL in data:
        raise ValueError("its numbers are in another file")
    facts: dict[str, bytes] = {}
    for field, start, end in _fields(data, 0, len(data)):
        if field not in _MODEL_FIELDS:
            raise ValueError(f"an unknown part {field}")
        if field == _METADATA:
            key, value = _entry(data[start:end])
            if key in facts or key not in (METADATA_KEY, CHECKSUM_KEY):
                raise ValueError("unknown facts")
            facts[key] = value
        if field == _GRAPH and sum(1 for _ in _fields(data, start, end)) > MOST_PARTS:
            raise ValueError(f"more than {MOST_PARTS} parts")
    if CHECKSUM_KEY in facts and data != with_checksum(data[: -len(_checksum_entry(b""))]):
        raise ValueError("its checksum is another; get or make the file anew")
    if METADATA_KEY not in facts:
        raise ValueError("no facts of a network of ours")
    return strict_json(facts[METADATA_KEY])


def with_checksum(data: bytes) -> bytes:
    """Return an ONNX file with its checksum added at the end.

    Parameters
    ----------
    data : bytes

    Returns
    -------
    bytes

    >>> len(with_checksum(b"")) - len(with_checksum(b"")[:-64])
    64
    """
    return data + _checksum_entry(data)


def _checksum_entry(data: bytes) -> bytes:
    key, value = CHECKSUM_KEY.encode(), hashlib.sha256(data).hexdigest().encode()
    entry = b"\x0a" + bytes([len(key)]) + key + b"\x12" + bytes([len(value)]) + value
    return bytes([_METADATA << 3 | 2, len(entry)]) + entry


def _entry(message: bytes) -> tuple[str, bytes]:
    """Return key and value of a `StringStringEntryProto`."""
    if len(message) > MOST_FACT_BYTES:
        raise ValueError("its facts are too long")
    found = {field: message[start:end] for field, start, end in _fields(message, 0, len(message))}
    if found.keys() != {1, 2}:
        raise ValueError("facts without name or value")
    return found[1].decode(), found[2]


def _fields(data: bytes, at: int, stop: int) -> Iterator[tuple[int, int, int]]:
    """Yield number, start and end of each field of a message."""
    while at < stop:
        tag, at = _varint(data, at, stop)
        kind = tag & 7
        if kind == 0:
            start, (_, at) = at, _varint(data, at, stop)
        elif kind == 2:
            length, start = _varint(data, at, stop)
            at = start + length
        elif kind in (1, 5):
            start, at = at, at + (8 if kind == 1 else 4)
        else:
            raise ValueError("not an ONNX file")
        if at > stop:
            raise ValueError("cut short")
        yield tag >> 3, start, at


def _varint(data: bytes, at: int, stop: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= stop:
            raise ValueError("cut short")
        byte = data[at]
        value, at = value | (byte & 127) << shift, at + 1
        if byte < 128:
            return value, at
    raise ValueError("not an ONNX file")
