"""Labels for networks that learn from them: the contact waveform, where a clip's values lie.

One path for all datasets: a `Recording`'s references. Where only stored faces are at hand,
the truth that ``sspd simulate --layout faces`` wrote beside them.
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
from sspd.research.recipes import BaselineRecipe, Recipe
from sspd.signal import bandpass, standardise
from sspd.types import Recording, Series

#: What of a contact waveform is learned, Hz: slow drifts are not the heart's.
LABEL_BAND_HZ = (0.5, 5.0)
NO_WAVEFORM = "no contact waveform to learn from"
#: So much more on each side is filtered along, seconds.
MARGIN_S = 3.0


def labels_of(recordings: Sequence[Recording]) -> tuple[dict[str, Series], list[str]]:
    """The contact waveforms of recordings by the path of their video.

    Parameters
    ----------
    recordings : sequence of Recording

    Returns
    -------
    labels : dict
    missing : list of str
        A line for each recording without one.
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
    """What of recordings a network can learn from."""

    series: dict[str, Series]
    """Path of the video -> contact waveform or rates."""
    of_rates: bool
    """Whether they are rates, beats a minute: no recording has a waveform that fits its video."""
    missing: list[str]
    """A line for each recording without any."""


def labels_or_rates(recordings: Sequence[Recording]) -> Labels:
    """Contact waveforms; where no recording has one, the rates that its device showed.

    VIPL-HR gives rates alone: its waveforms do not fit its videos in time.

    Parameters
    ----------
    recordings : sequence of Recording
    """
    waves, missing = labels_of(recordings)
    if waves:
        return Labels(waves, False, missing)
    rates = {}
    for recording in recordings:
        with contextlib.suppress(SSPDError):  # told above
            shown = recording.references().hr_bpm
            if shown is not None and bool((shown.values > 0).any()):
                rates[str(recording.video)] = shown
    without = [line for line in missing if not rates or not line.endswith(NO_WAVEFORM)]
    return Labels(rates, bool(rates), without)


def fitted(
    recipe: Recipe | BaselineRecipe, recordings: Sequence[Recording]
) -> Recipe | BaselineRecipe:
    """The recipe, by rates where it wants labels and the recordings have nothing else.

    Parameters
    ----------
    recipe : Recipe or BaselineRecipe
    recordings : sequence of Recording
    """
    if isinstance(recipe, Recipe) or recipe.kind != "labelled":
        return recipe
    for recording in recordings:
        with contextlib.suppress(SSPDError):
            if recording.references().bvp is not None:
                return recipe
    return recipe.by_rates() if labels_or_rates(recordings).of_rates else recipe


def rate_of_clip(rates: Series, begin_s: float, clip_s: float) -> float:
    """The mean of what a device showed in a clip, beats a minute.

    Parameters
    ----------
    rates : Series
        What is not positive is the device's sign for "none".
    begin_s, clip_s : float
        Seconds.

    >>> rate_of_clip(Series(np.arange(9.0), np.arange(60.0, 69.0)), 2.0, 4.0)
    64.0
    """
    shown = rates.values > 0
    inside = shown & (rates.t >= begin_s) & (rates.t <= begin_s + clip_s)
    if inside.any():
        return float(rates.values[inside].mean())
    return float(np.interp(begin_s + clip_s / 2, rates.t[shown], rates.values[shown]))


def labels_beside(store: Path, entries: Sequence[FaceEntry]) -> tuple[dict[str, Series], list[str]]:
    """The simulated pulses beside a store of simulated faces, by video.

    Parameters
    ----------
    store : Path
    entries : sequence of FaceEntry
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
    """What a network should give for a clip, mean 0 and standard deviation 1.

    Parameters
    ----------
    label : Series
        The contact waveform.
    begin_s : float
        Time of the clip's first picture, seconds.
    n : int
        Values.
    spec : BaselineSpec
        Says when its values are, and whether they are the pulse or its slope.

    Returns
    -------
    float32 array, shape (n,)

    >>> t = np.arange(0, 20, 1 / 60)
    >>> spec = BaselineSpec("physnet", fs=30.0, size=64, clip=120)
    >>> pulse = Series(t, np.sin(2 * np.pi * 1.5 * t))
    >>> wave = label_of_clip(pulse, 8.0, 120, spec)
    >>> place = 8.0 + np.arange(120) / 30
    >>> bool(np.corrcoef(wave, np.sin(2 * np.pi * 1.5 * place))[0, 1] > 0.999)
    True
    """
    lag = 0.0 if spec.input == "pictures" else 0.5
    return wave_at(label, begin_s + lag / spec.fs, n, spec.fs, spec.summations)


def wave_at(
    label: Series, first_s: float, n: int, fs: float, summations: int
) -> NDArray[np.float32]:
    """A contact waveform, or its slope, on an even clock: mean 0 and standard deviation 1.

    Parameters
    ----------
    label : Series
        The contact waveform.
    first_s : float
        Time of the first value, seconds.
    n : int
        Values.
    fs : float
        Hz.
    summations : int
        How often the slope is taken; as often it has to be summed to give the pulse.

    Returns
    -------
    float32 array, shape (n,)

    >>> t = np.arange(0, 20, 1 / 60)
    >>> slope = wave_at(Series(t, np.sin(2 * np.pi * 1.5 * t)), 8.0, 120, 30.0, summations=1)
    >>> place = 8.0 + np.arange(120) / 30
    >>> bool(np.corrcoef(slope, np.cos(2 * np.pi * 1.5 * place))[0, 1] > 0.999)
    True
    """
    margin = round(MARGIN_S * fs)
    steps = np.arange(-margin, n + margin + summations)
    place = first_s + (steps - 0.5 * summations) / fs
    inside = np.clip(place, label.t[0], label.t[-1])
    pulse = bandpass(np.interp(inside, label.t, label.values), fs, LABEL_BAND_HZ)
    wave = np.diff(pulse, summations)[margin : margin + n]
    return standardise(wave).astype(np.float32)
