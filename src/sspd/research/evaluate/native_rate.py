"""The same faces at half, whole and double the rate, fed as they are (the paper's Fig. 7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np

from sspd.methods.sspd import native_waveform
from sspd.network import Network
from sspd.pipeline.crops import first_face
from sspd.research.evaluate.predictions import Unit, keep_unit, kept_unit
from sspd.types import Frames, Recording, Signal

#: How much of the recording is fed, seconds: the paper's clip.
SPAN_S = 10.0
RATES = ("whole", "half", "double")


def at_rates(faces: Frames) -> Mapping[str, Frames]:
    """Faces at their rate, at half of it and at twice, in the order of the paper's Fig. 7.

    Half: every second picture. Double: the mean of each two neighbours between them, as
    a video has no more than its pictures.

    Parameters
    ----------
    faces : Frames
        Two or more.

    >>> levels = np.arange(0, 40, 4, dtype=np.uint8)[:, None, None, None]
    >>> video = Frames(levels.repeat(3, axis=3), np.arange(10) / 30)
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
    """The network's waveforms of a recording's first seconds at three rates, kept on disk.

    Parameters
    ----------
    recording : Recording
    load : callable
        Loads the network, where its waveforms are not kept already.
    folder : Path
        Where they are kept.
    key : str
        What they are made of, see `sspd.research.evaluate.predictions.unit_key`.

    Raises
    ------
    SourceError
        The pictures cannot be read, or show no face.
    """
    paths = {rate: folder / f"{recording.name}-{rate}.npz" for rate in RATES}
    kept = {rate: kept_unit(path, key) for rate, path in paths.items()}
    if not all(kept.values()):
        network = load()
        made = {rate: native_waveform(network, faces) for rate, faces in _fed(recording, network)}
        kept = {rate: Unit(wave, SPAN_S, np.zeros((0, 4))) for rate, wave in made.items()}
        for rate, unit in kept.items():
            if unit is not None:
                keep_unit(paths[rate], unit, key)
    return {rate: unit.signal for rate, unit in kept.items() if unit and unit.signal}


def _fed(recording: Recording, network: Network) -> list[tuple[str, Frames]]:
    spec = network.spec
    found = first_face(recording, size=spec.size, stabilize=spec.follow, end_s=SPAN_S)
    return list(at_rates(found.faces).items())
