"""SCAMPS: 2,800 rendered people with a known pulse (McDuff et al., 2022).

One MATLAB file (v7.3, which is HDF5) for each video of 20 s at 30 Hz: `Xsub`, frames cropped to the
face, or `RawFrames`, whole frames, if there is no `Xsub`; `d_ppg` and, optionally, `d_br`, the
breathing, with one sample per frame. HDF5 has MATLAB's axes in reverse, 3 x columns x rows x time,
and is read in that order, one block of time after another: never the whole video. Pixel values are
0 to 1, or bytes. No time is stored; the rate is nominal. Needs h5py: ``sspd[datasets]``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from sspd.research.datasets import hdf5
from sspd.research.datasets.arrays import check_shape, frame_range, iter_chunks, to_bytes
from sspd.research.datasets.card import Dataset, found_or_raise
from sspd.research.datasets.texts import series
from sspd.simulation import VideoSpec, contact_bvp, simulate
from sspd.types import Frames, Recording, References
from sspd.utils.files import whole_file
from sspd.video.decode import check_span

TREE = """
P<number>.mat
"""
#: Rate of frames and samples, Hz.
FRAME_HZ = 30.0
_NAME = re.compile(r"P\d+")


def recordings(root: Path) -> list[Recording]:
    """List the recordings in a folder; each shows another person.

    Parameters
    ----------
    root : Path

    Returns
    -------
    list of Recording
    """
    found = [
        Recording(
            name=path.stem,
            subject=path.stem,
            condition="rendered",
            video=path,
            frames=partial(read_frames, path),
            references=partial(read_contact, path),
            files=(path,),
        )
        for path in root.glob("P*.mat")
        if _NAME.fullmatch(path.stem)
    ]
    return found_or_raise(found, root, TREE)


def read_frames(
    path: Path,
    *,
    start_s: float = 0.0,
    end_s: float | None = None,
    chunk: int = 32,
    warn: Callable[[str], None] | None = None,
) -> Iterator[Frames]:
    """Read the frames of a time span, lazily.

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
    with hdf5.opened(path) as file:
        video = hdf5.array(path, file, ("Xsub", "RawFrames"))
        check_shape(path, video.shape[::-1])
        first, last = frame_range(video.shape[3], FRAME_HZ, start_s, end_s)
        one = video.dtype.itemsize * int(np.prod(video.shape[:3]))
        # whole chunks of the file, so that each is unpacked once
        step = max(1, min(video.chunks[3] if video.chunks else chunk, hdf5.BLOCK_BYTES // one))
        for at in range(first - first % step, last, step):
            start, stop = max(at, first), min(at + step, last)
            block = hdf5.read_part(path, video, np.s_[..., start:stop])
            yield from iter_chunks(to_bytes(path, block.transpose()), start, FRAME_HZ, chunk)


def read_contact(path: Path) -> References:
    """Read pulse and breathing, one sample per frame.

    Parameters
    ----------
    path : Path

    Returns
    -------
    sspd.types.References
    """
    with hdf5.opened(path) as file:
        breathes = "d_br" in file
    bvp, *breath = hdf5.read_signals(path, "d_ppg", *(("d_br",) if breathes else ()))
    t = np.arange(bvp.size) / FRAME_HZ
    respiration = series(path, t, breath[0]) if breath else None
    return References(bvp=series(path, t, bvp), respiration=respiration)


def write(root: Path, number: int, spec: VideoSpec) -> str:
    """Write a video as the recording of a number; odd ones have only ``RawFrames``, as bytes.

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
    path = root / f"{name}.mat"
    rgb = np.concatenate([part.rgb for part in simulate(spec)])
    t = np.arange(len(rgb)) / FRAME_HZ
    packed = {
        "chunks": (3, spec.width, spec.height, min(50, len(rgb))),
        "compression": 1,
        "shuffle": True,
    }
    with whole_file(path) as part, hdf5.import_h5py(path).File(part, "w", locking=False) as file:
        if number % 2:
            file["RawFrames"] = rgb.transpose()
        else:
            file.create_dataset("Xsub", data=np.float32(rgb.transpose()) / 255, **packed)
        file["d_ppg"] = contact_bvp(spec, t).values[None]
        file["d_br"] = np.sin(2 * np.pi * spec.respiration_hz * t)[None]
    return name


DATASET = Dataset(
    name="scamps",
    title="SCAMPS",
    citation="D. McDuff, M. Wander, X. Liu, B. L. Hill, J. Hernandez, J. Lester and"
    " T. Baltrusaitis, SCAMPS: synthetics for camera measurement of physiological signals,"
    " NeurIPS Datasets and Benchmarks, 2022",
    licence="Public, for research; the terms come with the download.",
    tree=TREE,
    recordings=recordings,
    write=write,
    expected=tuple(f"P{number:06d}" for number in range(1, 2801)),
)
