"""MMPD: 33 people, phone camera, four lights and four motions (Tang et al., 2023).

One MATLAB file (version 5) for each minute of video: `video`, time x rows x columns x 3, RGB, pixel
values 0 to 1; `GT_ppg`, the contact waveform; labels. Its readme calls the middle axes width and
height, its loaders read rows and columns, as here: the phone was upright. Neither frames nor
samples have times; both have the nominal 30 Hz, as in other loaders.

The labels are read when the folder is opened: they are small, and all between them is skipped
except the beginnings of the variables; a file takes milliseconds. The labels are used and not the
file's number (the order of the paper's procedure), because they were recorded. A file with
unreadable labels is still listed; reading its video raises the error.

A variable of such a file can only be read as a whole, because time is its fastest axis. A minute of
320x240 takes 1.7 GB for a moment (3.3 GB in doubles) and 0.4 GB as bytes while its frames are read;
more than `MAX_VARIABLE_BYTES` is rejected.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.io import loadmat, savemat, whosmat

from sspd.errors import SourceError
from sspd.research.datasets.arrays import check_shape, frame_range, iter_chunks, to_bytes
from sspd.research.datasets.card import Dataset, found_or_raise
from sspd.research.datasets.texts import numbers, series
from sspd.simulation import VideoSpec, contact_bvp, simulate
from sspd.types import Frames, Recording, References
from sspd.utils.files import whole_file
from sspd.video.decode import check_span

TREE = """
subject<N>/p<N>_<k>.mat
"""
#: Rate of frames and samples, Hz.
FRAME_HZ = 30.0
#: Largest variable that the format allows, bytes.
MAX_VARIABLE_BYTES = 1 << 32
#: Bytes of MATLAB's number types; all others count as 8.
_BYTES = {"single": 4, "uint8": 1}
_NAME = re.compile(r"p\d+_\d+")
#: Name of the walking videos in older copies -> current name.
_RENAMED = {"Watching Videos": "Walking"}


def recordings(root: Path) -> list[Recording]:
    """List the recordings below a folder, ``p<N>_<k>``.

    Parameters
    ----------
    root : Path

    Returns
    -------
    list of Recording
    """
    found = []
    for path in root.glob("subject*/p*.mat"):
        if _NAME.fullmatch(path.stem):
            found.append(
                Recording(
                    name=path.stem,
                    subject=path.parent.name,
                    condition=condition(path),
                    video=path,
                    frames=partial(read_frames, path),
                    references=partial(read_contact, path),
                    files=(path,),
                )
            )
    return found_or_raise(found, root, TREE)


def condition(path: Path) -> str:
    """Read light, motion and exercise from the labels; ``"unknown"`` if they are unreadable.

    Parameters
    ----------
    path : Path

    Returns
    -------
    str
    """
    try:
        found = _load(path, "light", "motion", "exercise")
    except SourceError:
        return "unknown"
    texts = [str(np.ravel(value)[0]).strip() for value in found.values() if np.size(value)]
    if len(texts) < 3 or not all(text.isprintable() and len(text) < 40 for text in texts):
        return "unknown"
    light, motion, exercise = texts
    effort = ", after exercise" if exercise.lower() in ("true", "1") else ""
    return f"{light}, {_RENAMED.get(motion, motion)}{effort}"


def read_frames(
    path: Path,
    *,
    start_s: float = 0.0,
    end_s: float | None = None,
    chunk: int = 32,
    warn: Callable[[str], None] | None = None,
) -> Iterator[Frames]:
    """Read the frames of a time span; the file is read as a whole.

    Parameters
    ----------
    path : Path
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
    check_span(start_s, end_s, chunk)
    return _read_frames(path, start_s, end_s, chunk)


def _read_frames(path: Path, start_s: float, end_s: float | None, chunk: int) -> Iterator[Frames]:
    video = _load(path, "video")["video"]
    check_shape(path, video.shape)
    first, last = frame_range(len(video), FRAME_HZ, start_s, end_s)
    rgb = np.empty((last - first, *video.shape[1:]), np.uint8)
    for at in range(0, len(rgb), 32):
        rgb[at : at + 32] = to_bytes(path, video[first + at : min(first + at + 32, last)])
    del video
    yield from iter_chunks(rgb, first, FRAME_HZ, chunk)


def read_contact(path: Path) -> References:
    """Read the waveform at its nominal rate.

    Parameters
    ----------
    path : Path

    Returns
    -------
    sspd.types.References
    """
    bvp = numbers(path, _load(path, "GT_ppg")["GT_ppg"]).reshape(-1)
    return References(bvp=series(path, np.arange(bvp.size) / FRAME_HZ, bvp))


def _load(path: Path, *names: str) -> dict[str, NDArray[Any]]:
    """Read variables by name, in that order; the others are not read."""
    if not path.is_file():
        raise SourceError(f"{path}: no such file")
    try:
        stated = {name: (shape, kind) for name, shape, kind in whosmat(path)}
        for shape, kind in (stated[name] for name in names if name in stated):
            if _BYTES.get(kind, 8) * int(np.prod(shape, dtype=np.float64)) > MAX_VARIABLE_BYTES:
                raise SourceError(f"{path}: a variable of {shape} is larger than any video here")
        found = loadmat(path, variable_names=names)
    except SourceError:
        raise
    except Exception as error:  # SciPy's reader raises nearly anything on damaged files
        reason = type(error).__name__
        raise SourceError(
            f"{path}: not a MATLAB file of version 5, or damaged ({reason})"
        ) from None
    if missing := [name for name in names if name not in found]:
        raise SourceError(f"{path}: no {' and no '.join(missing)} in it")
    return {name: found[name] for name in names}


def write(root: Path, number: int, spec: VideoSpec) -> str:
    """Write a video as the recording of a number, twenty for each person.

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
    subject, k = number // 20 + 1, number % 20
    path = root / f"subject{subject}" / f"p{subject}_{k}.mat"
    path.parent.mkdir(parents=True, exist_ok=True)
    chunks = list(simulate(spec))
    video = np.concatenate([part.rgb for part in chunks]).astype(np.float32)
    video /= 255
    bvp = contact_bvp(spec, np.arange(len(video)) / FRAME_HZ).values
    labels = {"light": "LED-low", "motion": "Stationary", "exercise": str(bool(k % 2))}
    with whole_file(path) as part:
        savemat(part, {"video": video, "GT_ppg": bvp.astype(np.float32)[None], **labels})
    return path.stem


DATASET = Dataset(
    name="mmpd",
    title="MMPD",
    citation="J. Tang, K. Chen, Y. Wang, Y. Shi, S. Patel, D. McDuff and X. Liu, MMPD:"
    " multi-domain mobile video physiology dataset, EMBC, 2023",
    licence="For academic use only, under a signed letter of commitment.",
    tree=TREE,
    recordings=recordings,
    write=write,
)
