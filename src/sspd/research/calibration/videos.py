"""Simulated videos for fitting a confidence, and others for scoring it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sspd.research.calibration.nulls import FPS, NULLS, null_video
from sspd.simulation import VideoSpec, random_spec, truth, video_suffix, write_video
from sspd.simulation.scenarios import SCENARIOS
from sspd.types import Box

#: Kind -> its share of the videos of a fit, in parts of their sum: half of them are hard or
#: have no pulse. Names are those of `spec_of`; ``null_`` has no pulse.
KINDS: Mapping[str, int] = MappingProxyType(
    {
        "varied": 6,
        "still": 3,
        "talking": 4,
        "translation": 4,
        "rotation": 3,
        "drift": 4,
        "compressed": 5,
        "weak": 5,
        "flicker": 6,
        "nodding": 8,
        "faint": 10,
        "null_photo": 5,
        "null_wall": 4,
        "null_noise": 4,
        "null_flicker": 12,
        "null_mannequin": 12,
        "null_compressed": 8,
        "null_varied": 8,
        "slow": 12,
        "null_swinging": 16,
        "good_talking": 8,
        "good_still": 4,
        "good_drift": 5,
        "good_tight": 8,
        "null_tight": 9,
        "home": 24,
        "call": 18,
        "phone": 16,
        "car": 10,
        "ward": 10,
        "gym": 16,
        "dim": 18,
        "null2": 40,
        "faint_home": 14,
        "faint_dim": 8,
        "slow_home": 10,
    }
)
#: The held-out videos have two kinds without a pulse that no confidence is fitted to, and
#: scenes with cameras, lights and hearts that none is fitted to.
HELD_OUT_KINDS: Mapping[str, int] = MappingProxyType(
    {**KINDS, "null_handheld": 10, "null_screen": 10}
    | {f"other_{scene}": 12 for scene in SCENARIOS}
)
#: Parts of a calibration: what is fitted to, and what judges.
PARTS: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {"fit": KINDS, "held_out": HELD_OUT_KINDS}
)
#: A frame so small that the face's box fills it: no background is seen.
TIGHT: Mapping[str, Any] = MappingProxyType({"width": 360, "height": 360, "face_px": 250})
#: Options of a video of a scene, and of one of a simple preset.
SCENE: Mapping[str, Any] = MappingProxyType({"width": 480, "height": 360})
CLIP: Mapping[str, Any] = MappingProxyType({"fps": FPS})
#: Motion and flicker in tight frames without a pulse.
TIGHT_NULLS = ("nodding", "flicker", "swinging", "translation")


@dataclass(frozen=True)
class CalibrationVideo:
    """One video of a calibration.

    Parameters
    ----------
    kind : str
        See `KINDS`.
    number : int
        Of its kind.
    seed : tuple of int
        Decides all of it.
    """

    kind: str
    number: int
    seed: tuple[int, ...]

    @property
    def name(self) -> str:
        """Kind and number, as files of it are called.

        >>> CalibrationVideo("null_wall", 3, (0,)).name
        'null_wall-003'
        """
        return f"{self.kind}-{self.number:03d}"


def draw_videos(part: str, n: int, seed: int) -> list[CalibrationVideo]:
    """Return the first videos of a part, kinds by turns.

    Parameters
    ----------
    part : str
        ``fit`` or ``held_out``.
    n : int
        Number of videos. The first ones are the same whatever it is.
    seed : int
        Same seed, same videos.

    Returns
    -------
    list of CalibrationVideo

    >>> [video.kind for video in draw_videos("fit", 4, seed=0)]
    ['null2', 'home', 'call', 'dim']
    """
    kinds = PARTS[part]
    turns = sorted(
        ((number + 0.5) / share, place, number)
        for place, share in enumerate(kinds.values())
        for number in range(n)
    )
    names, of_part = list(kinds), list(PARTS).index(part)
    found = []
    for _, place, number in turns[:n]:
        own = (seed, of_part, number, *names[place].encode())
        found.append(CalibrationVideo(names[place], number, own))
    return found


def write_calibration_video(
    video: CalibrationVideo, path: Path, duration_s: float
) -> tuple[Path, NDArray[np.float64], Box | None]:
    """Write a video, 30 frames per second.

    Parameters
    ----------
    video : CalibrationVideo
    path : Path
        Its file; the suffix is that of its codec.
    duration_s : float
        Its length, seconds.

    Returns
    -------
    path : Path
        The file.
    beats_s : float64 array, shape (beats,)
        Times of its beats, seconds; empty where it has no pulse.
    box : Box or None
        Where to look, in videos in which no face can be found.
    """
    rng = np.random.default_rng(video.seed)
    null = video.kind.removeprefix("null_")
    if null != video.kind and null in NULLS:
        path = path.with_suffix(".mp4")
        return path, np.zeros(0), null_video(null, rng, path, duration_s)[1]
    spec = spec_of(video, rng, duration_s)
    path = path.with_suffix(video_suffix(spec))
    write_video(spec, path)
    return path, truth(spec).beats_s, None


def spec_of(video: CalibrationVideo, rng: np.random.Generator, duration_s: float) -> VideoSpec:
    """Draw the options of a video that has a face in it.

    Parameters
    ----------
    video : CalibrationVideo
        Its kind is a preset of the simulator; ``good_`` before it: a clear pulse, ``null_``:
        none, ``faint_`` and ``slow_`` as below, ``other_``: a camera, light or heart that is
        held out; or ``tight`` (the face fills the frame), ``faint`` (a pulse near or below what
        can be seen), ``slow`` (hearts that may be read as twice their rate).
    rng : numpy Generator
    duration_s : float
        Seconds.

    Returns
    -------
    VideoSpec
    """
    group, _, kind = video.kind.rpartition("_")
    fixed: dict[str, Any] = {"duration_s": duration_s, **(SCENE if kind in SCENARIOS else CLIP)}
    if group == "good":
        fixed["pulse_percent"] = float(rng.uniform(0.5, 1.2))
    elif group == "null":
        fixed["pulse_percent"] = 0.0
    if kind == "tight":
        fixed |= TIGHT
        kind = "still" if group == "good" else TIGHT_NULLS[video.number % len(TIGHT_NULLS)]
    elif "faint" in (group, kind):
        fixed["pulse_percent"] = float(np.exp(rng.uniform(np.log(0.03), np.log(0.3))))
        kind = kind if group else "varied"
    elif "slow" in (group, kind):  # hearts that a network which whitens reads double
        fixed["hr_bpm"] = float(rng.uniform(42.0, 64.0))
        kind = kind if group else "varied"
    return random_spec(rng, kind, held_out=True if group == "other" else None, **fixed)
