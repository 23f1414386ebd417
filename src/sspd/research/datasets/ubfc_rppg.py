"""UBFC-rPPG: 50 people before a webcam, raw .avi, finger clip (Bobbia et al., 2019).

Both parts are read, from the folder that holds them or from either one. DATASET_2 has one contact
sample per frame, with the time of each; its clock starts with the video. In DATASET_1 the contact
times are in milliseconds, at about 62 Hz.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from sspd.errors import SourceError
from sspd.research.datasets.card import Dataset, Defect, found_or_raise
from sspd.research.datasets.texts import numbers, read_columns, read_text, series
from sspd.simulation import VideoSpec, contact_bvp, contact_rate, frame_times, simulate
from sspd.types import Recording, References
from sspd.utils.files import whole_file
from sspd.video.avi import write_avi
from sspd.video.read import read

TREE = """
DATASET_1/<name>/vid.avi, gtdump.xmp
DATASET_2/subject<N>/vid.avi, ground_truth.txt
"""
#: Unused numbers among the 49 of DATASET_2.
ABSENT = (2, 6, 7, 19, 21, 28, 29)
#: Sampling rate of DATASET_1's finger clip, Hz.
PART_1_HZ = 62.0


def recordings(root: Path) -> list[Recording]:
    """List the recordings below a folder: ``subject<N>`` of DATASET_2, the others of DATASET_1.

    Parameters
    ----------
    root : Path

    Returns
    -------
    list of Recording
    """
    found = []
    for folder in _folders(root):
        contact, read_contact = folder / "ground_truth.txt", read_ground_truth
        if not contact.exists() and (folder / "gtdump.xmp").exists():
            contact, read_contact = folder / "gtdump.xmp", read_gtdump
        video = folder / "vid.avi"
        found.append(
            Recording(
                name=folder.name,
                subject=folder.name,
                condition="part 2" if contact.name == "ground_truth.txt" else "part 1",
                video=video,
                frames=partial(read, video),
                references=partial(read_contact, contact),
                files=(video, contact),
            )
        )
    return found_or_raise(found, root, TREE)


def _folders(root: Path) -> list[Path]:
    """List the folders of all recordings, of both parts if both are there."""
    parts = [root / name for name in ("DATASET_1", "DATASET_2") if (root / name).is_dir()]
    inside = [folder for part in parts or [root] for folder in sorted(part.glob("*"))]
    names = ("vid.avi", "ground_truth.txt", "gtdump.xmp")
    return [folder for folder in inside if any((folder / name).is_file() for name in names)]


def read_ground_truth(path: Path) -> References:
    """Read the reference of DATASET_2: three lines, PPG, heart rate and time in seconds.

    Parameters
    ----------
    path : Path

    Returns
    -------
    sspd.types.References
    """
    lines = [line.split() for line in read_text(path).splitlines() if line.strip()]
    if len(lines) < 3:
        raise SourceError(f"{path}: three lines are required: waveform, heart rate, time")
    bvp, hr, t = (numbers(path, line) for line in lines[:3])
    t = t - t[:1]
    return References(bvp=series(path, t, bvp), hr_bpm=series(path, t, hr))


def read_gtdump(path: Path) -> References:
    """Read the reference of DATASET_1: rows of time in ms, heart rate, oxygen and PPG.

    Parameters
    ----------
    path : Path

    Returns
    -------
    sspd.types.References
    """
    ms, hr, _, bvp = read_columns(path, 4, header=False).T
    t = ms / 1000
    return References(bvp=series(path, t, bvp), hr_bpm=series(path, t, hr))


def write(root: Path, number: int, spec: VideoSpec) -> str:
    """Write a video as the recording of a number: DATASET_2 first, then DATASET_1.

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
    second = number < len(SUBJECTS)
    name = SUBJECTS[number] if second else f"{number - len(SUBJECTS) + 1}-gt"
    folder = root / ("DATASET_2" if second else "DATASET_1") / name
    folder.mkdir(parents=True, exist_ok=True)
    write_avi(folder / "vid.avi", simulate(spec), fps=spec.fps)
    t = frame_times(spec) if second else np.arange(0, spec.duration_s, 1 / PART_1_HZ)
    bvp, hr = contact_bvp(spec, t).values, contact_rate(spec, t).values
    if second:
        lines = [" ".join(f"{value:.7e}" for value in row) for row in (bvp, hr, t)]
    else:
        rows = zip(t, hr, bvp, strict=True)
        lines = [f"{1000 * at:.0f},{rate:.0f},98,{value:.6f}" for at, rate, value in rows]
    with whole_file(folder / ("ground_truth.txt" if second else "gtdump.xmp")) as part:
        part.write_text("\n".join(lines) + "\n")
    return name


SUBJECTS = tuple(f"subject{n}" for n in range(1, 50) if n not in ABSENT)

_GIDEON = "Gideon and Stent, ICCV 2021, released code"
DATASET = Dataset(
    name="ubfc-rppg",
    title="UBFC-rPPG",
    citation="S. Bobbia, R. Macwan, Y. Benezeth, A. Mansouri and J. Dubois, Unsupervised skin"
    " tissue segmentation for remote photoplethysmography, Pattern Recognition Letters 124,"
    " 2019",
    licence="Free for research; images of two subjects must not be published (see its readme).",
    tree=TREE,
    recordings=recordings,
    write=write,
    expected=SUBJECTS,
    defects=tuple(
        Defect(f"subject{n}", "its contact waveform is considered bad", _GIDEON, excluded=False)
        for n in (11, 18, 20, 24)
    ),
    one_sample_per_frame=("part 2",),
)
