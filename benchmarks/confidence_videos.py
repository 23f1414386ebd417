"""The videos to which the confidence was fitted, and those that judge it: measured and kept."""

from __future__ import annotations

import json
import tempfile
from concurrent.futures import as_completed
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

import suites
import wrong_videos
from sspd.methods import Method, get_method
from sspd.research.calibration.measured import measure_video, save_measured
from sspd.research.calibration.nulls import NULLS
from sspd.research.calibration.videos import (
    CalibrationVideo,
    draw_videos,
    write_calibration_video,
)
from sspd.simulation import truth, video_suffix, write_video
from sspd.types import Box
from sspd.utils.pool import process_pool

DURATION_S = 30.0
FIT_SEED, HELD_SEED = 606_002, 121_013
#: Number of videos in the fit, called ``tempt_KIND``, of each kind of
#: `benchmarks/wrong_videos.py` about hearts, light, motion or compression that is not held out.
N_FIT, N_TEMPT, TEMPT_GROUPS = 240, 2, (0, 4, 5, 6, 7, 8, 10, 11)
#: Recorded hearts are for the test only.
TEACH_NOTHING = ("recorded",)
#: Good videos: somebody sits for it, in steady light, with a pulse of half a percent or more.
GOOD = ("still", "talking", "translation", "rotation", "drift")
N_GOOD, N_NULL = 80, 234
#: Suites whose videos judge the confidence too, and how many of each of their slices.
SUITES, N_SLICE = ("suite", "suite2"), 20
HARD = {"varied": 16, "weak": 16, "compressed": 16, "faint": 24, "flicker": 14, "nodding": 14}


def fit_set() -> list[CalibrationVideo]:
    """Videos that the confidence is fitted to."""
    videos = draw_videos("fit", N_FIT, FIT_SEED)
    tempting = [
        name
        for name, kind in wrong_videos.KINDS.items()
        if kind.group in TEMPT_GROUPS and not kind.held_out and name not in TEACH_NOTHING
    ]
    tempting_videos = [
        CalibrationVideo(f"tempt_{kind}", i, (wrong_videos.FIT_SEED, i))
        for i in range(N_TEMPT)
        for kind in tempting
    ]
    every = len(videos) // len(tempting_videos)
    parts = [videos[k * every :][:every] for k in range(len(tempting_videos))]
    pairs = zip(parts, tempting_videos, strict=True)
    mixed = [one for part, last in pairs for one in (*part, last)]
    return mixed + videos[len(tempting_videos) * every :]


def held_set() -> list[CalibrationVideo]:
    """Videos for scoring: good ones, hard ones, and some without a pulse; kinds by turns."""
    kinds = {f"good_{kind}": N_GOOD // len(GOOD) for kind in GOOD} | HARD
    kinds |= {f"null_{kind}": N_NULL // len(NULLS) for kind in NULLS}
    videos = [
        (i / n, CalibrationVideo(kind, i, (HELD_SEED, place, i)))
        for place, (kind, n) in enumerate(kinds.items())
        for i in range(n)
    ]
    return [video for _, video in sorted(videos, key=lambda pair: pair[0])]


def suites_set() -> list[CalibrationVideo]:
    """The videos of both suites, as many of each slice; they judge as well."""
    return [
        CalibrationVideo(f"{name}_{kind}", i, (suites.SEEDS[name], place, i))
        for i in range(N_SLICE)
        for name in SUITES
        for place, kind in enumerate(suites.slices_of(name))
    ]


SETS = {"fit": fit_set, "held": held_set, "suites": suites_set}


def write(video: CalibrationVideo, path: Path) -> tuple[Path, NDArray[np.float64], Box | None]:
    """Write a video; its file, its beats (none: it has no pulse), and where to look."""
    if video.kind.startswith("tempt_"):
        base, number = video.seed[:2]
        known = wrong_videos.write(video.kind.removeprefix("tempt_"), (base, number), path)
        beats_s = np.array(known.beats_s or [])
        return path, beats_s, Box(*known.box) if known.box else None
    suite = video.kind.partition("_")[0]
    if suite in SUITES:
        _, place, i = video.seed
        spec = suites.video_of(suite, place, i, DURATION_S)
        path = path.with_suffix(video_suffix(spec))
        write_video(spec, path)
        return path, truth(spec).beats_s, None
    return write_calibration_video(video, path, DURATION_S)


@cache
def _method(weights: str | None, precision: str) -> Method:
    cv2.setNumThreads(1)
    return get_method("sspd", weights=weights, precision=precision, threads=1)


def make_video(
    video: CalibrationVideo, folder: Path
) -> tuple[Path, NDArray[np.float64], Box | None]:
    """A video, made if it is not there; its beats (none: no pulse), and where to look."""
    name = f"{video.kind}-{video.number:03d}"
    beside = folder / f"{name}.json"
    if not beside.exists():
        part, beats_s, box = write(video, folder / f"{name}.part.mp4")
        path = part.replace(folder / f"{name}{part.suffix}")
        known = {"beats_s": beats_s.tolist(), "box": box and list(box), "file": path.name}
        beside.write_text(json.dumps(known))
    kept = json.loads(beside.read_text())
    path = folder / kept.get("file", f"{name}.mp4")
    return path, np.array(kept["beats_s"], np.float64), Box(*kept["box"]) if kept["box"] else None


def _keep(
    video: CalibrationVideo, folder: Path, weights: str | None, precision: str, videos: Path | None
) -> None:
    with tempfile.TemporaryDirectory() as place:
        path, beats_s, box = make_video(video, videos or Path(place))
        method = _method(weights, precision)
        found = measure_video(video.kind, video.number, path, beats_s, box, method)
    save_measured(found, folder / f"{video.name}.npz")


def make_videos(set_name: str, folder: Path, jobs: int) -> None:
    """Make the missing videos of a set, for `collect` with several weights."""
    folder.mkdir(parents=True, exist_ok=True)
    with process_pool(jobs) as pool:
        for made in [pool.submit(make_video, video, folder) for video in SETS[set_name]()]:
            print(made.result()[0].name, flush=True)


def collect(
    set_name: str,
    folder: Path,
    jobs: int,
    weights: str | None,
    precision: str,
    videos_folder: Path | None,
    kinds: str,
) -> None:
    """Measure the videos of a set that have no saved result."""
    folder.mkdir(parents=True, exist_ok=True)
    done = {path.stem for path in folder.glob("*.npz")}
    videos = [video for video in SETS[set_name]() if video.kind.startswith(kinds)]
    videos = [video for video in videos if f"{video.kind}-{video.number:03d}" not in done]
    with process_pool(jobs) as pool:
        settings = folder, weights, precision, videos_folder
        waiting = [pool.submit(_keep, video, *settings) for video in videos]
        for count, future in enumerate(as_completed(waiting), 1):
            future.result()
            print(f"{count} of {len(videos)}", flush=True)
