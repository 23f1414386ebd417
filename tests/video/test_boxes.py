"""MP4 headers that promise more than the file can hold."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sspd.errors import DecodeError
from sspd.video import boxes
from sspd.video.boxes import check_sample_counts
from sspd.video.read import probe, read

Make = Callable[..., Any]


def _put(data: bytes, box: bytes, *numbers: int, at: int) -> bytes:
    """Numbers of 32 bits over those in the first box of a kind."""
    place, new = data.index(box) + 4 + at, struct.pack(f">{len(numbers)}I", *numbers)
    return data[:place] + new + data[place + len(new) :]


def _wide(data: bytes, box: bytes) -> bytes:
    """The same with a box's length in 64 bits; what stands before the pictures moves them."""
    place = data.index(box) - 4
    (length,) = struct.unpack_from(">I", data, place)
    head = struct.pack(">I4sQ", 1, box, length + 8)
    return data[:place] + head + data[place + 8 :]


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def _within(data: bytes, parent: bytes, child: bytes) -> bytes:
    """A file that ends with its header, with a box more at the end of one in it."""
    place = data.index(parent) - 4
    end = place + struct.unpack_from(">I", data, place)[0]
    grown = bytearray(data[:end] + child + data[end:])
    for outer in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"udta"):
        start = data.find(outer) - 4
        length = struct.unpack_from(">I", data, max(start, 0))[0]
        if start >= 0 and start <= place and end <= start + length:
            struct.pack_into(">I", grown, start, length + len(child))
    return bytes(grown)


def _promising(whole: bytes, samples: int) -> bytes:
    """A file whose tables speak of so many samples, all of one byte."""
    table = _put(whole, b"stsz", 1, samples, at=4)
    return _put(_put(table, b"stsc", samples, at=12), b"stts", samples, at=8)


@pytest.fixture
def whole(tmp_path: Path, write_video: Make, patches: Make) -> bytes:
    data: bytes = write_video(tmp_path / "a.mp4", patches(12)).read_bytes()
    assert data.index(b"mdat") < data.index(b"moov")  # so that a header may grow
    return data


@pytest.mark.parametrize("samples", [1 << 23, 1 << 26, (1 << 32) - 1])
def test_samples_that_no_file_holds_are_refused_before_memory_is_taken(
    samples: int, tmp_path: Path, whole: bytes, patches: Make
) -> None:
    runs = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4", options=runs) as container:
        stream: Any = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for rgb in patches(12):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")))
        container.mux(stream.encode())
    pieces = buffer.getvalue()
    path = tmp_path / "much.mp4"
    path.write_bytes(pieces)
    assert sum(len(chunk) for chunk in read(path)) == 12
    table, at = _promising(whole, samples), whole.index(b"moov") - 4
    more = _box(b"stsz", struct.pack(">III", 0, 1, samples))
    hidden = [_within(whole, parent, more) for parent in (b"trak", b"stsd", b"udta")]
    free = table[: at + 4] + b"free" + table[at + 8 :]  # which FFmpeg reads all the same
    runs_on = _put(pieces, b"trun", 0, samples, at=0)
    for data in (table, _wide(table, b"stsz"), *hidden, whole + more, free, runs_on):
        path.write_bytes(data)
        with pytest.raises(DecodeError, match=rf"\(\d+ samples in {len(data)} bytes"):
            probe(path)


@pytest.mark.parametrize("edits", [100, 5000])
def test_edits_that_show_all_of_it_again_and_again_are_refused(
    edits: int, tmp_path: Path, whole: bytes
) -> None:
    path = tmp_path / "edits.mp4"
    again = _box(b"elst", struct.pack(">II", 0, edits), edits * struct.pack(">III", 480, 0, 65536))
    path.write_bytes(_within(whole, b"trak", _box(b"edts", again)))
    probe(path)  # of twelve frames it is no harm
    path.write_bytes(_within(_promising(whole, 200_000), b"trak", _box(b"edts", again)))
    with pytest.raises(DecodeError, match=rf"\({edits + 1} edits of 200000 samples"):
        probe(path)


def test_a_compressed_header_is_refused(tmp_path: Path, whole: bytes) -> None:
    at = whole.index(b"moov") - 4
    much = _promising(whole, 1 << 25)[at:]
    packed = _box(b"cmvd", struct.pack(">I", len(much)), zlib.compress(much))
    path = tmp_path / "old.mov"
    path.write_bytes(whole[:at] + _box(b"moov", _box(b"cmov", _box(b"dcom", b"zlib"), packed)))
    with pytest.raises(DecodeError, match="its header is compressed"):
        probe(path)


@pytest.mark.parametrize(
    ("box", "numbers"),
    [(b"iinf", ">xxxI"), (b"iloc", ">xxxHI"), (b"sgpd", ">xxx8xI")],
    ids=["iinf", "iloc", "sgpd"],
)
def test_items_and_groups_that_no_file_holds_are_refused(
    box: bytes, numbers: str, tmp_path: Path, whole: bytes
) -> None:
    version = b"\2" if box == b"iloc" else b"\1"
    widths = [0x4400] if box == b"iloc" else []
    data = _within(whole, b"trak", _box(box, version, struct.pack(numbers, *widths, 1 << 28)))
    (tmp_path / "items.mp4").write_bytes(data)
    with pytest.raises(DecodeError, match=rf"samples in {len(data)} bytes"):
        probe(tmp_path / "items.mp4")


@pytest.mark.slow
def test_millions_of_empty_boxes_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "boxes.mp4"
    for box in (_box(b"skip"), _box(b"moov"), _box(b"moov", _box(b"trun", bytes(8)))):
        path.write_bytes((1 << 19) * box + _box(b"mdat"))
        with pytest.raises(DecodeError, match="over 524288 boxes"):
            check_sample_counts(path)
    path.write_bytes((1 << 10) * box)
    check_sample_counts(path)


@given(st.binary(max_size=60), st.integers(0, 3), st.integers(1, 40))
def test_a_table_is_found_wherever_the_pieces_of_a_header_end(
    noise: bytes, names: int, piece: int
) -> None:
    body = noise + names * (b"stsz" + struct.pack(">III", 0, 1, 77) + noise)
    data = b"\0\0\0\0moov" + body
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(boxes, "_BLOCK", piece)
        found = [n for kind, n in boxes._tables(io.BytesIO(data), len(data)) if kind == b"stsz"]
    assert found.count(77) == names


@pytest.mark.parametrize("box", [b"stsz", b"stts", b"stsc", b"stco", b"ctts", b"stss"])
@pytest.mark.parametrize("count", [0, 0xFFFFFF, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_table_of_another_length_is_a_line(
    box: bytes, count: int, tmp_path: Path, write_video: Make, patches: Make
) -> None:
    data = write_video(tmp_path / "a.mp4", patches(12)).read_bytes()
    path = tmp_path / "b.mp4"
    path.write_bytes(_put(data, box, count, at=8 if box == b"stsz" else 4))
    try:
        assert sum(len(chunk) for chunk in read(path)) <= 12
    except DecodeError as error:
        assert str(path) in str(error)
