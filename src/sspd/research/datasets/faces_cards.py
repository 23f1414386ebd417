"""Metadata of the entries of a face store, which are checked before they are used."""

from __future__ import annotations

import json
import re
import zlib
from typing import Any

from sspd.errors import OutputError

#: Frames in a chunk, about one second. A clip of 10 s reads eleven chunks.
STORED_FRAMES = 32
#: Limits of an entry; a larger one was not written by sspd.
MAX_SIZE, MAX_FRAMES, MAX_CARD_BYTES = 1024, 1 << 20, 1 << 20
#: Codecs of our own entries; others are never run.
STORED_CODECS = {"bytes", "crc32c"}
#: Ending of an entry's folder.
SUFFIX = ".zarr"


def checked_card(card: dict[str, Any], kind: str, size: int) -> tuple[int, int]:
    """Return length and chunk size of one of our arrays.

    Parameters
    ----------
    card : dict
        Its metadata.
    kind : str
        ``faces`` or ``times``.
    size : int
        Of a face, pixels.

    Returns
    -------
    (int, int)

    Raises
    ------
    ValueError, KeyError, TypeError
        It is none of ours.
    """
    chunks = card["chunk_grid"]["configuration"]["chunk_shape"]
    dtype, wanted = ("uint16", [size, size, 3]) if kind == "faces" else ("float64", [])
    shape = card["shape"]
    if card["data_type"] != dtype or shape[1:] != wanted or chunks[1:] != wanted:
        raise ValueError(f"{card['data_type']} of shape {shape}")
    length, chunk = int(shape[0]), int(chunks[0])
    if not (0 <= length <= MAX_FRAMES and 0 < chunk <= MAX_FRAMES):
        raise ValueError(f"{length} frames in chunks of {chunk}")
    if kind == "faces" and chunk > 16 * STORED_FRAMES:
        raise ValueError(f"chunks of {chunk} frames")
    strange = {codec["name"] for codec in card["codecs"]} - STORED_CODECS
    if strange:
        raise ValueError(f"codecs {', '.join(sorted(strange))}")
    return length, chunk


def checked_facts(card: object) -> dict[str, Any]:
    """Return the attributes of an entry from its metadata; empty if they are damaged.

    Parameters
    ----------
    card : object

    Returns
    -------
    dict

    >>> checked_facts({"attributes": {"size": 3, "crc32": 1}})
    {}
    """
    facts = card.get("attributes") if isinstance(card, dict) else None
    # older stores have no checksum here
    if not isinstance(facts, dict) or facts.get("crc32", crc32_of(facts)) != crc32_of(facts):
        return {}
    return {name: value for name, value in facts.items() if name != "crc32"}


def crc32_of(facts: dict[str, Any]) -> int:
    """Compute the checksum of all other attributes; faces and times have their own.

    Parameters
    ----------
    facts : dict

    Returns
    -------
    int
    """
    others = {name: value for name, value in facts.items() if name != "crc32"}
    return zlib.crc32(json.dumps(others, sort_keys=True).encode())


def checked_name(name: str) -> str:
    """Return the name of an entry, which leads nowhere else.

    Parameters
    ----------
    name : str

    Returns
    -------
    str

    Raises
    ------
    OutputError

    >>> checked_name("video-0000")
    'video-0000'
    """
    if not re.fullmatch(r"\w[\w.-]*", name):
        raise OutputError(f"{name!r} cannot name a store entry: letters, digits, - _ . only")
    return name
