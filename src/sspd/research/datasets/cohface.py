"""COHFACE: 40 people, webcam, four videos each, strong compression (Heusch et al., 2017).

Two videos of each person were recorded in studio light (0, 1) and two in daylight (2, 3). Pulse
and breathing share one clock, `time`, in seconds; it is assumed to start with the video, whatever
its first number is. Most loaders ignore it and count 256 samples per second. The sign of `pulse` is
not changed. Needs h5py: ``sspd[datasets]``.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from sspd.research.datasets.card import Dataset, found_or_raise
from sspd.research.datasets.hdf5 import import_h5py, read_signals
from sspd.research.datasets.texts import series
from sspd.simulation import VideoSpec, contact_bvp, simulate
from sspd.types import Recording, References
from sspd.utils.files import whole_file
from sspd.video.avi import write_avi
from sspd.video.read import read

TREE = """
<subject>/<0-3>/data.avi, data.hdf5
"""
CONDITIONS = ("studio light", "studio light", "natural light", "natural light")
#: Sampling rate of the contact sensors, Hz.
CONTACT_HZ = 256.0


def recordings(root: Path) -> list[Recording]:
    """List the recordings below a folder, ``<subject>-<session>``.

    Parameters
    ----------
    root : Path

    Returns
    -------
    list of Recording
    """
    found = []
    for folder in root.glob("*/[0-3]"):
        video, contact = folder / "data.avi", folder / "data.hdf5"
        subject, session = folder.parent.name, folder.name
        if subject.isdecimal() and (video.is_file() or contact.is_file()):
            found.append(
                Recording(
                    name=f"{subject}-{session}",
                    subject=subject,
                    condition=CONDITIONS[int(session)],
                    video=video,
                    frames=partial(read, video),
                    references=partial(read_contact, contact),
                    files=(video, contact),
                )
            )
    return found_or_raise(found, root, TREE)


def read_contact(path: Path) -> References:
    """Read pulse and breathing from ``data.hdf5``.

    Parameters
    ----------
    path : Path

    Returns
    -------
    sspd.types.References
    """
    pulse, breath, t = read_signals(path, "pulse", "respiration", "time")
    t = t - t[:1]
    return References(bvp=series(path, t, pulse), respiration=series(path, t, breath))


def write(root: Path, number: int, spec: VideoSpec) -> str:
    """Write a video as the recording of a number; the breathing is a sine wave.

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
    folder = root.joinpath(*name.split("-"))
    folder.mkdir(parents=True, exist_ok=True)
    write_avi(folder / "data.avi", simulate(spec), fps=spec.fps, codec="mjpeg")
    t = np.arange(0, spec.duration_s, 1 / CONTACT_HZ)
    contact = folder / "data.hdf5"
    with whole_file(contact) as part, import_h5py(contact).File(part, "w", locking=False) as file:
        file["time"] = 7.0 + t  # a clock of its own
        file["pulse"] = contact_bvp(spec, t).values
        file["respiration"] = np.sin(2 * np.pi * spec.respiration_hz * t)
    return name


DATASET = Dataset(
    name="cohface",
    title="COHFACE",
    citation="G. Heusch, A. Anjos and S. Marcel, A reproducible study on remote heart rate"
    " measurement, arXiv:1709.00962, 2017",
    licence="For research only, under an agreement with the Idiap Research Institute.",
    tree=TREE,
    recordings=recordings,
    write=write,
    expected=tuple(f"{subject}-{session}" for subject in range(1, 41) for session in range(4)),
)
