"""Simulate and measure the videos of a calibration, in processes; what is done is kept."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory

from sspd.errors import SSPDError
from sspd.methods import Method, get_method
from sspd.methods.registry import takes_weights
from sspd.research.calibration.measured import (
    MeasuredVideo,
    load_measured,
    measure_video,
    save_measured,
)
from sspd.research.calibration.videos import (
    PARTS,
    CalibrationVideo,
    draw_videos,
    write_calibration_video,
)
from sspd.utils.places import make_folder
from sspd.utils.process_map import Words, process_map
from sspd.utils.progress import Counted

#: Temporary files that an interrupted run leaves.
KEPT = "measured videos are kept, the same command continues"


@dataclass(frozen=True)
class Measuring:
    """Settings for making and measuring the videos of a calibration.

    Parameters
    ----------
    folder : Path
        What was measured is kept here, a file a video: ``PART/KIND-NUMBER.npz``.
    weights : str or None
        See `sspd.methods.get_method`.
    method : str
    seconds : float
        Length of each video, seconds.
    seed : int
    jobs : int
        Processes.
    """

    folder: Path
    weights: str | None
    method: str
    seconds: float
    seed: int
    jobs: int = 1

    def files(self, part: str, n: int) -> list[tuple[Path, CalibrationVideo]]:
        """Return the first videos of a part, and where each is kept.

        Parameters
        ----------
        part : str
            A name of `PARTS`.
        n : int

        Returns
        -------
        list of tuple[Path, CalibrationVideo]
        """
        videos = draw_videos(part, n, self.seed)
        return [(self.folder / part / f"{video.name}.npz", video) for video in videos]


def measured_videos(
    how: Measuring, numbers: dict[str, int], progress: Counted = lambda done, total: None
) -> dict[str, list[MeasuredVideo]]:
    """Simulate and measure the videos that are not kept yet, and read all of them.

    Parameters
    ----------
    how : Measuring
    numbers : dict
        Part -> number of videos.
    progress : callable
        Called with the number done and the total.

    Returns
    -------
    dict
        Part -> its videos, in their order.

    Raises
    ------
    SSPDError
        A video cannot be measured, or a worker process died.
    """
    for part in PARTS:
        make_folder(how.folder / part)
    tasks = [task for part, n in numbers.items() for task in how.files(part, n)]
    waiting = [task for task in tasks if not task[0].exists()]
    done = len(tasks) - len(waiting)
    progress(done, len(tasks))
    words = Words[tuple[Path, CalibrationVideo]](_name_of, KEPT)
    work = partial(_measure_one, how=how)
    results = process_map(work, waiting, how.jobs, words, prepare=_prepare_worker)
    with closing(results):
        for _, error in results:
            if error is not None:
                raise error
            done += 1
            progress(done, len(tasks))
    return {
        part: [load_measured(file) for file, _ in how.files(part, n)] for part, n in numbers.items()
    }


@cache
def ready_method(weights: str | None, method: str, threads: int | None) -> Method:
    """Return a method ready to run, loaded once a process.

    Parameters
    ----------
    weights, method, threads
        See `sspd.methods.get_method`.

    Returns
    -------
    Method
    """
    if not takes_weights(method):
        return get_method(method)
    return get_method(method, weights=weights, precision="auto", threads=threads)


def _name_of(task: tuple[Path, CalibrationVideo]) -> str:
    return task[1].name


def _prepare_worker() -> None:
    """Settle a worker process: one thread each."""
    import cv2

    cv2.setNumThreads(1)


def _measure_one(task: tuple[Path, CalibrationVideo], how: Measuring) -> SSPDError | None:
    """Write one video, measure it, and keep the result; or return what is wrong."""
    file, video = task
    try:
        with TemporaryDirectory(prefix="sspd-") as folder:
            path = Path(folder) / f"{video.name}.mp4"
            path, beats_s, box = write_calibration_video(video, path, how.seconds)
            ready = ready_method(how.weights, how.method, 1 if how.jobs > 1 else None)
            found = measure_video(video.kind, video.number, path, beats_s, box, ready)
        save_measured(found, file)
    except SSPDError as error:
        return error
    return None
