"""Facts of ONNX files: hostile and damaged ones are told before any runtime reads them."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest

from sspd.errors import WeightsError
from sspd.models.spec import NetworkSpec
from sspd.network.load import load_network, shipped_weights
from sspd.network.onnx_header import facts_of, with_checksum


@pytest.fixture(scope="module")
def shipped() -> bytes:
    return shipped_weights(".onnx").read_bytes()


def _message(field: int, data: bytes) -> bytes:
    length, n = b"", len(data)
    while n > 127:
        length, n = length + bytes([n & 127 | 128]), n >> 7
    return bytes([field << 3 | 2]) + length + bytes([n]) + data


def _facts(text: str, key: str = "sspd") -> bytes:
    return _message(14, _message(1, key.encode()) + _message(2, text.encode()))


def test_the_shipped_network_is_read(shipped: bytes) -> None:
    assert NetworkSpec.from_dict(facts_of(shipped)).name == "sspd"
    damaged = bytearray(shipped)
    damaged[len(damaged) // 2] ^= 1
    with pytest.raises(ValueError, match="checksum"):
        facts_of(bytes(damaged))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff" * 2000,
        b"\x80" * 2000,
        _facts("{}") + _facts("{}"),
        _facts("{}") + _facts("{}", "other"),
        _facts('{"fs": 1, "fs": 2}'),
        _facts("[" * 100_000),
        _facts("x" * (1 << 19)),
        _facts("{}") + _message(20, b"training"),
        _message(7, _message(1, b"") * 300_000) + _facts("{}"),
        _message(7, b"\x0a\x08location\x12\x0b/etc/passwd") + _facts("{}"),
        with_checksum(_facts("{}")) + _facts("{}", "more"),
        with_checksum(_facts("{}"))[:-1] + b"x",
        _facts("{}")[:-1],
    ],
    ids=range(14),
)
def test_what_is_none_of_ours_is_refused_at_once(data: bytes, tmp_path: Path) -> None:
    begin_s = time.process_time()
    with pytest.raises(ValueError):
        facts_of(data)
    assert time.process_time() - begin_s < 1.0
    (tmp_path / "bad.onnx").write_bytes(data)
    with pytest.raises(WeightsError) as told:
        load_network(tmp_path / "bad.onnx")
    assert str(told.value).isprintable()


@pytest.mark.parametrize(
    "facts",
    [{"fs": 1e9}, {"fs": True}, {"fs": 30.0, "colour": "x"}, {"fs": 30.0, "name": "\x1b[2J"}],
)
def test_facts_are_checked_before_the_network_is_read(
    facts: dict[str, object], tmp_path: Path
) -> None:
    (tmp_path / "bad.onnx").write_bytes(_facts(json.dumps(facts)))
    with pytest.raises(WeightsError, match=r"not a network exported by sspd.* must be") as told:
        load_network(tmp_path / "bad.onnx")
    assert str(told.value).isprintable()


def test_no_flipped_bit_is_loaded_in_silence(shipped: bytes) -> None:
    data, rng = with_checksum(shipped), np.random.default_rng(3)
    for place in [*rng.integers(0, len(data), 10), *range(len(data) - 90, len(data), 3)]:
        broken = bytearray(data)
        broken[place] ^= 1 << int(rng.integers(8))
        with pytest.raises(ValueError):
            facts_of(bytes(broken))
