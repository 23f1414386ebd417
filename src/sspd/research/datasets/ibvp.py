"""iBVP: 33 people before an RGB and a thermal camera, clip at the ear (Joshi and Cho, 2024).

Read are the RGB pictures, 30 a second by name, and the waveform, which its authors brought
to one sample a picture; the thermal ones are not. No time is stored; both rates are
nominal, and waveform and video start together.

The fourth column, SQ2, says how good each sample of the waveform is, as people judged it.
Where it is `LOW_QUALITY` or less, the limit of the authors' own loader, the samples are
left out of the series and the others keep their times. That loader cuts the pictures out
as well and so joins what was apart. The video, here, stays whole.
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
#: Pictures and samples a second, Hz.
HZ = 30.0
#: Samples of this signal quality (0 to 1) or less are left out.
LOW_QUALITY = 0.3


def recordings(root: Path) -> list[Recording]:
    """The recordings below a folder, ``p<NN>_<a-d>``."""
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
    """The pictures of a folder in the order of their names' numbers."""
    files = sorted(folder.glob("*.bmp"), key=lambda file: natural(file.name))
    if not files:
        raise SourceError(f"{folder}: no frames; .bmp files are wanted here")
    t = np.arange(len(files)) / HZ
    return read_images(files, t, start_s=start_s, end_s=end_s, chunk=chunk, warn=warn)


def read_contact(path: Path) -> References:
    """The waveform where it is good; columns BVP, SQPhysMD, SQ1, SQ2, below a header."""
    bvp, _, _, quality = read_columns(path, 4, header=True).T
    good = quality > LOW_QUALITY
    if not good.any():
        raise SourceError(f"{path}: no sample has a signal quality (SQ2) over {LOW_QUALITY}")
    t = np.arange(bvp.size) / HZ
    return References(bvp=series(path, t[good], bvp[good]))


def write(root: Path, number: int, spec: VideoSpec) -> str:
    """Write a video as the recording of a number; one second of its waveform is bad."""
    name = f"p{number // 4 + 1:02d}_{'abcd'[number % 4]}"
    folder = root / name
    folder.mkdir(parents=True, exist_ok=True)
    n = 0
    with whole_folder(folder / f"{name}_rgb") as part:
        for rgb in (picture for chunk in simulate(spec) for picture in chunk.rgb):
            _, data = cv2.imencode(".bmp", np.ascontiguousarray(rgb[..., ::-1]))
            (part / f"{n}.bmp").write_bytes(data.tobytes())
            n += 1
    t = np.arange(n) / HZ
    quality = np.where((t >= 5) & (t < 6), 0.0, 1.0)
    bvp = np.where(quality > 0, contact_bvp(spec, t).values, -1.0)
    rows = (f"{level:.6f},{sq},{sq},{sq},0.5\n" for level, sq in zip(bvp, quality, strict=True))
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
