"""COHFACE: what is particular to HDF5 and to the contact's own clock."""

from __future__ import annotations

import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from sspd.errors import DependencyError, SourceError
from sspd.research.datasets.cohface import read_contact, recordings

T = np.arange(512) / 256


@pytest.fixture
def contact(tmp_path: Path) -> Path:
    path = tmp_path / "data.hdf5"
    with h5py.File(path, "w") as file:
        file["time"], file["pulse"], file["respiration"] = 1e3 + T, np.sin(T), np.cos(T)
    return path


def _replaced(contact: Path, value: object) -> None:
    with h5py.File(contact, "a") as file:
        del file["pulse"]
        if value is not None:
            file["pulse"] = value


def test_its_clock_starts_with_the_video(contact: Path) -> None:
    known = read_contact(contact)
    assert known.bvp is not None and known.respiration is not None
    np.testing.assert_allclose(known.bvp.t, T, atol=1e-9)
    np.testing.assert_allclose(known.respiration.values, np.cos(T))


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, "no pulse in it"),
        (np.zeros((2, 256)), "not a row of samples"),
        (np.full(512, np.nan), "not finite"),
        (np.zeros(7), "7 values and 512 times"),
        ("high", "not an array of numbers"),
        (h5py.SoftLink("/time"), "no pulse in it"),
        (h5py.ExternalLink("other.hdf5", "/pulse"), "no pulse in it"),
    ],
)
def test_what_is_no_waveform_is_rejected(contact: Path, value: object, told: str) -> None:
    _replaced(contact, value)
    with pytest.raises(SourceError, match=told):
        read_contact(contact)


def test_samples_in_another_file_are_rejected(contact: Path) -> None:
    (contact.parent / "raw").write_bytes(bytes(8 * 512))
    _replaced(contact, None)
    with h5py.File(contact, "a") as file:
        file.create_dataset("pulse", (512,), "f8", external=[("raw", 0, 8 * 512)])
    with pytest.raises(SourceError, match="is in another file"):
        read_contact(contact)


@pytest.mark.parametrize("kept", [0, 100, 2000, -900])
def test_damaged_files_are_reported_in_one_line(contact: Path, kept: int) -> None:
    contact.write_bytes(contact.read_bytes()[:kept])
    with pytest.raises(SourceError, match=r"data\.hdf5: (damaged|not an HDF5 file)"):
        read_contact(contact)


def test_without_h5py_the_extra_is_named(contact: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(DependencyError, match=r"sspd\[datasets\]"):
        read_contact(contact)


def test_light_is_known_from_the_session(tmp_path: Path) -> None:
    for session in ("0", "3", "4"):
        folder = tmp_path / "10" / session
        folder.mkdir(parents=True)
        (folder / "data.avi").touch()
    found = recordings(tmp_path)
    assert [(one.name, one.condition) for one in found] == [
        ("10-0", "studio light"),
        ("10-3", "natural light"),
    ]
