"""What a method makes of a recording: its waveform, kept on disk, once."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from sspd.methods import Method
from sspd.pipeline import measure
from sspd.types import Recording, Signal
from sspd.utils.content import content_key, facts_of_files
from sspd.utils.files import whole_file
from sspd.utils.places import make_folder
from sspd.version import package_version


@dataclass(frozen=True, eq=False)
class Unit:
    """One method's reading of one recording.

    Parameters
    ----------
    signal : Signal or None
        The waveform, NaN where there is no face; None: there is none anywhere.
    end_s : float
        How long the recording is, seconds.
    windows : float64 array, shape (windows, 4)
        What `sspd measure` reads in windows of 30 s: start and end, seconds, rate (NaN:
        none), and 1 where it is believed.
    warnings : tuple of str
    """

    signal: Signal | None
    end_s: float
    windows: NDArray[np.float64]
    warnings: tuple[str, ...] = ()


def measure_unit(recording: Recording, method: Method) -> Unit:
    """Measure a recording with a method.

    The largest face of the beginning is followed; its box is fixed inside 30 s.

    Parameters
    ----------
    recording : Recording
    method : Method

    Raises
    ------
    SourceError
        Its pictures cannot be read, or there are none.
    """
    found = measure(recording, method=method)
    windows = [
        (w.start_s, w.end_s, np.nan if w.spectral_bpm is None else w.spectral_bpm, w.accepted)
        for w in found.windows
    ]
    table = np.array(windows, np.float64).reshape(-1, 4)
    return Unit(found.signal, found.faces[-1].end_s, table, found.warnings)


def unit_key(recording: Recording, method: Method) -> str:
    """A hash of what a unit is made of: files as they are now, method, weights, version.

    Parameters
    ----------
    recording : Recording
    method : Method
        Its weights' name tells them from others, see `sspd.research.evaluate.run.labelled`.
    """
    files = facts_of_files(recording.files)
    made_of = [recording.name, files, method.name, method.weights, package_version()]
    return content_key(made_of)


def keep_unit(path: Path, unit: Unit, key: str) -> None:
    """Write a unit, whole or not at all.

    Parameters
    ----------
    path : Path
        An .npz.
    unit : Unit
    key : str
        See `unit_key`.
    """
    signal = unit.signal
    make_folder(path.parent)
    with whole_file(path) as part, part.open("wb") as file:
        np.savez_compressed(
            file,
            allow_pickle=False,
            key=np.array(key),
            values=np.zeros(0) if signal is None else signal.values,
            fs_start=np.array([] if signal is None else [signal.fs, signal.start_s]),
            end_s=np.array(unit.end_s),
            windows=unit.windows,
            warnings=np.array(unit.warnings, np.str_),
        )


def kept_unit(path: Path, key: str) -> Unit | None:
    """The unit that was kept there, if it is whole and made of the same.

    Parameters
    ----------
    path : Path
    key : str
        See `unit_key`.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
            if str(found["key"]) != key:
                return None
            fs_start = found["fs_start"].tolist()
            signal = Signal(found["values"], *fs_start) if fs_start else None
            warnings = tuple(str(text) for text in found["warnings"])
            return Unit(signal, float(found["end_s"]), found["windows"], warnings)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile, zlib.error):
        return None
