"""``pulseOx.mat`` of MR-NIRP: queued samples, dropouts, files that are none."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.io import savemat

from sspd.errors import SourceError
from sspd.research.datasets import mr_nirp_contact
from sspd.research.datasets.mr_nirp_contact import (
    CONTACT_HZ,
    DROPOUT_S,
    START_S,
    read_contact,
    spread,
    write_contact,
)
from sspd.simulation import VideoSpec, contact_bvp
from sspd.types import Series

SPEC = VideoSpec(seed=1, duration_s=4.0, width=128, height=96, face_px=60, hr_bpm=75)


def cells_of(parts: Sequence[Sequence[float]]) -> np.ndarray:
    """As MATLAB has them: cells of rows."""
    cells = np.empty((1, len(parts)), object)
    for k, part in enumerate(parts):
        cells[0, k] = np.array(part, np.float64).reshape(1, -1)
    return cells


def save(path: Path, timestamps: Sequence[float], record: object) -> Path:
    savemat(path, {"pulseOxTime": np.array(timestamps)[None], "pulseOxRecord": record})
    return path


def waveform(path: Path) -> Series:
    bvp = read_contact(path).bvp
    assert bvp is not None
    return bvp


def slowly(
    timestamps: Sequence[float], parts: Sequence[Sequence[float]]
) -> tuple[list[float], list[float]]:
    """One value after the other; before the first timestamp, as long as a median step."""
    steps = sorted(b - a for a, b in pairwise(timestamps))
    middle = steps[(len(steps) - 1) // 2 : len(steps) // 2 + 1]
    median = sum(middle) / len(middle) if middle else 0.0
    t, values = [], []
    for k, part in enumerate(parts):
        before = timestamps[k - 1] if k else timestamps[0] - median
        for j, value in enumerate(part):
            t.append(before + (timestamps[k] - before) * (j + 1) / len(part) - timestamps[0])
            values.append(value)
    return t, values


@given(
    st.lists(
        st.tuples(st.floats(0.001, 2.0), st.lists(st.integers(0, 127), max_size=4)),
        min_size=1,
        max_size=20,
    )
)
def test_queued_samples_lie_before_their_time(entries: list[tuple[float, list[int]]]) -> None:
    timestamps = np.cumsum([step for step, _ in entries]) + 100.0
    parts = [part for _, part in entries]
    t, values = spread(Path("a.mat"), timestamps, cells_of(parts).ravel())
    slow_t, slow_values = slowly(timestamps.tolist(), parts)
    np.testing.assert_allclose(t, slow_t, atol=1e-9)
    assert values.tolist() == slow_values


def test_cells_and_numbers_are_read_alike(tmp_path: Path) -> None:
    timestamps = START_S + np.array([0.0, 0.1, 0.25, 0.3])
    plain = save(tmp_path / "plain.mat", timestamps.tolist(), np.array([[5.0, 6.0, 7.0, 8.0]]))
    column = save(tmp_path / "column.mat", timestamps.tolist(), np.array([[5], [6], [7], [8]]))
    cells = save(tmp_path / "cells.mat", timestamps.tolist(), cells_of([[5], [6], [7], [8]]))
    for path in (plain, column, cells):
        bvp = waveform(path)
        np.testing.assert_allclose(bvp.t, [0.0, 0.1, 0.25, 0.3], atol=1e-6)
        assert bvp.values.tolist() == [5.0, 6.0, 7.0, 8.0]


def test_dropouts_are_left_out_and_keep_their_time(tmp_path: Path) -> None:
    """The clock begins with the first timestamp, not with the first sample that is good."""
    parts = [[0], [4], [0, 5, 0], [], [6]]
    bvp = waveform(save(tmp_path / "a.mat", [10.0, 11.0, 12.0, 13.0, 14.0], cells_of(parts)))
    np.testing.assert_allclose(bvp.t, [1.0, 1 + 2 / 3, 4.0])
    assert bvp.values.tolist() == [4.0, 5.0, 6.0]


@pytest.mark.parametrize("cells", [False, True])
def test_what_was_written_comes_back(tmp_path: Path, cells: bool) -> None:
    path = tmp_path / "PulseOX" / "pulseOx.mat"
    write_contact(path, SPEC, cells=cells)
    written = path.read_bytes()
    bvp = waveform(path)
    t = np.arange(0, SPEC.duration_s, 1 / CONTACT_HZ)
    there = ~((t >= DROPOUT_S[0]) & (t < DROPOUT_S[1]))
    assert 0 < (~there).sum() == t.size - len(bvp)
    np.testing.assert_allclose(bvp.t, t[there], atol=1e-6)
    np.testing.assert_allclose(bvp.values, 64 + 32 * contact_bvp(SPEC, t[there]).values, atol=0.51)
    write_contact(path, SPEC, cells=cells)
    assert path.read_bytes() == written


def test_times_that_fall_back_leave_their_samples_out(tmp_path: Path) -> None:
    bvp = waveform(save(tmp_path / "a.mat", [1.0, 2.0, 1.5, 3.0], np.array([[1, 2, 3, 4]])))
    assert bvp.t.tolist() == [0.0, 1.0, 2.0] and bvp.values.tolist() == [1.0, 2.0, 4.0]


ONE = np.array([[1.0, 2.0]])


@pytest.mark.parametrize(
    ("stored", "says"),
    [
        ({"pulseOxTime": ONE}, "no pulseOxRecord in it"),
        ({"pulseOxRecord": ONE}, "no pulseOxTime in it"),
        ({"pulseOxTime": ONE, "pulseOxRecord": ONE[:, :1]}, "1 entries of pulseOxRecord, 2 times"),
        ({"pulseOxTime": ONE[:, :0], "pulseOxRecord": ONE[:, :0]}, "0 times"),
        ({"pulseOxTime": ONE, "pulseOxRecord": 0 * ONE}, "all its samples are 0"),
        ({"pulseOxTime": ONE, "pulseOxRecord": cells_of([[], []])}, "all its samples are 0"),
        ({"pulseOxTime": ONE * np.nan, "pulseOxRecord": ONE}, "not finite"),
        ({"pulseOxTime": ONE, "pulseOxRecord": ONE * np.inf}, "not finite"),
        ({"pulseOxTime": ONE, "pulseOxRecord": cells_of([[1], [np.nan]])}, "not finite"),
        ({"pulseOxTime": ONE, "pulseOxRecord": np.array([["a", "b"]], object)}, "not a number"),
        ({"pulseOxTime": "soon", "pulseOxRecord": ONE}, "not a number"),
        ({"pulseOxTime": ONE, "pulseOxRecord": {"a": ONE}}, "entries|not a number"),
        (b"", "not a MATLAB file"),
        (b"garbage " * 40, "not a MATLAB file"),
        (b"\x89HDF\r\n\x1a\n" + bytes(300), "not a MATLAB file"),
        (None, "no such file"),
    ],
)
def test_contact_that_is_none_is_said_to_be(tmp_path: Path, stored: object, says: str) -> None:
    path = tmp_path / "pulseOx.mat"
    if isinstance(stored, bytes):
        path.write_bytes(stored)
    elif isinstance(stored, dict):
        savemat(path, stored)
    with pytest.raises(SourceError, match=says) as error:
        read_contact(path)
    assert "pulseOx.mat" in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("packed", [False, True])
def test_a_file_cut_short_anywhere_is_damaged(tmp_path: Path, packed: bool) -> None:
    path = tmp_path / "pulseOx.mat"
    timestamps = np.arange(40.0)[None]
    savemat(
        path, {"pulseOxTime": timestamps, "pulseOxRecord": 1 + timestamps}, do_compression=packed
    )
    assert len(waveform(path)) == 40
    whole = path.read_bytes()
    for n in range(0, len(whole) - 1, 7):
        path.write_bytes(whole[:n])
        with pytest.raises(SourceError, match=r"pulseOx\.mat"):
            read_contact(path)


def test_what_would_fill_the_memory_is_rejected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "pulseOx.mat"
    savemat(path, {"pulseOxTime": ONE, "pulseOxRecord": ONE})
    header = path.read_bytes()[:128]
    bomb = zlib.compress(bytes(mr_nirp_contact.MAX_CONTACT_BYTES + 1), 9)
    assert len(bomb) < 1 << 17
    path.write_bytes(header + struct.pack("<II", 15, len(bomb)) + bomb)
    with pytest.raises(SourceError, match="unpacks to more"):
        read_contact(path)
    many = np.ones((1, 300))
    savemat(path, {"pulseOxTime": many.cumsum()[None], "pulseOxRecord": many})
    monkeypatch.setattr(mr_nirp_contact, "MAX_CONTACT_SAMPLES", 299)
    with pytest.raises(SourceError, match="more samples than"):
        read_contact(path)
    save(path, [1.0, 2.0], cells_of([[1] * 150, [2] * 150]))
    with pytest.raises(SourceError, match="300 samples, more than"):
        read_contact(path)
    monkeypatch.setattr(mr_nirp_contact, "MAX_CONTACT_BYTES", path.stat().st_size - 1)
    with pytest.raises(SourceError, match="larger than"):
        read_contact(path)
