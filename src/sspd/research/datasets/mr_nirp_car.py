"""MR-NIRP Car: drivers in a garage and in town, lamps of 940 or 975 nm (Nowara et al., 2020).

``mr-nirp-car`` has the videos of the infrared camera; those of the colour camera beside it
are, from the same copy, ``mr-nirp-car-rgb``.

The infrared camera takes 60 pictures a second, twice those of the colour camera, and the
lamp is on for every second one only (so public loaders read it: Gideon and Stent, ICCV
2021). Lit pictures alone are given, at the times they have among all: 30 a second, the
first at 0 or a 60th after. Lit are those with even or with odd numbers, whichever of the
first are brighter; numbers, not places, because a lost picture would turn places round.

The colour camera's mosaic begins with red (`BAYER`), as public loaders after rPPG-Toolbox
have it; others begin with blue. In a copy that was measured it is red that makes skin redder
than blue.

``Subject16`` is subject 2 at night, and one subject with it here.
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
    HZ,
    contact_of,
    each_once,
    grey,
    inside,
    mosaic,
    pictures,
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
#: Pictures a second of the infrared camera, lit and dark ones, Hz.
NIR_HZ = 60.0
#: Colours of the first two pixels of the first two rows.
BAYER = "RGGB"
#: The subject's number at night, and by day.
NIGHT, DAY = "16", "2"
#: So many pictures of each kind are looked at for the brighter ones.
N_LOOKED_AT = 8
_PERSON = re.compile(r"subject(\d{1,4})", re.IGNORECASE)
_NAME = re.compile(
    r"subject\d+_(garage|driving)_(still|small_motion|large_motion)_(\d{3})", re.IGNORECASE
)
#: Conditions of the recordings that are simulated of each person, the first ones first.
_SIMULATED = tuple(product(("garage", "driving"), ("still", "small_motion"), ("940", "975")))
#: What a dark picture has of a lit one, in simulated videos: an eighth.
_DARK = 8


def recordings(root: Path, *, colour: bool) -> list[Recording]:
    """The recordings below a folder, of the colour camera or of the infrared one."""
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
    return found_or_raise(each_once(found), root, TREE)


def read_frames(
    folder: Path,
    colour: bool,
    *,
    start_s: float = 0.0,
    end_s: float | None = None,
    chunk: int = 32,
    warn: Callable[[str], None] | None = None,
) -> Iterator[Frames]:
    """A camera's pictures at their numbers' times, see `read_images`; of infrared the lit ones.

    Parameters
    ----------
    folder : Path
    colour : bool
        Of the colour camera.
    """
    found = pictures(folder)
    chosen = found if colour else lit(found)
    return read_images(
        [file for _, file in chosen],
        times(chosen, found[0][0], HZ if colour else NIR_HZ),
        bayer=BAYER if colour else None,
        start_s=start_s,
        end_s=end_s,
        chunk=chunk,
        warn=warn,
    )


def lit(found: list[tuple[int, Path]]) -> list[tuple[int, Path]]:
    """The pictures with even or with odd numbers, whichever of the first are brighter.

    Those of the first picture's kind, where both are as bright or none can be read.
    """
    first = found[0][0] % 2
    kinds = [[one for one in found if one[0] % 2 == odd] for odd in (first, 1 - first)]
    same, other = (_level([file for _, file in kind[:N_LOOKED_AT]]) for kind in kinds)
    return kinds[int(other > same)]


def _level(files: list[Path]) -> float:
    """Mean brightness of those pictures that can be read; -1: of none."""
    levels = []
    for file in files:
        try:
            levels.append(float(read_still(file)[0].mean()))
        except SourceError:
            continue
    return sum(levels) / len(levels) if levels else -1.0


def write(root: Path, number: int, spec: VideoSpec) -> str:
    """Write a video as the recording of a number, eight a person, for both cameras.

    Subjects with even numbers have their folders in small letters, as some copies have.
    Times of pictures are the cameras' own, whatever `spec` says.
    """
    n_person, kind = divmod(number, len(_SIMULATED))
    person, even = n_person + 1, n_person % 2 == 1
    name = "_".join((f"subject{person}", *_SIMULATED[kind]))
    folder = root / (f"subject{person}" if even else f"Subject{person}") / name
    folder.mkdir(parents=True, exist_ok=True)
    videos = simulate(spec.replace(fps=HZ, jitter_s=0.0))
    with whole_folder(folder / "NIR") as infrared, whole_folder(folder / "RGB") as colour:
        for n, rgb in enumerate(picture for part in videos for picture in part.rgb):
            seen = grey(rgb)
            write_pgm(infrared, 2 * n + 1, seen)
            write_pgm(infrared, 2 * n + 2, seen // _DARK)
            write_pgm(colour, n, mosaic(rgb, BAYER))
    oximeter = folder / ("PulseOx" if even else "PulseOX")
    write_contact(oximeter / "pulseOx.mat", spec, cells=False)
    return name


def dataset(*, colour: bool) -> Dataset:
    """The dataset of one of both cameras.

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
                "its colour pictures are damaged",
                "Gideon and Stent, ICCV 2021, released code",
                excluded=colour,
            ),
        ),
    )


DATASET = dataset(colour=False)
