"""Labels for networks that learn from them: contact waveforms at the times of a clip.

All datasets use one path: the references of a `Recording`. For a store of simulated faces, the
labels are the files that ``sspd simulate --layout faces`` wrote beside them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sspd.errors import SSPDError
from sspd.models.baseline_spec import BaselineSpec
from sspd.research.datasets.faces import FaceEntry
from sspd.research.datasets.folder import read_waveform
from sspd.research.recipes import AnyRecipe, BaselineRecipe
from sspd.signal import bandpass, standardise
from sspd.types import Recording, Series

#: Band of the contact waveform that is learned, Hz: slow drifts do not come from the heart.
LABEL_BAND_HZ = (0.5, 5.0)
NO_WAVEFORM = "no contact waveform to learn from"
#: Margin on each side for the filter, seconds.
FILTER_MARGIN_S = 3.0


def labels_of(recordings: Sequence[Recording]) -> tuple[dict[str, Series], list[str]]:
    """Collect the contact waveforms of recordings by the path of their video.

    Parameters
    ----------
    recordings : sequence of Recording

    Returns
    -------
    labels : dict
        Path of the video -> contact waveform.
    missing : list of str
        One line for each recording without a waveform.
    """
    labels: dict[str, Series] = {}
    missing = []
    for recording in recordings:
        try:
            bvp = recording.references().bvp
        except SSPDError as error:
            missing.append(f"{recording.name}: {error}")
            continue
        if bvp is None:
            missing.append(f"{recording.name}: {NO_WAVEFORM}")
        else:
            labels[str(recording.video)] = bvp
    return labels, missing


class Labels(NamedTuple):
    """The labels of recordings: contact waveforms or heart rates."""

    series: dict[str, Series]
    """Path of the video -> contact waveform or rates."""
    of_rates: bool
    """True if they are rates, bpm, because no recording has a waveform that fits its video."""
    missing: list[str]
    """One line for each recording without a label."""


def labels_or_rates(recordings: Sequence[Recording]) -> Labels:
    """Collect contact waveforms, or the device's heart rates if no recording has a waveform.

    VIPL-HR has only rates: its waveforms do not match its videos in time.

    Parameters
    ----------
    recordings : sequence of Recording

    Returns
    -------
    Labels
    """
    waves, missing = labels_of(recordings)
    if waves:
        return Labels(waves, False, missing)
    rates = {}
    for recording in recordings:
        with contextlib.suppress(SSPDError):  # reported above
            shown = recording.references().hr_bpm
            if shown is not None and bool((shown.values > 0).any()):
                rates[str(recording.video)] = shown
    without = [line for line in missing if not rates or not line.endswith(NO_WAVEFORM)]
    return Labels(rates, bool(rates), without)


def fitted(recipe: AnyRecipe, recordings: Sequence[Recording]) -> AnyRecipe:
    """Fit a recipe to the labels of recordings: by rates if they have no waveforms.

    Parameters
    ----------
    recipe : Recipe, BaselineRecipe or StudentRecipe
    recordings : sequence of Recording

    Returns
    -------
    Recipe, BaselineRecipe or StudentRecipe
        The given recipe, if it needs no labels or the recordings have waveforms.
    """
    if not isinstance(recipe, BaselineRecipe) or recipe.kind != "labelled":
        return recipe
    for recording in recordings:
        with contextlib.suppress(SSPDError):
            if recording.references().bvp is not None:
                return recipe
    return recipe.by_rates() if labels_or_rates(recordings).of_rates else recipe


def rate_of_clip(rates: Series, begin_s: float, clip_s: float) -> float:
    """Return the mean rate that a device showed during a clip.

    Parameters
    ----------
    rates : Series
        Beats per minute; values that are not positive mean "no rate".
    begin_s, clip_s : float
        Start and length of the clip, seconds.

    Returns
    -------
    float
        Beats per minute; interpolated if the device showed no rate during the clip.

    >>> rate_of_clip(Series(np.arange(9.0), np.arange(60.0, 69.0)), 2.0, 4.0)
    64.0
    """
    shown = rates.values > 0
    inside = shown & (rates.t >= begin_s) & (rates.t <= begin_s + clip_s)
    if inside.any():
        return float(rates.values[inside].mean())
    return float(np.interp(begin_s + clip_s / 2, rates.t[shown], rates.values[shown]))


def labels_beside(store: Path, entries: Sequence[FaceEntry]) -> tuple[dict[str, Series], list[str]]:
    """Read the simulated pulses beside a store of simulated faces.

    Parameters
    ----------
    store : Path
    entries : sequence of FaceEntry

    Returns
    -------
    labels : dict
        Path of the video -> pulse.
    missing : list of str
        One line for each video without a pulse.
    """
    labels: dict[str, Series] = {}
    missing = []
    for video in dict.fromkeys(entry.video for entry in entries):
        file = store / "truth" / f"{Path(video).name}.csv"
        try:
            labels[video] = read_waveform(file)
        except SSPDError as error:
            missing.append(f"{video}: {error}")
    return labels, missing


def label_of_clip(label: Series, begin_s: float, n: int, spec: BaselineSpec) -> NDArray[np.float32]:
    """Return the waveform that a network should give for a clip, standardized.

    Parameters
    ----------
    label : Series
        The contact waveform.
    begin_s : float
        Time of the clip's first frame, seconds.
    n : int
        Number of values.
    spec : BaselineSpec
        Gives the times of the network's values, and their integration order.

    Returns
    -------
    float32 array, shape (n,)
        Mean 0, standard deviation 1.

    >>> t = np.arange(0, 20, 1 / 60)
    >>> spec = BaselineSpec("physnet", fs=30.0, size=64, clip=120)
    >>> pulse = Series(t, np.sin(2 * np.pi * 1.5 * t))
    >>> wave = label_of_clip(pulse, 8.0, 120, spec)
    >>> place = 8.0 + np.arange(120) / 30
    >>> bool(np.corrcoef(wave, np.sin(2 * np.pi * 1.5 * place))[0, 1] > 0.999)
    True
    """
    lag = 0.0 if spec.input == "pictures" else 0.5
    return label_waveform(label, begin_s + lag / spec.fs, n, spec.fs, spec.summations)


def label_waveform(
    label: Series, first_s: float, n: int, fs: float, integration_order: int
) -> NDArray[np.float32]:
    """Sample a contact waveform, or a derivative of it, on an even grid and standardize it.

    Parameters
    ----------
    label : Series
        The contact waveform.
    first_s : float
        Time of the first value, seconds.
    n : int
        Number of values.
    fs : float
        Sampling rate, Hz.
    integration_order : int
        How often the slope is taken; 0 gives the pulse itself.

    Returns
    -------
    float32 array, shape (n,)
        Mean 0, standard deviation 1.

    >>> t = np.arange(0, 20, 1 / 60)
    >>> pulse = Series(t, np.sin(2 * np.pi * 1.5 * t))
    >>> slope = label_waveform(pulse, 8.0, 120, 30.0, integration_order=1)
    >>> place = 8.0 + np.arange(120) / 30
    >>> bool(np.corrcoef(slope, np.cos(2 * np.pi * 1.5 * place))[0, 1] > 0.999)
    True
    """
    margin = round(FILTER_MARGIN_S * fs)
    steps = np.arange(-margin, n + margin + integration_order)
    place = first_s + (steps - 0.5 * integration_order) / fs
    inside = np.clip(place, label.t[0], label.t[-1])
    pulse = bandpass(np.interp(inside, label.t, label.values), fs, LABEL_BAND_HZ)
    wave = np.diff(pulse, integration_order)[margin : margin + n]
    return standardise(wave).astype(np.float32)
