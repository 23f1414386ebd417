"""UBFC-Phys: 56 people at rest, speaking and calculating under stress (Sabour et al., 2021).

The contact waveform comes from a wristband and has no times: they are computed from its nominal
64 samples per second, and it is assumed to start with the video, as other loaders do. The videos
state their own rate, about 35 frames per second.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from types import MappingProxyType

import numpy as np

from sspd.research.datasets.card import Dataset, Defect, found_or_raise
from sspd.research.datasets.texts import read_columns, series
from sspd.simulation import VideoSpec, contact_bvp, simulate
from sspd.types import Recording, References
from sspd.utils.files import whole_file
from sspd.video.avi import write_avi
from sspd.video.read import read

TREE = """
s<N>/vid_s<N>_T<1-3>.avi, bvp_s<N>_T<1-3>.csv
"""
TASKS = MappingProxyType({"T1": "rest", "T2": "speech", "T3": "arithmetic"})
#: Sampling rate of the wristband's waveform, Hz.
CONTACT_HZ = 64.0


def recordings(root: Path) -> list[Recording]:
    """List the recordings below a folder, ``s<N>_T<1-3>``.

    Parameters
    ----------
    root : Path

    Returns
    -------
    list of Recording
    """
    found = []
    for folder in root.glob("s*"):
        for task, condition in TASKS.items():
            name = f"{folder.name}_{task}"
            video, contact = folder / f"vid_{name}.avi", folder / f"bvp_{name}.csv"
            if video.is_file() or contact.is_file():
                found.append(
                    Recording(
                        name=name,
                        subject=folder.name,
                        condition=condition,
                        video=video,
                        frames=partial(read, video),
                        references=partial(read_contact, contact),
                        files=(video, contact),
                    )
                )
    return found_or_raise(found, root, TREE)


def read_contact(path: Path) -> References:
    """Read the waveform: one number in each line.

    Parameters
    ----------
    path : Path

    Returns
    -------
    sspd.types.References
    """
    bvp = read_columns(path, 1, header=False)[:, 0]
    return References(bvp=series(path, np.arange(bvp.size) / CONTACT_HZ, bvp))


def write(root: Path, number: int, spec: VideoSpec) -> str:
    """Write a video as the recording of a number: the tasks of s1, then those of s2, ...

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
    name = DATASET.expected[number]
    folder = root / name.split("_")[0]
    folder.mkdir(parents=True, exist_ok=True)
    write_avi(folder / f"vid_{name}.avi", simulate(spec), fps=spec.fps, codec="mjpeg")
    bvp = contact_bvp(spec, np.arange(0, spec.duration_s, 1 / CONTACT_HZ)).values
    with whole_file(folder / f"bvp_{name}.csv") as part:
        part.write_text("".join(f"{100 * value:.2f}\n" for value in bvp))
    return name


#: Task -> subjects that published scores leave out.
LEFT_OUT = MappingProxyType(
    {
        "T1": "3 8 9 26 28 30 31 32 33 40 52 53 54 56",
        "T2": "1 4 6 8 9 11 12 13 14 19 21 22 25 26 27 28 31 32 33 35 38 39 41 42 45 47 48 52 53"
        " 55",
        "T3": "5 8 9 10 13 14 17 22 25 26 28 30 32 33 35 37 40 47 48 49 50 52 53",
    }
)
_TOOLBOX = "scoring scripts around rPPG-Toolbox, 2023, which give no reason"
DATASET = Dataset(
    name="ubfc-phys",
    title="UBFC-Phys",
    citation="R. Meziati Sabour, Y. Benezeth, P. De Oliveira, J. Chappé and F. Yang, UBFC-Phys:"
    " a multimodal database for psychophysiological studies of social stress, IEEE"
    " Transactions on Affective Computing 14(1), 2023",
    licence="For academic research; see its page.",
    tree=TREE,
    recordings=recordings,
    write=write,
    expected=tuple(f"s{n}_{task}" for n in range(1, 57) for task in TASKS),
    defects=tuple(
        Defect(f"s{n}_{task}", "left out by others", _TOOLBOX, excluded=False)
        for task, people in LEFT_OUT.items()
        for n in people.split()
    ),
)
