"""Feed the same faces at half, whole and double frame rate, without resampling (Fig. 7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np

from sspd.methods.sspd import native_waveform
from sspd.network import Network
from sspd.pipeline.crops import first_face
from sspd.research.evaluate.predictions import Prediction, load_prediction, save_prediction
from sspd.types import Frames, Recording, Signal

#: Length of the recording that is fed to the network, seconds: the paper's clip.
NATIVE_CLIP_S = 10.0
RATES = ("whole", "half", "double")


def at_rates(faces: Frames) -> Mapping[str, Frames]:
    """Return faces at their own frame rate, at half of it and at double (Fig. 7).

    Half keeps every second frame. Double puts the mean of two neighbouring frames between them,
    for a video holds no more information than its frames.

    Parameters
    ----------
    faces : Frames
        Two frames or more.

    Returns
    -------
    mapping of str to Frames
        ``"whole"``, ``"half"`` and ``"double"``.

    >>> values = np.arange(0, 40, 4, dtype=np.uint8)[:, None, None, None]
    >>> video = Frames(values.repeat(3, axis=3), np.arange(10) / 30)
    >>> [len(some) for some in at_rates(video).values()]
    [10, 5, 19]
    >>> at_rates(video)["double"].rgb[:4, 0, 0, 0].tolist()
    [0, 2, 4, 6]
    """
    rgb = faces.rgb
    doubled = np.empty((2 * len(faces) - 1, *rgb.shape[1:]), rgb.dtype)
    doubled[::2] = rgb
    doubled[1::2] = (rgb[:-1].astype(np.uint32) + rgb[1:]) // 2
    between = np.interp(np.arange(len(doubled)) / 2, np.arange(len(faces)), faces.t)
    return MappingProxyType(
        {
            "whole": faces,
            "half": Frames(rgb[::2], faces.t[::2], faces.max_value),
            "double": Frames(doubled, between, faces.max_value),
        }
    )


def native_waveforms(
    recording: Recording, load: Callable[[], Network], folder: Path, key: str
) -> dict[str, Signal]:
    """Compute the network's waveforms of a recording's first seconds at three frame rates.

    They are saved, and read back in a later run.

    Parameters
    ----------
    recording : Recording
    load : callable
        Loads the network; called only if a waveform is not saved yet.
    folder : Path
        Folder of the saved waveforms.
    key : str
        Hash of all inputs, see `sspd.research.evaluate.predictions.prediction_key`.

    Returns
    -------
    dict
        Name of the rate -> waveform.

    Raises
    ------
    SourceError
        The frames cannot be read, or show no face.
    """
    paths = {rate: folder / f"{recording.name}-{rate}.npz" for rate in RATES}
    kept = {rate: load_prediction(path, key) for rate, path in paths.items()}
    if not all(kept.values()):
        network = load()
        made = {rate: native_waveform(network, faces) for rate, faces in _fed(recording, network)}
        kept = {
            rate: Prediction(wave, NATIVE_CLIP_S, np.zeros((0, 4))) for rate, wave in made.items()
        }
        for rate, prediction in kept.items():
            if prediction is not None:
                save_prediction(paths[rate], prediction, key)
    return {
        rate: prediction.signal
        for rate, prediction in kept.items()
        if prediction and prediction.signal
    }


def _fed(recording: Recording, network: Network) -> list[tuple[str, Frames]]:
    spec = network.spec
    found = first_face(recording, size=spec.size, stabilize=spec.follow, end_s=NATIVE_CLIP_S)
    return list(at_rates(found.faces).items())
