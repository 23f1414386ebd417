"""MR-NIRP Indoor: 8 people, still and moving, near infrared of 940 nm (Nowara et al., 2018).

This is what the paper calls MR-NIRP: the videos of the infrared camera. Those of the colour
camera beside it are a dataset by name of their own, ``mr-nirp-rgb``, read from the same
copy by the same code: no score mixes the two, and a copy with one camera only is whole.
Grey levels become three equal channels.

The colour camera's mosaic begins with red (RGGB), that of subject 6 with blue (BGGR): so
says the dataset's readme, as public readers quote it (``ippgtoolbox`` of TU Dresden is
one). OpenCV names these patterns by their second row, which loaders stumble over.

Where the folder ``NIR`` is missing, as in ``Subject2_still_940``, there is ``cam_flea3_1``.
Loaders take that for the infrared camera; in a copy that somebody measured it is the colour
one, and ``RGB`` has the infrared pictures. So both are looked at, and only if that tells
nothing does the name count. ``CameraTimeLog<k>.txt``, in some copies, is not read: which
camera's it is, sources disagree.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import MappingProxyType

from sspd.research.datasets.card import Dataset, Defect, found_or_raise
from sspd.research.datasets.mr_nirp_contact import read_contact, write_contact
from sspd.research.datasets.mr_nirp_files import (
    HZ,
    contact_of,
    each_once,
    grey,
    has_mosaic,
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

TREE = """
Subject<1-8>_still_940/NIR/*.pgm, RGB/*.pgm, PulseOX/pulseOx.mat
Subject<1-8>_motion_940/ as well; cam_flea3_1 where NIR is missing; case does not matter
"""
TASKS = ("still", "motion")
#: What was given out; the motion of subject 5 is not among it.
EXPECTED = tuple(
    f"Subject{n}_{task}_940" for n in range(1, 9) for task in TASKS if (n, task) != (5, "motion")
)
#: Colours of the first two pixels of the first two rows, and whose camera differs.
BAYER, BAYER_OF = "RGGB", MappingProxyType({"6": "BGGR"})
_NAME = re.compile(r"subject(\d{1,4})_(still|motion)_940", re.IGNORECASE)
#: In simulated copies the recording whose cameras' folders are named the wrong way.
_MISNAMED = "Subject2_still_940"


def recordings(root: Path, *, colour: bool) -> list[Recording]:
    """The recordings below a folder, of the colour camera or of the infrared one."""
    found = []
    for folder in sorted(root.glob("*")):
        matched = _NAME.fullmatch(folder.name)
        if matched is None or not folder.is_dir():
            continue
        subject, task = str(int(matched[1])), matched[2].lower()
        cameras, contact = _cameras(folder, colour), contact_of(folder)
        bayer = BAYER_OF.get(subject, BAYER) if colour else None
        found.append(
            Recording(
                name=f"Subject{subject}_{task}_940",
                subject=subject,
                condition=task,
                video=cameras[0],
                frames=partial(read_frames, cameras, bayer),
                references=partial(read_contact, contact),
                files=(*cameras, contact),
            )
        )
    return found_or_raise(each_once(found), root, TREE)


def _cameras(folder: Path, colour: bool) -> tuple[Path, ...]:
    """The wanted camera's folder; with the other's where the names do not tell which is which."""
    infrared, rgb = inside(folder, "NIR"), inside(folder, "RGB")
    unnamed = inside(folder, "cam_flea3_1")
    if infrared.exists() or not unnamed.exists():
        return (rgb if colour else infrared,)
    if not rgb.exists():
        return (rgb if colour else unnamed,)
    return (rgb, unnamed) if colour else (unnamed, rgb)


def read_frames(
    cameras: tuple[Path, ...],
    bayer: str | None,
    *,
    start_s: float = 0.0,
    end_s: float | None = None,
    chunk: int = 32,
    warn: Callable[[str], None] | None = None,
) -> Iterator[Frames]:
    """The pictures of the first camera that fits, at their numbers' times, see `read_images`.

    Parameters
    ----------
    cameras : tuple of Path
        One folder, or two of which the pictures tell which is meant.
    bayer : str or None
        The colour camera's mosaic; None: the infrared camera is meant.
    """
    found = [pictures(camera) for camera in cameras]
    if len(found) > 1:
        fits = [has_mosaic([file for _, file in one]) == (bayer is not None) for one in found]
        if fits[1] and not fits[0]:
            found.reverse()
    chosen = found[0]
    return read_images(
        [file for _, file in chosen],
        times(chosen, chosen[0][0], HZ),
        bayer=bayer,
        start_s=start_s,
        end_s=end_s,
        chunk=chunk,
        warn=warn,
    )


def write(root: Path, number: int, spec: VideoSpec) -> str:
    """Write a video as the recording of a number, for both cameras, 30 pictures a second.

    What was given out comes first, then more people. `spec` keeps all but its picture times.
    """
    people, task = divmod(number - len(EXPECTED), len(TASKS))
    name = EXPECTED[number] if people < 0 else f"Subject{9 + people}_{TASKS[task]}_940"
    folder = root / name
    infrared, colour = folder / "NIR", folder / "RGB"
    if name == _MISNAMED:
        infrared, colour = folder / "RGB", folder / "cam_flea3_1"
    folder.mkdir(parents=True, exist_ok=True)
    bayer = BAYER_OF.get(name.removeprefix("Subject").partition("_")[0], BAYER)
    videos = simulate(spec.replace(fps=HZ, jitter_s=0.0))
    with whole_folder(infrared) as dark, whole_folder(colour) as bright:
        for n, rgb in enumerate(picture for part in videos for picture in part.rgb):
            write_pgm(dark, n, grey(rgb))
            write_pgm(bright, n, mosaic(rgb, bayer))
    write_contact(folder / "PulseOX" / "pulseOx.mat", spec, cells=True)
    return name


_MEASURED = "measured by a public reader of it, not published"
_DEFECTS = (
    Defect(
        "Subject2_still_940",
        "its cameras' folders are named cam_flea3_1 and RGB; told apart by their pictures",
        _MEASURED,
        excluded=False,
    ),
    Defect("Subject6_still_940", "its contact ends 13 s early", _MEASURED, excluded=False),
)


def dataset(*, colour: bool) -> Dataset:
    """The dataset of one of both cameras.

    >>> dataset(colour=True).title
    'MR-NIRP Indoor, colour'
    """
    return Dataset(
        name="mr-nirp-rgb" if colour else "mr-nirp",
        title="MR-NIRP Indoor, " + ("colour" if colour else "near infrared"),
        citation="E. M. Nowara, T. K. Marks, H. Mansour and A. Veeraraghavan, SparsePPG: Towards"
        " Driver Monitoring Using Camera-Based Vital Signs Estimation in Near-Infrared, CVPR"
        " Workshops, 2018",
        licence="Given out for research by Rice University and MERL; its page states the terms.",
        tree=TREE,
        recordings=partial(recordings, colour=colour),
        write=write,
        expected=EXPECTED,
        defects=_DEFECTS,
    )


DATASET = dataset(colour=False)
