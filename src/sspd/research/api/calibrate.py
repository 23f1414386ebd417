"""`sspd.calibrate`: weights get a confidence, fitted to simulated videos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sspd.errors import OutputError, UsageError, WeightsError
from sspd.methods.registry import takes_weights
from sspd.types import ConfidenceSpec, EqualizerSpec
from sspd.utils.content import content_key, file_digest
from sspd.utils.files import check_output
from sspd.utils.partials import hold_folder
from sspd.utils.progress import OnProgress

if TYPE_CHECKING:
    from sspd.research.calibration.measured import MeasuredVideo
    from sspd.research.calibration.score import ConfidenceScore

#: Part of the key of what is kept: raised when other videos or features come of a seed.
VERSION = 1


@dataclass(frozen=True, eq=False)
class Calibration:
    """A confidence, and what it is worth.

    Parameters
    ----------
    confidence : ConfidenceSpec or None
        What was fitted; it stands in the files. With an equalizer alone, that of the weights.
    files : tuple of Path
        ``.safetensors`` and ``.onnx``; of a method without weights, the confidence as JSON.
    n_videos, n_readings : int
        Simulated videos that it was fitted to, and readings of them.
    scores : tuple of ConfidenceScore
        On held-out videos: of all windows, of those of 30 s, and of those of 10 s.
    folder : Path
        The measured videos.
    equalizer : EqualizerSpec or None
        What was fitted instead of a confidence, with ``equalizer=True``.
    """

    confidence: ConfidenceSpec | None
    files: tuple[Path, ...]
    n_videos: int
    n_readings: int
    scores: tuple[ConfidenceScore, ...]
    folder: Path
    equalizer: EqualizerSpec | None = None


def calibrate(
    weights: str | Path | None,
    out: str | Path,
    *,
    method: str = "sspd",
    n: int = 360,
    held_out: int = 120,
    seconds: float = 30.0,
    seed: int = 0,
    jobs: int = 1,
    folder: str | Path | None = None,
    equalizer: bool = False,
    progress: OnProgress = lambda what, done, total: None,
) -> Calibration:
    """Fit a confidence to simulated videos, and write the weights anew with it.

    A confidence is the probability that a reading is within 3 beats per minute of the true
    rate; it is valid for the weights that it was fitted with. The videos are simulated and
    measured in the call, about 17 s of one core for 30 s of video; what was measured is kept,
    and the same call continues where it was stopped.

    Parameters
    ----------
    weights : path or None
        A checkpoint (``.safetensors``), or an ``.onnx`` file beside its checkpoint. None: the
        weights of the package, or a method without weights.
    out : path
        New files: ``out.safetensors`` and ``out.onnx``; for a method without weights
        ``out.json`` with the confidence alone, which `dataclasses.replace` puts into the
        `sspd.Method`.
    method : str
        The method that measures with the weights, a name of `sspd.method_names`.
    n : int
        Simulated videos that it is fitted to. About half of them are hard or have no pulse.
    held_out : int
        Other videos, on which the result is scored; two kinds without a pulse among them
        are in no fit.
    seconds : float
        Length of each video, seconds.
    seed : int
        Same seed, same videos.
    jobs : int
        Processes that simulate and measure.
    folder : path, optional
        Where measured videos are kept; None: ``out`` with ``-videos`` behind its name.
    equalizer : bool
        True to fit the equalizer of the waveform alone, which takes minutes, and to keep the
        confidence, which does not depend on it: weights of earlier versions have no equalizer.
        Method ``sspd`` alone; ``n``, ``held_out``, ``seconds``, ``seed`` and ``jobs`` are not
        used.
    progress : callable, optional
        Called with what is done, how many of it, and how many there are.

    Returns
    -------
    Calibration

    Raises
    ------
    UsageError
        An argument that cannot be right.
    WeightsError
        The weights cannot be used, or there is no checkpoint.
    OutputError
        ``out`` is already there, or cannot be written.
    TrainingError
        The videos show too few right or too few wrong readings; more would work.

    Examples
    --------
    >>> found = calibrate("mine.safetensors", "mine-calibrated", jobs=2)    # doctest: +SKIP
    >>> sspd.measure("face.mp4", weights=found.files[1]).confidence         # doctest: +SKIP
    0.93

    It takes hours, so it is skipped here; what cannot be done is an error at once:

    >>> calibrate("missing.safetensors", "mine-calibrated")
    Traceback (most recent call last):
        ...
    sspd.errors.WeightsError: missing.safetensors: no such weights file
    """
    if min(n, held_out, jobs) < 1 or seed < 0:
        raise UsageError(
            f"calibrate: n, held_out and jobs must be 1 or more and seed 0 or more, got {n},"
            f" {held_out}, {jobs} and {seed}"
        )
    if not 8 <= seconds <= 600:
        raise UsageError(f"calibrate: seconds must be 8 to 600, got {seconds:g}")
    from sspd.research.calibration.collect import Measuring, measured_videos, ready_method

    given = None if weights is None else str(weights)
    checkpoint = _checkpoint(given, method)
    if equalizer and (checkpoint is None or method != "sspd"):
        raise UsageError(f"the method {method!r} has no equalizer; sspd has one")
    files = _new_files(Path(out), checkpoint)
    if equalizer and checkpoint is not None:
        progress("Fitting the equalizer", 0, 0)
        return _equalized(checkpoint, files)
    ready_method(given, method, None)  # what cannot be used is an error before videos are made
    kept = Path(folder) if folder is not None else _beside(files[0])
    key = content_key([VERSION, method, _digest(given, method), seed, seconds])[:10]
    how = Measuring(kept / key, given, method, seconds, seed, jobs)
    with hold_folder(kept, "*/*"):
        numbers = {"fit": n, "held_out": held_out}
        found = measured_videos(how, numbers, partial(progress, "Measuring simulated videos"))
    progress("Fitting the confidence", 0, 0)
    spec, n_readings = _fit(found["fit"])
    scores = _score(found["held_out"], spec)
    facts: dict[str, Any] = {"videos": n, "held_out": held_out, "seconds": seconds, "seed": seed}
    facts |= {"readings": n_readings, "scores": [score.to_dict() for score in scores]}
    progress("Writing the weights", 0, 0)
    _write(files, checkpoint, spec, facts)
    return Calibration(spec, files, n, n_readings, scores, how.folder)


def _equalized(checkpoint: Path, files: tuple[Path, ...]) -> Calibration:
    from sspd.models.checkpoint import load_checkpoint
    from sspd.research.api.equalizer import write_equalized

    spec = write_equalized(checkpoint, files)
    confidence = load_checkpoint(files[0])[0].spec.confidence
    return Calibration(confidence, files, 0, 0, (), files[0].parent, spec)


def _checkpoint(weights: str | None, method: str) -> Path | None:
    """The checkpoint that the confidence is written into; None: the method has no weights."""
    from sspd.network.load import find_weights, require_for_checkpoint

    if not takes_weights(method):
        if weights is not None:
            raise UsageError(f"the method {method!r} uses no weights")
        return None
    if weights is None and method != "sspd":
        raise UsageError(f"the method {method!r} needs weights: none come with the package")
    path = find_weights(weights, ".safetensors")
    if not path.is_file():
        raise WeightsError(f"{path}: no such weights file")
    if path.suffix == ".onnx":
        path = path.with_suffix(".safetensors")
        if not path.is_file():
            raise WeightsError(f"{path}: no such checkpoint, which the confidence is written into")
    require_for_checkpoint(path)
    from sspd.models.checkpoint import refuse_unsafe

    refuse_unsafe(path)
    return path


def _new_files(out: Path, checkpoint: Path | None) -> tuple[Path, ...]:
    """Return the files that will be written; none may exist, and all must be writable."""
    suffixes = (".json",) if checkpoint is None else (".safetensors", ".onnx")
    stem = out.name.removesuffix(out.suffix) if out.suffix in suffixes else out.name
    files = tuple(out.with_name(stem + suffix) for suffix in suffixes)
    for file in files:
        if file.exists():
            raise OutputError(f"{file}: is already there; name a new file")
        check_output(file)
    return files


def _beside(file: Path) -> Path:
    return file.with_name(f"{file.stem}-videos")


def _digest(weights: str | None, method: str) -> str:
    """Return a digest of the weights that measure: the waveforms depend on them."""
    from sspd.network.load import find_weights

    if not takes_weights(method):
        return ""
    return file_digest(find_weights(weights))


def _fit(videos: Sequence[MeasuredVideo]) -> tuple[ConfidenceSpec, int]:
    from sspd.research.calibration.fit import fit_confidence
    from sspd.research.calibration.windows import gather_windows

    windows = gather_windows(videos)
    return fit_confidence(windows), int(windows.video.size)


def _score(videos: Sequence[MeasuredVideo], spec: ConfidenceSpec) -> tuple[ConfidenceScore, ...]:
    from sspd.research.calibration.score import score_confidence
    from sspd.research.calibration.windows import WINDOWS_S, window_rows

    rows = [row for video in videos for row in window_rows(video, spec)]
    return tuple(score_confidence(rows, window_s) for window_s in (None, *WINDOWS_S))


def _write(
    files: tuple[Path, ...], checkpoint: Path | None, spec: ConfidenceSpec, facts: dict[str, Any]
) -> None:
    from sspd.research.calibration.write import write_confidence, write_confidence_alone

    if checkpoint is None:
        write_confidence_alone(files[0], spec, facts)
    else:
        write_confidence(checkpoint, files, spec, facts)
