"""iBVP: 33 people, RGB and thermal camera, clip at the ear (Joshi and Cho, 2024).

Only the RGB frames are read, nominally 30 per second, and the waveform, which its authors resampled
to one sample per frame. No times are stored; both rates are nominal, and waveform and video start
together.

The fourth column, SQ2, is the signal quality of each sample, as rated by people. Samples with
`LOW_QUALITY` or less, the limit of the authors' own loader, are left out of the series, and the
others keep their times. That loader also removes the frames, and so joins separate parts of the
video. Here, the video stays complete.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import MappingProxyType

import cv2
import numpy as np

from sspd.errors import SourceError
from sspd.research.datasets.card import Dataset, found_or_raise, natural
from sspd.research.datasets.texts import read_columns, series
from sspd.simulation import VideoSpec, contact_bvp, simulate
from sspd.types import Frames, Recording, References
from sspd.utils.files import whole_file, whole_folder
from sspd.video.sequence import read_images

TREE = """
p<NN>_<a-d>/p<NN>_<a-d>_rgb/*.bmp, p<NN>_<a-d>_bvp.csv
"""
CONDITIONS = MappingProxyType(
    {
        "a": "slow breathing and rest",
        "b": "easy mathematics",
        "c": "difficult mathematics",
        "d": "head movement",
    }
)
#: Rate of frames and samples, Hz.
FRAME_HZ = 30.0
#: Samples with this signal quality (0 to 1) or less are left out.
LOW_QUALITY = 0.3


def recordings(root: Path) -> list[Recording]:
    """List the recordings below a folder, ``p<NN>_<a-d>``.

    Parameters
    ----------
    root : Path

    Returns
    -------
    list of Recording
    """
    found = []
    for folder in root.glob("p*_[a-d]"):
        subject, _, letter = folder.name.partition("_")
        video, contact = folder / f"{folder.name}_rgb", folder / f"{folder.name}_bvp.csv"
        if letter in CONDITIONS and (video.is_dir() or contact.is_file()):
            found.append(
                Recording(
                    name=folder.name,
                    subject=subject,
                    condition=CONDITIONS[letter],
                    video=video,
                    frames=partial(read_frames, video),
                    references=partial(read_contact, contact),
                    files=(video, contact),
                )
            )
    return found_or_raise(found, root, TREE)


def read_frames(
    folder: Path,
    *,
    start_s: float = 0.0,
    end_s: float | None = None,
    chunk: int = 32,
    warn: Callable[[str], None] | None = None,
) -> Iterator[Frames]:
    """Read the frames of a folder, sorted by the numbers in their names.

    Parameters
    ----------
    folder : Path
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
    files = sorted(folder.glob("*.bmp"), key=lambda file: natural(file.name))
    if not files:
        raise SourceError(f"{folder}: no frames; .bmp files are required here")
    t = np.arange(len(files)) / FRAME_HZ
    return read_images(files, t, start_s=start_s, end_s=end_s, chunk=chunk, warn=warn)


def read_contact(path: Path) -> References:
    """Read the good samples of the waveform; columns BVP, SQPhysMD, SQ1, SQ2, below a header.

    Parameters
    ----------
    path : Path

    Returns
    -------
    sspd.types.References
    """
    bvp, _, _, quality = read_columns(path, 4, header=True).T
    good = quality > LOW_QUALITY
    if not good.any():
        raise SourceError(f"{path}: no sample has a signal quality (SQ2) over {LOW_QUALITY}")
    t = np.arange(bvp.size) / FRAME_HZ
    return References(bvp=series(path, t[good], bvp[good]))


def write(root: Path, number: int, spec: VideoSpec) -> str:
    """Write a video as the recording of a number; one second of its waveform is bad.

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
    name = f"p{number // 4 + 1:02d}_{'abcd'[number % 4]}"
    folder = root / name
    folder.mkdir(parents=True, exist_ok=True)
    n = 0
    with whole_folder(folder / f"{name}_rgb") as part:
        for rgb in (frame for chunk in simulate(spec) for frame in chunk.rgb):
            _, data = cv2.imencode(".bmp", np.ascontiguousarray(rgb[..., ::-1]))
            (part / f"{n}.bmp").write_bytes(data.tobytes())
            n += 1
    t = np.arange(n) / FRAME_HZ
    quality = np.where((t >= 5) & (t < 6), 0.0, 1.0)
    bvp = np.where(quality > 0, contact_bvp(spec, t).values, -1.0)
    rows = (f"{value:.6f},{sq},{sq},{sq},0.5\n" for value, sq in zip(bvp, quality, strict=True))
    with whole_file(folder / f"{name}_bvp.csv") as out:
        out.write_text("BVP,SQPhysMD,SQ1,SQ2,Perfusion_Value\n" + "".join(rows))
    return name


DATASET = Dataset(
    name="ibvp",
    title="iBVP",
    citation="J. Joshi and Y. Cho, iBVP dataset: RGB-thermal rPPG dataset with high resolution"
    " signal quality labels, Electronics 13(7), 1334, 2024",
    licence="For academic research only, under a signed agreement; videos of p08, p10, p13, p16,"
    " p29, p31 and p33 must not be shown.",
    tree=TREE,
    recordings=recordings,
    write=write,
)
