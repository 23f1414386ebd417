"""MR-NIRP Car: drivers in a garage and in town, lit at 940 or 975 nm (Nowara et al., 2020).

``mr-nirp-car`` has the videos of the infrared camera; those of the colour camera beside it
are, from the same copy, ``mr-nirp-car-rgb``.

The infrared camera records 60 frames per second, twice the rate of the colour camera, and the
infrared light is on for every second frame only (so public loaders read it: Gideon and Stent, ICCV
2021). Only lit frames are read, at their own times: 30 per second, the first at 0 or a 60th of a
second later. The lit frames have even or odd numbers, depending on which of the first frames are
brighter; numbers and not positions are used, because a lost frame would shift the positions.

The colour camera's mosaic begins with red (`CAR_BAYER`), as public loaders after rPPG-Toolbox
have it; others begin with blue. In a copy that was measured, a mosaic that begins with red makes
skin redder than blue.

``Subject16`` is subject 2 at night, and both count as one subject here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from pathlib import Path

from sspd.errors import SourceError
from sspd.research.datasets.card import Dataset, Defect, found_or_raise
from sspd.research.datasets.mr_nirp_contact import read_contact, write_contact
from sspd.research.datasets.mr_nirp_files import (
    FRAME_HZ,
    contact_of,
    grey,
    inside,
    mosaic,
    numbered_frames,
    require_unique_names,
    times,
    write_pgm,
)
from sspd.simulation import VideoSpec, simulate
from sspd.types import Frames, Recording
from sspd.utils.files import whole_folder
from sspd.video.sequence import read_images
from sspd.video.still import read_still

TREE = """
Subject<1-19>/subject<n>_{garage|driving}_{still|small_motion|large_motion}_{940|975}/
    NIR/*.pgm, RGB/*.pgm, PulseOX/pulseOx.mat, unpacked; case does not matter
"""
#: Frame rate of the infrared camera, with lit and dark frames, Hz.
NIR_HZ = 60.0
#: Colours of the first two pixels of the first two rows.
CAR_BAYER = "RGGB"
#: Number of the same subject at night and by day.
NIGHT, DAY = "16", "2"
#: Number of frames of each kind to compare for brightness.
N_LOOKED_AT = 8
_PERSON = re.compile(r"subject(\d{1,4})", re.IGNORECASE)
_NAME = re.compile(
    r"subject\d+_(garage|driving)_(still|small_motion|large_motion)_(\d{3})", re.IGNORECASE
)
#: Conditions of each person's simulated recordings, in order.
_SIMULATED = tuple(product(("garage", "driving"), ("still", "small_motion"), ("940", "975")))
#: In simulated videos, a dark frame has the brightness of a lit one divided by this.
_DARK = 8


def recordings(root: Path, *, colour: bool) -> list[Recording]:
    """List the recordings below a folder, of the colour camera or of the infrared camera.

    Parameters
    ----------
    root : Path
    colour : bool
        Of the colour camera.

    Returns
    -------
    list of Recording
    """
    found = []
    for folder in sorted(root.glob("*/*")):
        person, matched = _PERSON.fullmatch(folder.parent.name), _NAME.fullmatch(folder.name)
        if person is None or matched is None or not folder.is_dir():
            continue
        number = str(int(person[1]))
        place, motion, nm = (part.lower() for part in matched.groups())
        video, contact = inside(folder, "RGB" if colour else "NIR"), contact_of(folder)
        night = ", night" if number == NIGHT else ""
        found.append(
            Recording(
                name=f"subject{number}_{place}_{motion}_{nm}",
                subject=DAY if number == NIGHT else number,
                condition=f"{place}, {motion.replace('_', ' ')}, {nm} nm{night}",
                video=video,
                frames=partial(read_frames, video, colour),
                references=partial(read_contact, contact),
                files=(video, contact),
            )
        )
    return found_or_raise(require_unique_names(found), root, TREE)


