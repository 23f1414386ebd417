"""``pulseOx.mat``, the contact data of both parts of MR-NIRP.

It has the times ``pulseOxTime``, seconds since 1970, and ``pulseOxRecord``: numbers, or cells with
the numbers that had queued up until the time was taken. The recording program (Rice University's
PPG recorder, 2015, ``main.py``) takes the time after it has read the numbers, so the numbers of one
cell are spread between the previous time and their own, the last one at it. A 0 is a dropout: it is
left out, and nothing replaces it. That program stores frames and samples from one click on, so
video and contact data are assumed to start together, as in public loaders.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.io import loadmat, savemat, whosmat

from sspd.errors import SourceError
from sspd.research.datasets.mr_nirp_files import unpacked
from sspd.research.datasets.texts import numbers, series
from sspd.simulation import VideoSpec, contact_bvp
from sspd.types import References
from sspd.utils.files import whole_file

#: Largest size to read or unpack, bytes; an hour at 60 Hz in cells takes 12 MB.
MAX_CONTACT_BYTES = 1 << 26
MAX_CONTACT_SAMPLES = 1 << 22
#: The format's type number of a compressed element.
_PACKED = 15
#: Start of a simulated recording, seconds since 1970, and sampling rate, Hz.
START_S, CONTACT_HZ = 1_518_987_800.0, 60.0
#: Dropout of the simulated contact, seconds, and which samples of each dozen queue up.
DROPOUT_S, QUEUED = (2.0, 2.2), (6, 7)


def read_contact(path: Path) -> References:
    """Read the waveform of the finger clip without dropouts; its first time is 0.

    Parameters
    ----------
    path : Path

    Returns
    -------
    sspd.types.References

    Raises
    ------
    SourceError
        The file is missing, damaged or too large, lacks one of both variables, or has only
        dropouts.
    """
    timestamps, record = _variables(unpacked(path))
    t, values = spread(path, numbers(path, timestamps).ravel(), record.ravel())
    there = values != 0
    if not there.any():
        raise SourceError(f"{path}: all its samples are 0, which means dropouts")
    return References(bvp=series(path, t[there], values[there]))


def spread(
    path: Path, timestamps: NDArray[np.float64], record: NDArray[Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Assign times between timestamps to the values of a record, of numbers or of cells.

    Parameters
    ----------
    path : Path
        The file, for the message.
    timestamps : float64 array, shape (cells,)
        Seconds.
    record : array, shape (cells,)
        Numbers, or arrays of numbers.

    Returns
    -------
    t : float64 array, shape (samples,)
        Seconds since the first timestamp.
    values : float64 array, shape (samples,)

    >>> cells = np.empty(2, object)
    >>> cells[:] = [np.array([[7]]), np.array([[8, 9]])]
    >>> spread(Path("a.mat"), np.array([5.0, 6.0]), cells)
    (array([0. , 0.5, 1. ]), array([7., 8., 9.]))
    """
    parts = [numbers(path, cell).ravel() for cell in record] if record.dtype == object else record
    if len(parts) != timestamps.size or not timestamps.size:
        raise SourceError(f"{path}: {len(parts)} entries of pulseOxRecord, {timestamps.size} times")
    gaps = np.diff(timestamps)
    gaps = np.concatenate([[np.median(gaps) if gaps.size else 0.0], gaps])
    sizes = np.array([np.size(part) for part in parts])
    if sizes.sum() > MAX_CONTACT_SAMPLES:
        raise SourceError(f"{path}: {sizes.sum()} samples, more than any recording has")
    at = np.repeat(np.arange(timestamps.size), sizes)
    behind = np.concatenate([np.arange(n)[::-1] for n in sizes])
    t = timestamps[at] - timestamps[0] - gaps[at] * behind / sizes[at]
    return t, numbers(path, np.concatenate([np.ravel(part) for part in parts]))


def _variables(path: Path) -> tuple[NDArray[Any], NDArray[Any]]:
    """Read ``pulseOxTime`` and ``pulseOxRecord`` as they are stored."""
    names = ("pulseOxTime", "pulseOxRecord")
    try:
        if path.stat().st_size > MAX_CONTACT_BYTES:
            raise SourceError(f"{path}: larger than any recording of a finger clip")
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path}: {(error.strerror or 'cannot be read').lower()}") from error
    try:
        _check_unpacked_size(path, data)
        shapes = {name: shape for name, shape, _ in whosmat(path)}
        if any(
            np.prod(shapes.get(name, 0), dtype=np.float64) > MAX_CONTACT_SAMPLES for name in names
        ):
            raise SourceError(f"{path}: more samples than any recording has")
        found = loadmat(path, variable_names=names)
    except SourceError:
        raise
    except Exception as error:  # SciPy's reader raises nearly anything on damaged files
        reason = type(error).__name__
        raise SourceError(
            f"{path}: not a MATLAB file of version 5, or damaged ({reason})"
        ) from None
    if missing := [name for name in names if name not in found]:
        raise SourceError(f"{path}: no {' and no '.join(missing)} in it")
    return np.asarray(found[names[0]]), np.asarray(found[names[1]])


def _check_unpacked_size(path: Path, data: bytes) -> None:
    """Raise for a file whose packed variables would fill the memory."""
    order = {b"IM": "<", b"MI": ">"}[data[126:128]]
    at, left = 128, MAX_CONTACT_BYTES
    while at + 8 <= len(data):
        kind, size = struct.unpack_from(f"{order}II", data, at)
        if kind == _PACKED:
            packed = memoryview(data)[at + 8 : at + 8 + size]
            left -= len(zlib.decompressobj().decompress(packed, left + 1))
        if left < 0:
            raise SourceError(f"{path}: unpacks to more than any recording of a finger clip")
        at += 8 + size


def write_contact(path: Path, spec: VideoSpec, *, cells: bool) -> None:
    """Write a simulated video's contact data with a dropout; in `cells` some samples queue up.

    Parameters
    ----------
    path : Path
    spec : VideoSpec
    cells : bool
        Whether the record has cells.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    t = np.arange(0, spec.duration_s, 1 / CONTACT_HZ)
    values = np.clip(np.rint(64 + 32 * contact_bvp(spec, t).values), 1, 127)
    values[(t >= DROPOUT_S[0]) & (t < DROPOUT_S[1])] = 0
    record: NDArray[Any] = values[None]
    if cells:
        stamped = ~np.isin(np.arange(t.size) % 12, QUEUED)
        stamped[-1] = True
        ends = np.flatnonzero(stamped) + 1
        record = np.empty((1, ends.size), object)
        for k, part in enumerate(np.split(values, ends[:-1])):
            record[0, k] = part[None]
        t = t[stamped]
    stored = {"pulseOxTime": START_S + t[None], "pulseOxRecord": record}
    with whole_file(path) as part_file:
        savemat(part_file, {**stored, "numPulseSample": values.size})
        with part_file.open("r+b") as file:  # the header has the time, which would change the bytes
            file.write(b"MATLAB 5.0 MAT-file".ljust(116))
