"""The teacher of the small network: its equalized waveform, its features, and how sure it is."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import scipy
import torch
from numpy.typing import NDArray
from torch import Tensor

from sspd.errors import UsageError, WeightsError
from sspd.models.checkpoint import load_checkpoint
from sspd.models.spec import NetworkSpec
from sspd.network.features import RunFeatures, feature_runner
from sspd.network.load import shipped_weights
from sspd.research.recipes import StudentRecipe
from sspd.research.views.lga import global_view
from sspd.research.views.mdm import INPUTS
from sspd.signal import bandpass, equalize, integrate, pulse_frequency, standardise
from sspd.signal.quality import band_shares
from sspd.types import Signal
from sspd.utils.content import file_digest

#: Name of the weights of the package.
SHIPPED = "shipped"
#: Band of the waveform that is taught, Hz: integrated noise below it would be most of it.
TAUGHT_BAND_HZ = (0.5, 8.0)
#: Band in which the teacher's certainty is read, and the range of rates, Hz.
CERTAIN_BAND_HZ, CERTAIN_RATES_HZ = (0.5, 4.0), (0.6, 3.6)
#: Share of the power at the rate and its second harmonic: below the first a clip weighs least,
#: above the second it weighs 1. Half of a clip's weight is lost if its halves disagree by more
#: than this, Hz.
LEAST_SURE, SURE, SAME_RATE_HZ = 0.2, 0.6, 0.15
#: Memory for lessons that were given: some 3,000 of 10 s.
MOST_KEPT_BYTES = 256 << 20
#: Video, segment and start of a clip, seconds.
Place = tuple[int, int, float]


class Lesson(NamedTuple):
    """Waveforms and features of clips by the teacher, and its certainty."""

    waves: Tensor
    """Equalized waveforms at the times of the frames, shape (n, t + 1)."""
    features: Tensor
    """S of the backbone, one row per difference, shape (n, t, C)."""
    weights: Tensor
    """Certainty of the teacher, 0 to 1, shape (n,)."""


def teacher_file(teacher: str | Path) -> Path:
    """Return the checkpoint of a teacher.

    Parameters
    ----------
    teacher : path or str
        A file, or ``shipped``.

    Returns
    -------
    Path

    Raises
    ------
    WeightsError
        There is none.
    """
    path = shipped_weights(".safetensors") if str(teacher) == SHIPPED else Path(teacher)
    if path.suffix == ".onnx":
        path = path.with_suffix(".safetensors")
    if not path.is_file():
        raise WeightsError(f"{path}: no such checkpoint of a teacher; 'shipped' would work")
    return path


@dataclass(frozen=True, eq=False)
class Teacher:
    """A large network that teaches.

    Parameters
    ----------
    spec : NetworkSpec
        Of the network.
    run : callable
        Gives its raw waveform and features, see `sspd.network.features`.
    recipe : StudentRecipe
    """

    spec: NetworkSpec
    run: RunFeatures
    recipe: StudentRecipe
    kept: OrderedDict[Place, Lesson] = field(default_factory=OrderedDict)
    """Lessons of single clips by their places, the latest last."""

    def teach(self, clips: Tensor, places: Sequence[Place] = ()) -> Lesson:
        """Return the lesson of clips, which are seen whole and clean.

        Parameters
        ----------
        clips : Tensor, shape (n, t + 1, 3, s, s)
            RGB faces, pixel values 0-255.
        places : sequence of Place
            Where each clip comes from: a lesson that was given before is taken from memory, as
            the teacher costs far more than the network that it teaches. Empty: not known.

        Returns
        -------
        Lesson
        """
        if not places:
            lessons = [self._new_lesson(clip) for clip in clips]
        else:
            lessons = [self._lesson(*one) for one in zip(clips, places, strict=True)]
        return Lesson(*(torch.stack(part).to(clips) for part in zip(*lessons, strict=True)))

    def _lesson(self, clip: Tensor, place: Place) -> Lesson:
        """Return the lesson of one clip, on the CPU, from memory if it was given before."""
        if place in self.kept:
            self.kept.move_to_end(place)
            return self.kept[place]
        lesson = self.kept[place] = self._new_lesson(clip)
        size = sum(part.numel() * part.element_size() for part in lesson)
        while len(self.kept) > max(1, MOST_KEPT_BYTES // size):
            self.kept.popitem(last=False)
        return lesson

    def _new_lesson(self, clip: Tensor) -> Lesson:
        spec = self.spec
        faces = global_view(clip, spec.size)[None]
        faces = faces.flip(2) if spec.colour == "bgr" else faces
        raw, found = self.run(INPUTS[spec.input](faces))
        signal = self._pulse(raw.double().cpu().numpy())
        wave = torch.from_numpy(values_at_frames(signal, len(clip))).float()
        weight = max(self.recipe.least_weight, certainty(signal.values, signal.fs))
        return Lesson(wave, found.float().cpu(), torch.tensor(weight))

    def _pulse(self, raw: NDArray[np.float64]) -> Signal:
        """Return the equalized pulse; the first frame is at 0 s."""
        spec = self.spec
        wave = standardise(integrate(spec.polarity * raw, spec.fs, spec.summations))
        if spec.equalizer is not None:
            wave = equalize(wave, spec.equalizer)
        band_hz = TAUGHT_BAND_HZ[0], min(TAUGHT_BAND_HZ[1], 0.45 * spec.fs)
        wave = standardise(bandpass(wave, spec.fs, band_hz))
        return Signal(wave, spec.fs, spec.lag_steps / spec.fs)


def load_teacher(teacher: str | Path, recipe: StudentRecipe, device: torch.device) -> Teacher:
    """Load a teacher.

    Parameters
    ----------
    teacher : path or str
        A checkpoint of sspd, or ``shipped``.
    recipe : StudentRecipe
    device : torch.device

    Returns
    -------
    Teacher

    Raises
    ------
    WeightsError
        The checkpoint cannot be used.
    UsageError
        It has another frame rate than the recipe, or larger faces.
    """
    path = teacher_file(teacher)
    network, _ = load_checkpoint(path)
    if network.spec.fs != recipe.network.fs or network.spec.size > recipe.crop_px:
        raise UsageError(
            f"{path}: a teacher at {network.spec.fs:g} Hz with faces of {network.spec.size} pixels;"
            f" the recipe {recipe.name!r} needs {recipe.network.fs:g} Hz and {recipe.crop_px} or"
            " fewer"
        )
    run = feature_runner(network, device, recipe.precision, torch.get_num_threads())
    return Teacher(network.spec, run, recipe)


def teacher_digest(teacher: str | Path) -> str:
    """Return the SHA-256 of a teacher's file, by which a training is resumed.

    Parameters
    ----------
    teacher : path or str

    Returns
    -------
    str
    """
    return file_digest(teacher_file(teacher))


def values_at_frames(signal: Signal, n: int) -> NDArray[np.float64]:
    """Return a waveform at the times of the frames 0 to n - 1, by a cubic spline.

    Parameters
    ----------
    signal : Signal
        The first frame is at 0 s.
    n : int
        Number of frames.

    Returns
    -------
    float64 array, shape (n,)
        The first and last value beyond the signal's ends.

    >>> wave = Signal(np.sin(np.arange(40) / 4), 30.0, 0.5 / 30)
    >>> values_at_frames(wave, 41)[1:4].round(2)
    array([0.12, 0.37, 0.59])
    """
    times = signal.start_s + np.arange(signal.values.size) / signal.fs
    asked = np.clip(np.arange(n) / signal.fs, times[0], times[-1])
    values: NDArray[np.float64] = scipy.interpolate.CubicSpline(times, signal.values)(asked)
    return values


def certainty(wave: NDArray[np.float64], fs: float) -> float:
    """Return how sure a waveform is of its rate: by its power there, and by its halves.

    Parameters
    ----------
    wave : float64 array, shape (t,)
    fs : float
        Sampling rate, Hz.

    Returns
    -------
    float
        0 to 1.

    >>> t = np.arange(300) / 30
    >>> certainty(np.sin(2 * np.pi * 1.3 * t), 30.0)
    1.0
    >>> certainty(np.random.default_rng(0).normal(size=300), 30.0) < 0.3
    True
    """
    filtered = bandpass(wave, fs, CERTAIN_BAND_HZ)
    rate_hz = pulse_frequency(filtered, fs, CERTAIN_RATES_HZ)
    if not np.isfinite(rate_hz):
        return 0.0
    pulse, rest = band_shares(filtered, fs, rate_hz, CERTAIN_BAND_HZ)
    share = pulse / max(pulse + rest, 1e-300)
    sure = float(np.clip((share - LEAST_SURE) / (SURE - LEAST_SURE), 0.0, 1.0))
    half = filtered.size // 2
    rates = [pulse_frequency(part, fs, CERTAIN_RATES_HZ) for part in np.split(filtered, [half])]
    same = all(abs(rate - rate_hz) <= SAME_RATE_HZ for rate in rates)
    return sure if same else 0.5 * sure
