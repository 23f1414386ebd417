"""VIPL-HR: 107 people, nine tasks, up to four cameras (Niu et al., 2018 and 2020).

The videos have uneven frame rates: ``time.txt`` has the time of each frame, and the constant rate
that ``video.avi`` states is wrong. ``source2`` has no ``time.txt``; it runs at 30 frames per
second. ``source4`` records near infrared.

``wave.csv`` is not used as a reference: contact waveform and video do not match in time in this
dataset (the readme of the STMaps published with LuPaoPao/NEST says so, and warns of training with
it). `References.bvp` is therefore None, so that no training or score can use it by accident; the
device's heart rate is the reference, as in all published scores. `read_wave` reads the waveform
itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sspd.errors import SourceError
from sspd.research.datasets.card import Dataset, found_or_raise
from sspd.research.datasets.texts import numbers, read_columns, read_text
from sspd.research.datasets.vipl_folds import write_folds
from sspd.simulation import VideoSpec, contact_bvp, contact_rate, frame_times, simulate
from sspd.types import Frames, Recording, References, Series
from sspd.utils.files import whole_file
from sspd.video.avi import write_avi
from sspd.video.restamp import read_with_timestamps

TREE = """
data/p<N>/v<1-9>/source<1-4>/video.avi, gt_HR.csv, time.txt (source2 has none)
fold/fold<1-5>.mat (only for the published folds)
"""
#: Tasks by number; ``v1-2`` is task 1 once more. The order is that of the database's own Table 3
#: and of the SSPD paper's Fig. 5: in task 4 a light is on, task 5 is dark.
TASKS = (
    *("stable", "motion", "talking", "bright", "dark", "long distance"),
    *("after exercise", "phone, stable", "phone, motion"),
)
WAVE_HZ = 60.0
#: Frame rate of the camera without ``time.txt``, Hz.
SOURCE2_HZ = 30.0


def recordings(root: Path) -> list[Recording]:
    """List the recordings below a folder, or below its ``data``; near infrared is included.

    Parameters
    ----------
    root : Path

    Returns
    -------
    list of Recording
    """
    found = []
    inside = root / "data" if (root / "data").is_dir() else root
    for folder in sorted(inside.glob("p*/v*/source*")):
        subject, task, source = folder.parts[-3:]
        matched = re.fullmatch(r"p\d+/v([1-9])(?:-\d+)?/source[1-4]", f"{subject}/{task}/{source}")
        if not matched or not any((folder / name).is_file() for name in ("video.avi", "gt_HR.csv")):
            continue
        video, rates, times = (folder / name for name in ("video.avi", "gt_HR.csv", "time.txt"))
        timestamps = None if source == "source2" and not times.exists() else times
        infrared = ", near infrared" if source == "source4" else ""
        found.append(
            Recording(
                name=f"{subject}-{task}-{source}",
                subject=subject,
                condition=TASKS[int(matched[1]) - 1] + infrared,
                video=video,
                frames=partial(read_frames, video, timestamps),
                references=partial(read_references, rates),
                files=(video, rates, *([timestamps] if timestamps else [])),
            )
        )
    return found_or_raise(found, root, TREE)


def read_frames(
    video: Path,
    timestamps: Path | None,
    *,
    start_s: float = 0.0,
    end_s: float | None = None,
    chunk: int = 32,
    warn: Callable[[str], None] | None = None,
) -> Iterator[Frames]:
    """Read frames at the times of ``time.txt`` (milliseconds), or at `SOURCE2_HZ`.

    Parameters
    ----------
    video : Path
    timestamps : Path or None
        None: the rate is `SOURCE2_HZ`.
    start_s, end_s : float or None
        Seconds of the video; None: the end.
    chunk : int
        Frames in a chunk.
    warn : callable or None
        Called with one line for each problem.

    Yields
    ------
    Frames
    """
    t: NDArray[np.float64] | float = SOURCE2_HZ
    if timestamps is not None:
        t = numbers(timestamps, read_text(timestamps).split()) / 1000
        t = t - t[:1]
    return read_with_timestamps(video, t, start_s=start_s, end_s=end_s, chunk=chunk, warn=warn)


def read_references(path: Path) -> References:
    """Read ``gt_HR.csv``: a header ``HR``, then one heart rate for each second.

    Parameters
    ----------
    path : Path

    Returns
    -------
    sspd.types.References
    """
    return References(hr_bpm=_column(path, 1.0))


def read_wave(recording: Recording) -> Series:
    """Read the contact waveform of ``wave.csv``, whose clock is not the video's.

    Parameters
    ----------
    recording : Recording

    Returns
    -------
    Series
    """
    return _column(recording.video.with_name("wave.csv"), WAVE_HZ)


def _column(path: Path, fs: float) -> Series:
    values = read_columns(path, 1, header=True)[:, 0]
    if values.size == 0:
        raise SourceError(f"{path}: a header and numbers below it are required")
    return Series(np.arange(values.size) / fs, values)


def write(root: Path, number: int, spec: VideoSpec) -> str:
    """Write a video as the recording of a number: cameras 1 to 3 of a subject, then the next.

    Parameters
    ----------
    root : Path
    number : int
    spec : VideoSpec

    Returns
    -------
    str
        Name of the recording.
    """
    subject, source = f"p{1 + number // 3}", f"source{1 + number % 3}"
    folder = root / "data" / subject / "v1" / source
    folder.mkdir(parents=True, exist_ok=True)
    if source == "source2":
        spec = spec.replace(fps=SOURCE2_HZ, jitter_s=0.0)
    elif not spec.jitter_s:
        spec = spec.replace(jitter_s=0.2 / spec.fps)
    stated = 25.0 if abs(spec.fps - 25) > 1 else 30.0  # never the true rate
    write_avi(folder / "video.avi", simulate(spec), fps=stated, codec="mjpeg")
    wave = contact_bvp(spec, np.arange(0, spec.duration_s, 1 / WAVE_HZ)).values
    rates = contact_rate(spec, np.arange(0, spec.duration_s, 1.0)).values
    rows = {
        "wave.csv": ["Wave", *(f"{64 + 32 * value:.0f}" for value in wave)],
        "gt_HR.csv": ["HR", *(f"{rate:.0f}" for rate in rates)],
        "gt_SpO2.csv": ["SpO2", *("98" for _ in rates)],
    }
    if source != "source2":
        rows["time.txt"] = [f"{1000 * t:.0f}" for t in frame_times(spec)]
    for name, lines in rows.items():
        with whole_file(folder / name) as part:
            part.write_bytes("".join(f"{line}\r\n" for line in lines).encode())
    people = (re.fullmatch(r"p(\d+)", folder.name) for folder in (root / "data").iterdir())
    write_folds(root, sorted(int(one[1]) for one in people if one))
    return f"{subject}-v1-{source}"


DATASET = Dataset(
    name="vipl-hr",
    title="VIPL-HR",
    citation="X. Niu, H. Han, S. Shan and X. Chen, VIPL-HR: A Multi-modal Database for Pulse"
    " Estimation from Less-constrained Face Video, ACCV 2018; X. Niu, S. Shan, H. Han and X."
    " Chen, RhythmNet: End-to-end Heart Rate Estimation from Face via Spatial-temporal"
    " Representation, IEEE Transactions on Image Processing 29, 2020",
    licence="For research, under an agreement with its authors; must not be passed on.",
    tree=TREE,
    recordings=recordings,
    write=write,
)