def read_frames(
    folder: Path,
    colour: bool,
    *,
    start_s: float = 0.0,
    end_s: float | None = None,
    chunk: int = 32,
    warn: Callable[[str], None] | None = None,
) -> Iterator[Frames]:
    """Read a camera's frames at the times of their numbers; of the infrared camera only lit ones.

    Parameters
    ----------
    folder : Path
    colour : bool
        Of the colour camera.
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
    found = numbered_frames(folder)
    chosen = found if colour else lit(found)
    return read_images(
        [file for _, file in chosen],
        times(chosen, found[0][0], FRAME_HZ if colour else NIR_HZ),
        bayer=CAR_BAYER if colour else None,
        start_s=start_s,
        end_s=end_s,
        chunk=chunk,
        warn=warn,
    )


def lit(found: list[tuple[int, Path]]) -> list[tuple[int, Path]]:
    """Select the frames with even or with odd numbers, depending on which are brighter.

    If both are equally bright or unreadable, those of the first frame's kind are selected.

    Parameters
    ----------
    found : list of (int, Path)
        Frames with their numbers.

    Returns
    -------
    list of (int, Path)
    """
    first = found[0][0] % 2
    kinds = [[one for one in found if one[0] % 2 == odd] for odd in (first, 1 - first)]
    same, other = (_brightness([file for _, file in kind[:N_LOOKED_AT]]) for kind in kinds)
    return kinds[int(other > same)]


def _brightness(files: list[Path]) -> float:
    """Return the mean brightness of the frames that can be read; -1 if there is none."""
    values = []
    for file in files:
        try:
            values.append(float(read_still(file)[0].mean()))
        except SourceError:
            continue
    return sum(values) / len(values) if values else -1.0


def write(root: Path, number: int, spec: VideoSpec) -> str:
    """Write a video as the recording of a number, eight for each person, for both cameras.

    Folders of subjects with even numbers have lower-case names, as in some copies. Frame times are
    the cameras' own, whatever `spec` says.

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
    n_person, kind = divmod(number, len(_SIMULATED))
    person, even = n_person + 1, n_person % 2 == 1
    name = "_".join((f"subject{person}", *_SIMULATED[kind]))
    folder = root / (f"subject{person}" if even else f"Subject{person}") / name
    folder.mkdir(parents=True, exist_ok=True)
    videos = simulate(spec.replace(fps=FRAME_HZ, jitter_s=0.0))
    with whole_folder(folder / "NIR") as infrared, whole_folder(folder / "RGB") as colour:
        for n, rgb in enumerate(frame for part in videos for frame in part.rgb):
            bright = grey(rgb)
            write_pgm(infrared, 2 * n + 1, bright)
            write_pgm(infrared, 2 * n + 2, bright // _DARK)
            write_pgm(colour, n, mosaic(rgb, CAR_BAYER))
    oximeter = folder / ("PulseOx" if even else "PulseOX")
    write_contact(oximeter / "pulseOx.mat", spec, cells=False)
    return name


def dataset(*, colour: bool) -> Dataset:
    """Make the dataset of one of the two cameras.

    Parameters
    ----------
    colour : bool
        Of the colour camera.

    Returns
    -------
    Dataset

    >>> dataset(colour=True).title
    'MR-NIRP Car, colour'
    """
    return Dataset(
        name="mr-nirp-car-rgb" if colour else "mr-nirp-car",
        title="MR-NIRP Car, " + ("colour" if colour else "near infrared"),
        citation="E. M. Nowara, T. K. Marks, H. Mansour and A. Veeraraghavan, Near-Infrared"
        " Imaging Photoplethysmography During Driving, IEEE Transactions on Intelligent"
        " Transportation Systems, 2020",
        licence="Given out for research by Rice University and MERL; its page states the terms.",
        tree=TREE,
        recordings=partial(recordings, colour=colour),
        write=write,
        defects=(
            Defect(
                "subject2_garage_small_motion_940",
                "its colour frames are damaged",
                "Gideon and Stent, ICCV 2021, released code",
                excluded=colour,
            ),
        ),
    )


DATASET = dataset(colour=False)
