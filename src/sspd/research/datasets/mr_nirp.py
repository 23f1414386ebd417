"""MR-NIRP Indoor: 8 people, still and moving, near infrared at 940 nm (Nowara et al., 2018).

The paper calls the videos of the infrared camera MR-NIRP. Those of the colour camera beside it are
a dataset with its own name, ``mr-nirp-rgb``, read from the same copy by the same code: no score
mixes the two, and a copy with only one camera is complete. Grey values become three equal channels.

The colour camera's mosaic begins with red (RGGB), that of subject 6 with blue (BGGR): so says the
dataset's readme, as public readers quote it (for example ``ippgtoolbox`` of TU Dresden). OpenCV
names these patterns by their second row, which is a common source of errors.

If the folder ``NIR`` is missing, as in ``Subject2_still_940``, there is ``cam_flea3_1``. Loaders
take that for the infrared camera; in a copy that somebody measured it is the colour camera, and
``RGB`` has the infrared frames. So the frames of both are examined, and only if that gives no
answer does the name decide. ``CameraTimeLog<k>.txt``, in some copies, is not read: sources disagree
about which camera it belongs to.
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
    FRAME_HZ,
    contact_of,
    grey,
    has_mosaic,
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

TREE = """
Subject<1-8>_still_940/NIR/*.pgm, RGB/*.pgm, PulseOX/pulseOx.mat
Subject<1-8>_motion_940/ as well; cam_flea3_1 where NIR is missing; case does not matter
"""
TASKS = ("still", "motion")
#: All published recordings; the motion of subject 5 is not one of them.
EXPECTED = tuple(
    f"Subject{n}_{task}_940" for n in range(1, 9) for task in TASKS if (n, task) != (5, "motion")
)
#: Colours of the first two pixels of the first two rows, and the subjects whose camera differs.
INDOOR_BAYER, BAYER_OF = "RGGB", MappingProxyType({"6": "BGGR"})
_NAME = re.compile(r"subject(\d{1,4})_(still|motion)_940", re.IGNORECASE)
#: In simulated copies: the recording with wrong names of the cameras' folders.
_MISNAMED = "Subject2_still_940"


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
    for folder in sorted(root.glob("*")):
        matched = _NAME.fullmatch(folder.name)
        if matched is None or not folder.is_dir():
            continue
        subject, task = str(int(matched[1])), matched[2].lower()
        cameras, contact = _cameras(folder, colour), contact_of(folder)
        bayer = BAYER_OF.get(subject, INDOOR_BAYER) if colour else None
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
    return found_or_raise(require_unique_names(found), root, TREE)


def _cameras(folder: Path, colour: bool) -> tuple[Path, ...]:
    """Return the camera's folder, and the other one's if their names are ambiguous."""
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
    """Read the frames of the first camera that fits, at the times of their numbers.

    Parameters
    ----------
    cameras : tuple of Path
        One folder, or two, of which the frames tell the right one.
    bayer : str or None
        Mosaic of the colour camera; None: the infrared camera.
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
    found = [numbered_frames(camera) for camera in cameras]
    if len(found) > 1:
        fits = [has_mosaic([file for _, file in one]) == (bayer is not None) for one in found]
        if fits[1] and not fits[0]:
            found.reverse()
    chosen = found[0]
    return read_images(
        [file for _, file in chosen],
        times(chosen, chosen[0][0], FRAME_HZ),
        bayer=bayer,
        start_s=start_s,
        end_s=end_s,
        chunk=chunk,
        warn=warn,
    )


def write(root: Path, number: int, spec: VideoSpec) -> str:
    """Write a video as the recording of a number, for both cameras, at 30 frames per second.

    The published recordings come first, then more people. All of `spec` is used except its frame
    times.

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
    people, task = divmod(number - len(EXPECTED), len(TASKS))
    name = EXPECTED[number] if people < 0 else f"Subject{9 + people}_{TASKS[task]}_940"
    folder = root / name
    infrared, colour = folder / "NIR", folder / "RGB"
    if name == _MISNAMED:
        infrared, colour = folder / "RGB", folder / "cam_flea3_1"
    folder.mkdir(parents=True, exist_ok=True)
    bayer = BAYER_OF.get(name.removeprefix("Subject").partition("_")[0], INDOOR_BAYER)
    videos = simulate(spec.replace(fps=FRAME_HZ, jitter_s=0.0))
    with whole_folder(infrared) as dark, whole_folder(colour) as bright:
        for n, rgb in enumerate(frame for part in videos for frame in part.rgb):
            write_pgm(dark, n, grey(rgb))
            write_pgm(bright, n, mosaic(rgb, bayer))
    write_contact(folder / "PulseOX" / "pulseOx.mat", spec, cells=True)
    return name


_MEASURED = "measured by a public reader of it, not published"
_DEFECTS = (
    Defect(
        "Subject2_still_940",
        "its cameras' folders are named cam_flea3_1 and RGB; their frames tell which is which",
        _MEASURED,
        excluded=False,
    ),
    Defect("Subject6_still_940", "its contact ends 13 s early", _MEASURED, excluded=False),
)


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
