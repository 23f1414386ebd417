"""`sspd.calibrate`: weights get a confidence, fitted to simulated videos."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sspd.errors import OutputError, SSPDError, UsageError, WeightsError
from sspd.methods.method import Method
from sspd.methods.registry import get_method, takes_weights
from sspd.research.api.sources import Notice
from sspd.types import ConfidenceSpec
from sspd.utils.content import content_key, file_digest
from sspd.utils.files import check_output, whole_file
from sspd.utils.partials import hold_folder
from sspd.utils.places import make_folder
from sspd.utils.progress import Told

if TYPE_CHECKING:
    from sspd.research.calibration.measured import MeasuredVideo
    from sspd.research.calibration.score import ConfidenceScore
    from sspd.research.calibration.videos import CalibrationVideo

#: Part of the key of what is kept: raised when other videos or features come of a seed.
VERSION = 1
#: What is left where a run is interrupted.
KEPT = "measured videos are kept, the same command continues"


@dataclass(frozen=True, eq=False)
class Calibration:
    """A confidence, and what it is worth.

    Parameters
    ----------
    confidence : ConfidenceSpec
        What was fitted; it stands in the files.
    files : tuple of Path
        ``.safetensors`` and ``.onnx``; of a method without weights, the confidence as JSON.
    n_videos, n_readings : int
        Simulated videos that it was fitted to, and readings of them.
    scores : tuple of ConfidenceScore
        On held-out videos: of all windows, of those of 30 s, and of those of 10 s.
    folder : Path
        The measured videos.
    """

    confidence: ConfidenceSpec
    files: tuple[Path, ...]
    n_videos: int
    n_readings: int
    scores: tuple[ConfidenceScore, ...]
    folder: Path


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
    progress: Told = lambda what, done, total: None,
    notice: Notice = lambda line: None,
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
        New files: ``out.safetensors`` and ``out.onnx``; for a method without weights a
        ``.json`` with the confidence alone.
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
    progress : callable, optional
        Called with what is done, how many of it, and how many there are.
    notice : callable, optional
        Called with a line for whatever the user should know.

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

    It takes hours, so it is skipped here; what cannot be done is told at once:

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
    given = None if weights is None else str(weights)
    checkpoint = _checkpoint(given, method)
    files = _new_files(Path(out), checkpoint)
    _method(given, method, None)  # what cannot be used is told before videos are made
    base = files[0].with_suffix("")
    kept = Path(folder) if folder is not None else base.with_name(f"{base.name}-videos")
    key = content_key([VERSION, method, _digest(given, method), seed, seconds])[:10]
    with hold_folder(kept, "*"):
        place = make_folder(kept / key)
        videos = _videos(n, held_out, seed)
        _measure_all(place, videos, given, method, seconds, jobs, progress)
        progress("Fitting the confidence", 0, 0)
        spec, n_readings = _fit(_of_part(place, videos, "fit"))
        scores = _score(_of_part(place, videos, "held_out"), spec)
    facts = {"videos": n, "held_out": held_out, "seconds": seconds, "seed": seed}
    facts |= {"readings": n_readings, "scores": [score.to_dict() for score in scores]}
    progress("Writing", 0, 0)
    _write(files, checkpoint, spec, facts)
    if checkpoint is None:
        notice(f"{method} has no weights: dataclasses.replace(method, confidence=...) uses it")
    return Calibration(spec, files, n, n_readings, scores, place)


def _checkpoint(weights: str | None, method: str) -> Path | None:
    """The checkpoint that the confidence is written into; None: the method has no weights."""
    from sspd.models.checkpoint import refuse_unsafe
    from sspd.network.load import require_for_checkpoint, shipped_weights

    if not takes_weights(method):
        if weights is not None:
            raise UsageError(f"the method {method!r} uses no weights")
        return None
    if weights is None and method != "sspd":
        raise UsageError(f"the method {method!r} needs weights: none come with the package")
    path = Path(weights) if weights is not None else shipped_weights(".safetensors")
    if path.suffix == ".onnx":
        refuse_unsafe(path)
        path = path.with_suffix(".safetensors")
        if not path.exists():
            raise WeightsError(f"{path}: no such checkpoint, which the confidence is written into")
    refuse_unsafe(path)
    require_for_checkpoint(path)
    return path


def _new_files(out: Path, checkpoint: Path | None) -> tuple[Path, ...]:
    """What will be written; none of it may be there, and all of it must be possible."""
    suffixes = (".json",) if checkpoint is None else (".safetensors", ".onnx")
    stem = out.name.removesuffix(out.suffix) if out.suffix in suffixes else out.name
    files = tuple(out.with_name(stem + suffix) for suffix in suffixes)
    for file in files:
        if file.exists():
            raise OutputError(f"{file}: is already there; name a new file")
        check_output(file)
    return files


def _digest(weights: str | None, method: str) -> str:
    """What the waveforms depend on: the bytes of the weights that measure."""
    from sspd.network.load import shipped_weights

    if not takes_weights(method):
        return ""
    return file_digest(Path(weights) if weights is not None else shipped_weights(".onnx"))


@cache
def _method(weights: str | None, method: str, threads: int | None) -> Method:
    if not takes_weights(method):
        return get_method(method)
    return get_method(method, weights=weights, precision="auto", threads=threads)


def _videos(n: int, held_out: int, seed: int) -> list[tuple[str, CalibrationVideo]]:
    from sspd.research.calibration.videos import draw_videos

    numbers = {"fit": n, "held_out": held_out}
    return [(part, video) for part, m in numbers.items() for video in draw_videos(part, m, seed)]


def _file(place: Path, part: str, video: CalibrationVideo) -> Path:
    return place / part / f"{video.name}.npz"


def _measure_all(
    place: Path,
    videos: Sequence[tuple[str, CalibrationVideo]],
    weights: str | None,
    method: str,
    seconds: float,
    jobs: int,
    progress: Told,
) -> None:
    """Simulate and measure the videos that are not kept yet."""
    from sspd.research.calibration.videos import PARTS
    from sspd.utils.process_map import Words, process_map

    for part in PARTS:
        make_folder(place / part)
    tasks = [(_file(place, part, video), video) for part, video in videos]
    waiting = [task for task in tasks if not task[0].exists()]
    done = len(tasks) - len(waiting)
    progress("Measuring simulated videos", done, len(tasks))
    threads = 1 if jobs > 1 else None
    work = partial(_measure_one, weights=weights, method=method, threads=threads, seconds=seconds)
    words = Words[tuple[Path, "CalibrationVideo"]](_name_of, KEPT)
    results = process_map(work, waiting, jobs, words, prepare=_prepare_worker)
    with closing(results):
        for _, error in results:
            if error is not None:
                raise error
            done += 1
            progress("Measuring simulated videos", done, len(tasks))


def _name_of(task: tuple[Path, CalibrationVideo]) -> str:
    return task[1].name


def _prepare_worker() -> None:
    """Settle a worker process: one thread each."""
    import cv2

    cv2.setNumThreads(1)


def _measure_one(
    task: tuple[Path, CalibrationVideo],
    weights: str | None,
    method: str,
    threads: int | None,
    seconds: float,
) -> SSPDError | None:
    """Write one video, measure it, and keep the result; or return what is wrong."""
    from tempfile import TemporaryDirectory

    from sspd.research.calibration.measured import measure_video, save_measured
    from sspd.research.calibration.videos import write_calibration_video

    file, video = task
    try:
        with TemporaryDirectory(prefix="sspd-") as folder:
            path = Path(folder) / f"{video.name}.mp4"
            beats_s, box = write_calibration_video(video, path, seconds)
            ready = _method(weights, method, threads)
            found = measure_video(video.kind, video.number, path, beats_s, box, ready)
        save_measured(found, file)
    except SSPDError as error:
        return error
    return None


def _of_part(
    place: Path, videos: Sequence[tuple[str, CalibrationVideo]], part: str
) -> list[MeasuredVideo]:
    from sspd.research.calibration.measured import load_measured

    return [load_measured(_file(place, part, video)) for of, video in videos if of == part]


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
    files: Sequence[Path], checkpoint: Path | None, spec: ConfidenceSpec, facts: dict[str, Any]
) -> None:
    if checkpoint is None:
        import json

        text = json.dumps({"confidence": asdict(spec), "made_by": facts}, indent=1) + "\n"
        with whole_file(files[0]) as part:
            part.write_text(text, encoding="utf-8")
        return
    write_confidence(checkpoint, files[0], files[1], spec, facts)


def write_confidence(
    checkpoint: Path, out: Path, onnx: Path, spec: ConfidenceSpec, facts: dict[str, Any]
) -> None:
    """Write weights with another confidence, as a checkpoint and as ONNX.

    Parameters
    ----------
    checkpoint : Path
        The weights.
    out, onnx : Path
        The new files.
    spec : ConfidenceSpec
    facts : dict
        How it was fitted: stands in ``made_by`` under ``confidence``, beside what was there.
    """
    from sspd.models.checkpoint import load_any, save_checkpoint
    from sspd.models.header import made_by
    from sspd.network.export import export_onnx

    network = load_any(checkpoint)
    network.spec = replace(network.spec, confidence=spec)  # type: ignore[type-var]
    save_checkpoint(network, out, made_by(checkpoint) | {"confidence": facts})
    export_onnx(network, onnx)
