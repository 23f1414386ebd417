"""Hostile and damaged headers of weights: told at once, in one line."""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers.networks import measuring_network
from sspd.errors import WeightsError
from sspd.models.checkpoint import load_checkpoint, save_checkpoint
from sspd.models.header import split_header

Header = dict[str, Any]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "ours.safetensors"
    save_checkpoint(measuring_network(), path, {"seed": 3})
    return path


def _with_header(saved: Path, path: Path, header: Any, numbers: bytes | None = None) -> Path:
    _, start = split_header(saved.read_bytes())
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    rest = saved.read_bytes()[start:] if numbers is None else numbers
    path.write_bytes(struct.pack("<Q", len(text)) + text + rest)
    return path


def _refused_soon(path: Path) -> str:
    begin_s = time.process_time()
    with pytest.raises(WeightsError) as told:
        load_checkpoint(path)
    assert time.process_time() - begin_s < 1.0
    said = str(told.value)
    assert said.isprintable() and len(said) < 500 and str(path) in said
    return said


@pytest.mark.slow
@pytest.mark.parametrize("n", [3_000, 300_000])
def test_many_empty_tensors_are_refused_at_once(saved: Path, tmp_path: Path, n: int) -> None:
    card = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}
    header = {f"t{k}": card for k in range(n)}
    _refused_soon(_with_header(saved, tmp_path / "many.safetensors", header, b""))


def _first(header: Header) -> Header:
    card: Header = next(card for name, card in header.items() if name != "__metadata__")
    return card


CHANGES: list[Callable[[Header], object]] = [
    lambda h: _first(h).update(shape=[0]),
    lambda h: _first(h).update(shape=[-1]),
    lambda h: _first(h).update(shape=[1 << 62, 4]),
    lambda h: _first(h).update(shape=[True]),
    lambda h: _first(h).update(shape=[1] * 99),
    lambda h: _first(h).update(dtype="F128"),
    lambda h: _first(h).update(data_offsets=[8, 4]),
    lambda h: _first(h).update(data_offsets=[0, 1 << 60]),
    lambda h: _first(h).update(data_offsets=["0", 4]),
    lambda h: _first(h).update(more=1),
    lambda h: h.update({"a\x1b[31m": _first(h)}),
    lambda h: h.update({"__metadata__": {"format": 1}}),
    lambda h: h["__metadata__"].update(made_by="x" * (1 << 19)),
    lambda h: h["__metadata__"].update(unknown="1"),
    lambda h: h["__metadata__"].update(sha256="0" * 64),
]


@pytest.mark.parametrize("change", CHANGES, ids=range(len(CHANGES)))
def test_a_header_that_is_none_of_ours_is_refused(
    saved: Path, tmp_path: Path, change: Callable[[Header], object]
) -> None:
    header, _ = split_header(saved.read_bytes())
    change(header)
    if header["__metadata__"].get("sha256") != "0" * 64:
        header["__metadata__"].pop("sha256", None)  # which would tell of any change
    _refused_soon(_with_header(saved, tmp_path / "bad.safetensors", header))


@pytest.mark.parametrize(
    "text",
    [b"[" * 900_000, b'{"a": ' * 90_000, b'{"a": NaN}', b"[]", b"1" * 900_000, b"\xff" * 100],
    ids=range(6),
)
def test_text_that_is_no_header_is_refused(saved: Path, tmp_path: Path, text: bytes) -> None:
    _refused_soon(_with_header(saved, tmp_path / "bad.safetensors", text))


@pytest.mark.parametrize(
    "facts", ['"fs": 30.0, "fs": 31.0', '"fs": Infinity', '"fs": 1e999', '"fs": true']
)
def test_facts_that_two_readers_would_read_differently_are_refused(
    saved: Path, tmp_path: Path, facts: str
) -> None:
    header, _ = split_header(saved.read_bytes())
    header["__metadata__"] |= {"network": "{" + facts + "}"}
    del header["__metadata__"]["sha256"]
    assert "fit" in _refused_soon(_with_header(saved, tmp_path / "bad.safetensors", header))


def test_no_flipped_bit_is_loaded_in_silence(saved: Path, tmp_path: Path) -> None:
    data, path = saved.read_bytes(), tmp_path / "flipped.safetensors"
    _, start = split_header(data)
    rng = np.random.default_rng(5)
    places = [*rng.integers(0, start, 12), *rng.integers(start, len(data), 6)]
    for place in places:
        broken = bytearray(data)
        broken[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(broken)
        with pytest.raises(WeightsError):
            load_checkpoint(path)
