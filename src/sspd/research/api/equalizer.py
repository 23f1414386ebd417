"""Weights get an equalizer, fitted to simulated videos."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sspd.errors import TrainingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sspd.types import EqualizerSpec


def equalizer_of(weights: str | Path) -> EqualizerSpec:
    """Fit an equalizer to the waveform of existing weights, in about three minutes of one core.

    Parameters
    ----------
    weights : path
        A checkpoint (``.safetensors``) or an exported network (``.onnx``).

    Returns
    -------
    EqualizerSpec

    Raises
    ------
    WeightsError
        The weights cannot be used.
    TrainingError
        Their waveform does not contain the pulse of the simulated videos.

    Examples
    --------
    >>> equalizer_of("missing.onnx")
    Traceback (most recent call last):
        ...
    sspd.errors.WeightsError: missing.onnx: no such weights file
    """
    from dataclasses import replace

    import numpy as np

    from sspd.network import load_network
    from sspd.network.inputs import input_chunks
    from sspd.research.train.equalizer import network_equalizer

    network = load_network(weights)
    spec = network.spec
    raw = replace(network, spec=replace(spec, polarity=1, summations=0, equalizer=None))
    found = network_equalizer(lambda faces: raw(np.array(list(input_chunks([faces], spec)))), spec)
    if found is None:
        raise TrainingError(
            f"{weights}: the waveform does not follow the pulse of simulated videos, so that no"
            " equalizer fits; weights that were trained for longer would work"
        )
    return found


def write_equalized(checkpoint: Path, files: Sequence[Path]) -> EqualizerSpec:
    """Fit an equalizer and write the weights anew with it; everything else of them stays.

    Parameters
    ----------
    checkpoint : Path
        ``.safetensors``.
    files : sequence of Path
        The new files: ``.safetensors`` and ``.onnx``.

    Returns
    -------
    EqualizerSpec

    Raises
    ------
    WeightsError, TrainingError
        As `equalizer_of`.
    OutputError
        A file cannot be written.
    """
    from sspd.research.calibration.write import write_equalizer
    from sspd.research.train.calibration_videos import EQUALIZER_SEED, equalizer_rates_bpm

    spec = equalizer_of(checkpoint)
    facts = {"videos": len(equalizer_rates_bpm()), "seed": EQUALIZER_SEED}
    write_equalizer(checkpoint, files, spec, facts)
    return spec
