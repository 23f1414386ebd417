"""Kinds of videos that a careless method would accept with a wrong rate.

Made from the simulator's own frames, as good as the ``good_*`` videos of
`benchmarks/confidence_videos.py` except for one misleading property. `benchmarks/wrong.py` counts
how many are accepted and wrong; the confidence is fitted to the same kinds, made from
`FIT_SEED`, except those that are held out.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

import wrong_clocks as clocks
import wrong_hearts as hearts
import wrong_lights as lights
import wrong_loops as loops
import wrong_motions as motions
from wrong_base import Make, Take, Truth, alive, good, record

#: Seeds of the benchmark's test videos, and of those that the confidence may be fitted to.
JUDGE_SEED, FIT_SEED = 300_074, 610_001
SHORT_S, LONG_S = 16.0, 30.0
_ANDROID, _APPLE = "com.android.capture.fps", "com.apple.quicktime.capture.fps"


@dataclass(frozen=True)
class Kind:
    """A kind of video.

    Parameters
    ----------
    make : callable
        Writes one video and returns its truth.
    group : int
        Row of the issue's table (0: none).
    suffix : str
        Suffix of its files.
    held_out : bool
        The confidence is never fitted to it.
    readable : bool
        It has no misleading property and should be accepted.
    """

    make: Make
    group: int
    suffix: str = ".mp4"
    held_out: bool = False
    readable: bool = False


def _plain(take: Take) -> Truth:
    """Record a plain video, for comparison."""
    spec = good(take)
    record(take, spec)
    return alive(spec)


KINDS: dict[str, Kind] = {
    "plain": Kind(_plain, 0, readable=True),
    "repeated_6": Kind(clocks.repeated(6), 1),
    "repeated_8": Kind(clocks.repeated(8), 1),
    "repeated_10": Kind(clocks.repeated(10), 1),
    "screen_shared": Kind(clocks.screen_shared, 1),
    "dim_camera": Kind(clocks.dim_camera, 1),
    "freezing_call": Kind(clocks.freezing_call, 1, held_out=True),
    "slow_motion_2": Kind(clocks.slow_motion(2, _ANDROID), 2),
    "slow_motion_4": Kind(clocks.slow_motion(4, _ANDROID), 2),
    "slow_motion_8": Kind(clocks.slow_motion(8, _ANDROID), 2),
    "slow_motion_apple": Kind(clocks.slow_motion(4, _APPLE), 2),
    "fast_capture": Kind(clocks.fast_capture, 2, readable=True),
    "time_lapse": Kind(clocks.time_lapse, 2),
    "raw_h264": Kind(clocks.raw(told=False), 3, ".h264"),
    "raw_hevc": Kind(clocks.raw(told=False), 3, ".hevc"),
    "raw_mjpeg": Kind(clocks.raw(told=False), 3, ".mjpeg"),
    "raw_mpeg4": Kind(clocks.raw(told=False), 3, ".m4v"),
    "told_h264": Kind(clocks.raw(told=True), 3, ".h264", readable=True),
    "told_hevc": Kind(clocks.raw(told=True), 3, ".hevc", readable=True),
    "told_mjpeg": Kind(clocks.raw(told=True), 3, ".mjpeg", readable=True),
    "told_mpeg4": Kind(clocks.raw(told=True), 3, ".m4v", readable=True),
    "even_slow": Kind(hearts.heart(hearts.even_slow), 4),
    "slow": Kind(hearts.heart(hearts.slow), 4),
    "fast": Kind(hearts.heart(hearts.fast), 4),
    "ramp": Kind(hearts.heart(hearts.ramp), 5),
    "recovery": Kind(hearts.heart(hearts.recovery), 5),
    "jump": Kind(hearts.heart(hearts.jump), 5),
    "deep_breathing": Kind(hearts.heart(hearts.deep_breathing), 5),
    "recorded": Kind(hearts.heart(hearts.recorded), 5),
    "bigeminy": Kind(hearts.heart(hearts.bigeminy), 6),
    "trigeminy": Kind(hearts.heart(hearts.trigeminy), 6, held_out=True),
    "early_beats": Kind(hearts.heart(hearts.early), 6),
    "fibrillation": Kind(hearts.heart(hearts.fibrillation), 6),
    "white_balance_mannequin": Kind(lights.white_balance(living=False), 7),
    "white_balance_living": Kind(lights.white_balance(living=True), 7),
    "lamps_wall_seen": Kind(lights.coloured_lamps(wall_seen=True), 7),
    "lamps_wall_unseen": Kind(lights.coloured_lamps(wall_seen=False), 7, held_out=True),
    "tinted_mains": Kind(lights.tinted_mains, 7),
    "face_fills_shaken": Kind(motions.face_fills_shaken, 8),
    "face_fills_flicker": Kind(motions.face_fills_flicker, 8),
    "dark_shaken": Kind(motions.dark_shaken, 8),
    "dark_nodding": Kind(motions.dark_nodding, 8),
    "gif_loop": Kind(loops.loop(gif=True), 9),
    "gif_file": Kind(loops.gif_file, 9, ".gif"),
    "clip_loop": Kind(loops.loop(gif=False), 9),
    "noise_loop": Kind(loops.noise_loop, 9),
    "pumping_key_frames": Kind(loops.pumping_key_frames, 10),
    "half_pulse": Kind(lights.half_pulse, 11),
    "nodding_over_pulse": Kind(motions.nodding_over_pulse, 11),
    "pulsing_screen": Kind(lights.pulsing_screen, 11),
    "talking_mannequin": Kind(motions.talking_mannequin, 11),
    "swaying_photo": Kind(motions.swaying_photo, 11),
    "walking_mannequin": Kind(motions.walking_mannequin, 11),
    "focus_breathing": Kind(motions.focus_breathing, 11, held_out=True),
    "exposure_hunting": Kind(lights.exposure_hunting, 11),
}


def available() -> list[str]:
    """List the kinds that can be made here: one needs recorded intervals from a shared folder."""
    return [name for name in KINDS if name != "recorded" or hearts.rr_files()]


def write(kind: str, seed: tuple[int, int], path: Path, duration_s: float | None = None) -> Truth:
    """Write one video.

    Parameters
    ----------
    kind : str
        A name of `KINDS`.
    seed : (int, int)
        `JUDGE_SEED` or `FIT_SEED`, and the video's number; together with the kind they
        determine the video.
    path : Path
        Its file, with the kind's suffix.
    duration_s : float, optional
        Its length; by default every third video has `LONG_S`, the others `SHORT_S`.

    Returns
    -------
    Truth
    """
    cv2.setNumThreads(1)
    base, number = seed
    rng = np.random.default_rng([base, number, *kind.encode()])
    length = duration_s or (LONG_S if number % 3 == 2 else SHORT_S)
    return KINDS[kind].make(Take(rng, number, length, Path(path)))
