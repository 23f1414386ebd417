"""Data that the public calls accept: folders, videos, and datasets by name."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from sspd.errors import SourceError, UsageError
from sspd.research.datasets.faces_remote import StoreAddress
from sspd.research.datasets.table import DATASETS, get_dataset
from sspd.research.evaluate.protocols import get_protocol
from sspd.research.evaluate.subjects import open_split, training_recordings
from sspd.types import Recording
from sspd.utils.addresses import SCHEMES, scheme_of

#: A dataset: ``"NAME:PATH"``, or the name and the path.
NamedData = str | tuple[str, str | os.PathLike[str]]
#: A folder, a dataset, or several videos.
Data = NamedData | os.PathLike[str] | Sequence[str | os.PathLike[str]]
#: Is given a line for the user: what was left out, what something takes.
Notice = Callable[[str], None]


def dataset_text(data: NamedData) -> str:
    """Return a dataset and the place of its copy as ``NAME:PATH``.

    Parameters
    ----------
    data : str, or tuple of str and path

    Returns
    -------
    str

    >>> dataset_text(("ubfc-rppg", Path("/data/UBFC")))
    'ubfc-rppg:/data/UBFC'
    """
    if isinstance(data, str):
        return data
    name, path = data
    return f"{name}:{os.fspath(path)}"


def is_named(data: Data) -> bool:
    """Return whether data are a dataset and the place of its copy.

    Parameters
    ----------
    data : str, path, tuple or sequence of paths

    Returns
    -------
    bool

    >>> is_named(("pure", "/data/PURE")), is_named("pure:/data/PURE"), is_named(["a.mp4", "b.mp4"])
    (True, True, False)
    """
    if isinstance(data, tuple):
        return len(data) == 2 and data[0] in DATASETS
    if not isinstance(data, str) or Path(data).is_dir():
        return False
    name, colon, _ = data.partition(":")
    return bool(colon) and name in DATASETS


def training_sources(
    data: Data, protocol: str | None, fold: str | None, labelled: bool
) -> Sequence[Path | Recording] | Path | StoreAddress:
    """Find what is trained on; no video is opened.

    Parameters
    ----------
    data : str, path, tuple or sequence of paths
    protocol, fold : str or None
        Of a dataset: only the train subjects of this split are taken.
    labelled : bool
        Whether labels are needed: a folder of videos is then read as a dataset, with the
        contact waveforms in it.

    Returns
    -------
    sequence of Path, sequence of Recording, Path, or StoreAddress
        Videos, recordings, or the folder or address of a store of faces.

    Raises
    ------
    UsageError
        A split of what has none.
    SourceError
        There is nothing to train on.
    """
    from sspd.research.datasets.faces import is_store
    from sspd.video.folder import videos_in

    if fold is not None and protocol is None:
        raise UsageError("train: a fold is one of a protocol")
    if isinstance(data, str) and scheme_of(data) in SCHEMES:
        return StoreAddress(data)
    if is_named(data):
        if protocol is not None:
            get_protocol(protocol)  # no such split: before the dataset is looked for
        text = dataset_text(data)  # type: ignore[arg-type]
        found = training_recordings(*open_split(text, protocol), fold)
        if not found:
            raise SourceError(f"{text}: none of its recordings is trained on")
        return found
    if protocol is not None:
        raise UsageError("train: a protocol needs a dataset, like ubfc-rppg:/data/UBFC")
    if not isinstance(data, str | os.PathLike):
        return _videos(data)
    folder = Path(data)
    if not folder.is_dir():
        raise SourceError(f"{folder}: not a folder; give a folder of videos")
    if is_store(folder):
        return folder
    if labelled:
        return get_dataset("folder").recordings(folder)
    videos = videos_in(folder)
    if not videos:
        raise SourceError(f"{folder}: no video in this folder")
    return videos


def _videos(data: Sequence[str | os.PathLike[str]]) -> list[Path]:
    videos = [Path(one) for one in data]
    if not videos:
        raise SourceError("no video to train on was given")
    for video in videos:
        if not video.is_file():
            raise SourceError(f"{video}: no such file; a list of data is one of video files")
    return videos
