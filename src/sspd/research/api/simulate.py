"""`sspd.simulate`: videos of simulated faces whose pulse is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sspd.errors import UsageError
from sspd.research.api.simulated_files import file_name, is_whole, truth_of
from sspd.research.datasets.table import DATASETS, get_dataset
from sspd.scale.mapping import MapOver, check_jobs, mapping_of
from sspd.utils.partials import hold_folder
from sspd.utils.places import make_folder
from sspd.utils.process_map import Words, process_map
from sspd.utils.progress import OnProgress

if TYPE_CHECKING:
    from sspd.simulation import VideoSpec

#: Layouts of the videos and their truths in a folder, besides those of datasets.
OWN_LAYOUTS = ("folder", "faces")
#: Temporary files that an interrupted run leaves.
KEPT = "complete videos are kept, the same command continues"


@dataclass(frozen=True, eq=False)
class SimulatedVideo:
    """One video with its truth.

    Parameters
    ----------
    path : Path
        The video, with the suffix that its codec needs; its folder of frames in some datasets;
        its faces in the layout ``faces``.
    truth : Path
        JSON with the beat times (``beats_s``), ``hr_bpm``, ``respiration_hz`` and all options;
        beside it, as ``.csv``, the pulse at each frame.
    spec : VideoSpec
        All options of the video; `sspd.simulation.truth` gives its pulse.
    hr_bpm : float or None
        Its mean heart rate, beats per minute; None: it has no pulse.
    """

    path: Path
    truth: Path
    spec: VideoSpec
    hr_bpm: float | None


@dataclass(frozen=True, eq=False)
class Simulation:
    """Videos that were written, or kept from a run before.

    Parameters
    ----------
    folder : Path
    videos : tuple of SimulatedVideo
        All of them, in their order.
    n_written : int
        Videos that this call wrote; the others were there.
    """

    folder: Path
    videos: tuple[SimulatedVideo, ...]
    n_written: int


def simulate(
    out: str | Path,
    n: int = 12,
    *,
    seconds: float = 30.0,
    seed: int = 0,
    fps: float | None = None,
    size: tuple[int, int] = (640, 480),
    preset: str = "varied",
    layout: str = "folder",
    jobs: int = 1,
    engine: str = "local",
    address: str | None = None,
    progress: OnProgress = lambda what, done, total: None,
) -> Simulation:
    """Write videos of simulated faces with a known pulse, and their truth in ``out/truth``.

    A complete video with the same options is kept. Another file of that name is never
    overwritten. Video i is the same whatever ``n`` is.

    Parameters
    ----------
    out : path
        Folder for the videos; made where it is missing.
    n : int
        Number of videos.
    seconds : float
        Length of each video, seconds.
    seed : int
        Same seed, same videos.
    fps : float, optional
        Frames per second; None: drawn for each video.
    size : (int, int)
        Width and height, pixels; even numbers.
    preset : str
        Kind of video, one of `sspd.simulation.PRESET_NAMES`.
    layout : str
        ``folder``: videos, and truth/ beside them; ``faces``: only the face crops, for
        training, many times faster than videos; or the name of a dataset: files as in that
        dataset, and truth/ beside them.
    jobs : int
        Videos at the same time, for the layouts ``folder`` and ``faces``; with ``engine="ray"``,
        0: as many as the cluster has cores for.
    engine, address : str
        See `sspd.scale.mapping.mapping_of`. On a cluster, ``out`` is a folder that all nodes
        share.
    progress : callable, optional
        Called with what is done, how many of it, and how many there are.

    Returns
    -------
    Simulation

    Raises
    ------
    UsageError
        An option that cannot be right.
    OutputError
        ``out`` cannot be written, or holds something else.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = simulate(folder, 1, seconds=0.2, size=(160, 120), fps=10.0)
    ...     made.n_written, made.videos[0].path.name, made.videos[0].truth.exists()
    (1, 'video_0000.mp4', True)
    """
    layouts = dict.fromkeys([*OWN_LAYOUTS, *DATASETS])
    if layout not in layouts:
        raise UsageError(f"simulate: layout must be one of {', '.join(layouts)}, got {layout!r}")
    if n < 1 or seed < 0:
        raise UsageError(f"simulate: n must be 1 or more and seed 0 or more, got {n}, {seed}")
    over = mapping_of(engine, address)
    if (check_jobs(jobs, engine) > 1 or engine != "local") and layout not in OWN_LAYOUTS:
        raise UsageError(f"simulate: jobs is for the layouts {' and '.join(OWN_LAYOUTS)} alone")
    specs = _specs(n, seconds, seed, fps, size, preset)
    out, told = Path(out), partial(progress, "Simulating")
    with hold_folder(out, "truth" if layout in OWN_LAYOUTS else "**/"):
        if layout not in OWN_LAYOUTS:
            return _in_layout(layout, out, specs, told)
        # what is in the way is said before the first video is drawn, not after an hour
        write = _write_faces if layout == "faces" else _write_video
        places = [(out / file_name(i, spec, layout), spec) for i, spec in enumerate(specs)]
        waiting = [(path, spec) for path, spec in places if not is_whole(path, spec)]
        write_all(out, waiting, write, jobs, told, over)
        videos = tuple(_simulated(path, truth_of(path), spec) for path, spec in places)
        return Simulation(out, videos, len(waiting))


def _specs(
    n: int, seconds: float, seed: int, fps: float | None, size: tuple[int, int], preset: str
) -> list[VideoSpec]:
    import numpy as np

    from sspd.simulation import random_spec

    width, height = size
    if width % 2 or height % 2:
        raise UsageError(f"simulate: size needs even sides (H.264), got {width}x{height}")
    fixed: dict[str, Any] = {"duration_s": seconds, "width": width, "height": height}
    if fps is not None:
        fixed["fps"] = fps
    # video i is the same whatever n is
    return [random_spec(np.random.default_rng([seed, i]), preset, **fixed) for i in range(n)]


def _simulated(path: Path, record: Path, spec: VideoSpec) -> SimulatedVideo:
    from sspd.simulation import truth

    rate = truth(spec).hr_bpm
    return SimulatedVideo(path, record, spec, None if rate != rate else rate)


def _write_video(path: Path, spec: VideoSpec) -> None:
    from sspd.simulation import write_truth, write_video

    # truth first: a video that is there always has its truth
    write_truth(spec, truth_of(path))
    write_video(spec, path)


def _write_faces(path: Path, spec: VideoSpec) -> None:
    """Into the store that `sspd.train` reads; videos with a bit rate or codec are encoded."""
    from sspd.research.datasets.faces import write_entry
    from sspd.simulation import is_encoded, simulate_faces, write_truth

    write_truth(spec, truth_of(path))
    faces = simulate_faces(spec, encode=is_encoded(spec))
    # the store knows a video by the name that its truth has
    write_entry(path.parent, path.stem, faces, path.stem, simulated_seed=spec.seed)


def _in_layout(
    layout: str, out: Path, specs: Sequence[VideoSpec], told: Callable[[int, int], None]
) -> Simulation:
    from sspd.research.datasets.simulated_layout import (
        recording_names,
        waiting,
        write_layout,
    )

    dataset = get_dataset(layout)
    # a dataset's files have codecs of their own, and every frame of the camera
    specs = [spec.replace(codec=None) for spec in specs]
    left = waiting(dataset, out, dict(enumerate(specs)))
    for done, _ in enumerate(write_layout(dataset, out, left), 1):
        told(done, len(left))
    names = recording_names(dataset, out)
    at = {recording.name: recording.video for recording in dataset.recordings(out)}
    videos = tuple(
        _simulated(at[name], out / "truth" / f"{name}.json", spec)
        for name, spec in ((names[str(i)], spec) for i, spec in enumerate(specs))
    )
    return Simulation(out, videos, len(left))


def write_all(
    out: Path,
    videos: Sequence[tuple[Path, VideoSpec]],
    write: Callable[[Path, VideoSpec], None],
    jobs: int,
    told: Callable[[int, int], None] = lambda done, total: None,
    over: MapOver = process_map,
) -> None:
    """Write videos, several at a time; makes the folder for their truth.

    Parameters
    ----------
    out : Path
    videos : sequence of (Path, VideoSpec)
    write : callable
        Writes one; a function of a module.
    jobs : int
        Processes.
    told : callable
        Called with the number done and the total.
    over : callable
        See `sspd.scale.mapping.mapping_of`.

    Raises
    ------
    SSPDError
        A worker process died; it names the video.
    """
    make_folder(out / "truth")
    if videos:
        told(0, len(videos))
    written = over(partial(_written, write), videos, jobs, Words(_file_of, KEPT))
    with closing(written):
        for done, _ in enumerate(written, 1):
            told(done, len(videos))


def _file_of(video: tuple[Path, VideoSpec]) -> str:
    return str(video[0])


def _written(write: Callable[[Path, VideoSpec], None], video: tuple[Path, VideoSpec]) -> None:
    write(*video)
