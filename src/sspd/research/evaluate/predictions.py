"""A method's waveform of a recording, saved on disk so that it is computed once."""

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
class Prediction:
    """One method's result for one recording.

    Parameters
    ----------
    signal : Signal or None
        The waveform, NaN where there is no face; None: no face in the whole recording.
    end_s : float
        Length of the recording, seconds.
    windows : float64 array, shape (windows, 4)
        The windows of 30 s of `sspd measure`: start and end in seconds, rate in bpm (NaN: none),
        and 1 if it is accepted.
    warnings : tuple of str
    """

    signal: Signal | None
    end_s: float
    windows: NDArray[np.float64]
    warnings: tuple[str, ...] = ()


def predict_recording(recording: Recording, method: Method) -> Prediction:
    """Measure a recording with a method.

    The largest face of the beginning is tracked; each segment of 30 s has one face box.

    Parameters
    ----------
    recording : Recording
    method : Method

    Returns
    -------
    Prediction

    Raises
    ------
    SourceError
        The frames cannot be read, or there are none.
    """
    found = measure(recording, method=method)
    windows = [
        (w.start_s, w.end_s, np.nan if w.spectral_bpm is None else w.spectral_bpm, w.accepted)
        for w in found.windows
    ]
    table = np.array(windows, np.float64).reshape(-1, 4)
    return Prediction(found.signal, found.faces[-1].end_s, table, found.warnings)


def prediction_key(recording: Recording, method: Method) -> str:
    """Hash all inputs of a prediction: the files as they are now, method, weights, version.

    Parameters
    ----------
    recording : Recording
    method : Method
        Its weights carry a hash, see `sspd.research.evaluate.entries.name_weights`.

    Returns
    -------
    str
    """
    files = facts_of_files(recording.files)
    made_of = [recording.name, files, method.name, method.weights, package_version()]
    return content_key(made_of)


def save_prediction(path: Path, prediction: Prediction, key: str) -> None:
    """Write a prediction, whole or not at all.

    Parameters
    ----------
    path : Path
        An ``.npz`` file.
    prediction : Prediction
    key : str
        See `prediction_key`.
    """
    signal = prediction.signal
    make_folder(path.parent)
    with whole_file(path) as part, part.open("wb") as file:
        np.savez_compressed(
            file,
            allow_pickle=False,
            key=np.array(key),
            values=np.zeros(0) if signal is None else signal.values,
            fs_start=np.array([] if signal is None else [signal.fs, signal.start_s]),
            end_s=np.array(prediction.end_s),
            windows=prediction.windows,
            warnings=np.array(prediction.warnings, np.str_),
        )


def load_prediction(path: Path, key: str) -> Prediction | None:
    """Read a saved prediction, if its file is whole and its inputs are the same.

    Parameters
    ----------
    path : Path
    key : str
        See `prediction_key`.

    Returns
    -------
    Prediction or None
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
            if str(found["key"]) != key:
                return None
            fs_start = found["fs_start"].tolist()
            signal = Signal(found["values"], *fs_start) if fs_start else None
            warnings = tuple(str(text) for text in found["warnings"])
            return Prediction(signal, float(found["end_s"]), found["windows"], warnings)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile, zlib.error):
        return None
