"""The videos for fitting and for testing the confidence, measured and saved."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from concurrent.futures import as_completed
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

import wrong_videos
from nulls import DURATION_S, FPS, null_video
from sspd.face.track import face_segments
from sspd.methods import Method, get_method
from sspd.simulation import VideoSpec, random_spec, truth, write_video
from sspd.types import Box, FaceSegment, Frames, FrameStats, Signal
from sspd.utils.pool import process_pool
from sspd.video.read import probe, read
from sspd.vitals import VideoFacts

FIT_SEED, HELD_SEED = 606_001, 121_013
#: Number of videos in the fit, called ``tempt_KIND``, of each kind of
#: `benchmarks/wrong_videos.py` about hearts, light, motion or compression that is not held out.
N_TEMPT, TEMPT_GROUPS = 4, (0, 4, 5, 6, 7, 8, 10, 11)
#: Recorded hearts are for the test only.
TEACH_NOTHING = ("recorded",)
#: Kind -> number of videos. The order is part of their seeds.
FIT = {
    "varied": 14,
    "still": 5,
    "talking": 8,
    "translation": 8,
    "rotation": 6,
    "drift": 6,
    "compressed": 10,
    "weak": 10,
    "flicker": 10,
    "nodding": 14,
    "swinging": 0,
    "faint": 24,
    "null_photo": 12,
    "null_wall": 10,
    "null_noise": 10,
    "null_flicker": 24,
    "null_mannequin": 24,
    "null_compressed": 20,
    "null_varied": 24,
    "slow": 30,
    "null_swinging": 36,
    "good_talking": 30,
    "good_still": 10,
    "good_drift": 10,
    "good_tight": 14,
    "null_tight": 18,
}
#: A frame that the face box fills, so that no background is visible.
TIGHT = {"width": 360, "height": 360, "face_px": 250}
#: Motions and flickers in a tight frame without a pulse.
TIGHT_NULLS = ("nodding", "flicker", "swinging", "translation")
#: Good videos: a sitting person in steady light, with a pulse of half a percent or more.
GOOD = ("still", "talking", "translation", "rotation", "drift")
N_GOOD, N_NULL = 80, 234
#: Kinds without a pulse; `FIT` lacks two of them. The order is part of their seeds.
NULLS = ("photo", "wall", "noise", "flicker", "mannequin", "compressed")
NULLS += ("handheld", "swinging", "screen")
HARD = {"varied": 16, "weak": 16, "compressed": 16, "faint": 24, "flicker": 14, "nodding": 14}


@dataclass(frozen=True)
class Video:
    """One video of a set; `seed` determines all of it."""

    kind: str
    number: int
    seed: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Kept:
    """The saved results of a video: all except its frames."""

    kind: str
    number: int
    segments: list[FaceSegment]
    waves: list[Signal | None]
    facts: VideoFacts
    beats_s: NDArray[np.float64]
    """Empty: it has no pulse."""


def fit_set() -> list[Video]:
    """Return the videos for the fit."""
    videos = [
        Video(kind, i, (FIT_SEED, place, i))
        for place, (kind, n) in enumerate(FIT.items())
        for i in range(n)
    ]
    tempting = [
        name
        for name, kind in wrong_videos.KINDS.items()
        if kind.group in TEMPT_GROUPS and not kind.held_out and name not in TEACH_NOTHING
    ]
    return videos + [
        Video(f"tempt_{kind}", i, (wrong_videos.FIT_SEED, i))
        for i in range(N_TEMPT)
        for kind in tempting
    ]


def held_set() -> list[Video]:
    """Return the test videos: good ones, hard ones and some without a pulse, kinds in turn."""
    kinds = {f"good_{kind}": N_GOOD // len(GOOD) for kind in GOOD} | HARD
    kinds |= {f"null_{kind}": N_NULL // len(NULLS) for kind in NULLS}
    videos = [
        (i / n, Video(kind, i, (HELD_SEED, place, i)))
        for place, (kind, n) in enumerate(kinds.items())
        for i in range(n)
    ]
    return [video for _, video in sorted(videos, key=lambda pair: pair[0])]


SETS = {"fit": fit_set, "held": held_set}


def write(video: Video, path: Path) -> tuple[NDArray[np.float64], Box | None]:
    """Write a video; return its beats (None: no pulse) and a face box."""
    rng = np.random.default_rng(video.seed)
    if video.kind.startswith("tempt_"):
        known = wrong_videos.write(video.kind.removeprefix("tempt_"), video.seed[:2], path)
        beats_s = np.array(known.beats_s or [])
        return beats_s, Box(*known.box) if known.box else None
    if video.kind.startswith("null_") and video.kind not in ("null_varied", "null_tight"):
        return np.zeros(0), null_video(video.kind.removeprefix("null_"), rng, path)[1]
    spec = _spec(video, rng)
    write_video(spec, path)
    return (truth(spec).beats_s if spec.pulse_percent else np.zeros(0)), None


def _spec(video: Video, rng: np.random.Generator) -> VideoSpec:
    fixed: dict[str, Any] = {"duration_s": DURATION_S, "fps": FPS}
    group, _, kind = video.kind.rpartition("_")
    if group == "good":
        fixed["pulse_percent"] = float(rng.uniform(0.5, 1.2))
    elif group == "null":
        fixed["pulse_percent"] = 0.0
    if kind == "tight":
        fixed |= TIGHT
        kind = "still" if group == "good" else TIGHT_NULLS[video.number % len(TIGHT_NULLS)]
    elif kind == "faint":
        fixed["pulse_percent"] = float(np.exp(rng.uniform(np.log(0.03), np.log(0.3))))
        kind = "varied"
    elif kind == "slow":  # a whitening network reads such hearts at double their rate
        fixed["hr_bpm"] = float(rng.uniform(42.0, 64.0))
        kind = "varied"
    return random_spec(rng, kind, **fixed)


@cache
def _method(weights: str | None) -> Method:
    cv2.setNumThreads(1)
    return get_method("sspd", weights=weights, precision="auto", threads=1)


def make_video(video: Video, folder: Path) -> tuple[Path, NDArray[np.float64], Box | None]:
    """Make a video if it is missing; return its beats (None: no pulse) and a face box."""
    path, beside = (folder / f"{video.kind}-{video.number:03d}.{end}" for end in ("mp4", "json"))
    if not beside.exists():
        part = path.with_suffix(".part.mp4")
        beats_s, box = write(video, part)
        part.replace(path)
        beside.write_text(json.dumps({"beats_s": beats_s.tolist(), "box": box and list(box)}))
    kept = json.loads(beside.read_text())
    return path, np.array(kept["beats_s"], np.float64), Box(*kept["box"]) if kept["box"] else None


def _measure(video: Video, weights: str | None, videos: Path | None) -> Kept:
    method = _method(weights)
    with tempfile.TemporaryDirectory() as folder:
        path, beats_s, box = make_video(video, videos or Path(folder))
        info = probe(path)
        segments = list(face_segments(read(path), size=method.size, box=box))
    waves = [method.run([segment.faces]) if segment.box else None for segment in segments]
    pixels = info.width * info.height * (info.fps or FPS)
    facts = VideoFacts(info.bit_rate / pixels if info.bit_rate else None)
    return Kept(video.kind, video.number, segments, waves, facts, beats_s)


def _keep(video: Video, folder: Path, weights: str | None, videos: Path | None) -> None:
    save(_measure(video, weights, videos), folder / f"{video.kind}-{video.number:03d}.npz")


def make_videos(set_name: str, folder: Path, jobs: int) -> None:
    """Make the missing videos of a set, for `collect` with several weights."""
    folder.mkdir(parents=True, exist_ok=True)
    with process_pool(jobs) as pool:
        for made in [pool.submit(make_video, video, folder) for video in SETS[set_name]()]:
            print(made.result()[0].name, flush=True)


def collect(
    set_name: str, folder: Path, jobs: int, weights: str | None, videos_folder: Path | None
) -> None:
    """Measure the videos of a set that have no saved result."""
    folder.mkdir(parents=True, exist_ok=True)
    done = {path.stem for path in folder.glob("*.npz")}
    videos = [video for video in SETS[set_name]() if f"{video.kind}-{video.number:03d}" not in done]
    with process_pool(jobs) as pool:
        waiting = [pool.submit(_keep, video, folder, weights, videos_folder) for video in videos]
        for count, future in enumerate(as_completed(waiting), 1):
            future.result()
            print(f"{count} of {len(videos)}", flush=True)


def save(video: Kept, path: Path) -> None:
    """Save the result of a video, whole or not at all."""
    arrays: dict[str, NDArray[Any]] = {"beats_s": video.beats_s}
    arrays["bits_per_pixel"] = np.array(video.facts.bits_per_pixel or np.nan)
    for k, (segment, wave) in enumerate(zip(video.segments, video.waves, strict=True)):
        arrays[f"{k}/span_s"] = np.array([segment.start_s, segment.end_s])
        arrays[f"{k}/box"] = np.array(segment.box or [], np.int64)
        for name, rows in vars(segment.frame_stats).items():
            arrays[f"{k}/scene/{name}"] = rows
        if wave is not None:
            arrays[f"{k}/wave"] = wave.values
            arrays[f"{k}/wave_fs_start"] = np.array([wave.fs, wave.start_s])
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
    part.replace(path)


def load(folder: Path) -> Iterator[Kept]:
    """Read the saved results, by name."""
    for path in sorted(folder.glob("*.npz")):
        with np.load(path, allow_pickle=False) as found:
            arrays = dict(found)
        kind, number = path.stem.rsplit("-", 1)
        segments, waves = [], []
        for k in range(sum(name.endswith("/span_s") for name in arrays)):
            names = [f.name for f in fields(FrameStats) if f"{k}/scene/{f.name}" in arrays]
            frame_stats = FrameStats(**{name: arrays[f"{k}/scene/{name}"] for name in names})
            none = Frames(np.zeros((0, 1, 1, 3), np.uint8), np.zeros(0))
            box = Box(*arrays[f"{k}/box"].tolist()) if arrays[f"{k}/box"].size else None
            start_s, end_s = arrays[f"{k}/span_s"].tolist()
            segments.append(FaceSegment(start_s, end_s, box, none, frame_stats))
            wave = f"{k}/wave" in arrays
            facts = arrays[f"{k}/wave_fs_start"].tolist() if wave else []
            waves.append(Signal(arrays[f"{k}/wave"], *facts) if wave else None)
        bits = float(arrays["bits_per_pixel"])
        facts_of = VideoFacts(bits if np.isfinite(bits) else None)
        yield Kept(kind, int(number), segments, waves, facts_of, arrays["beats_s"])
