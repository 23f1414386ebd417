"""Files of `sspd.simulate`: their names, and whether they are complete."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sspd.errors import OutputError

if TYPE_CHECKING:
    from sspd.simulation import VideoSpec


def file_name(i: int, spec: VideoSpec, layout: str) -> str:
    """Return the name of a video's file in the layouts ``folder`` and ``faces``.

    Parameters
    ----------
    i : int
        Number of the video.
    spec : VideoSpec
    layout : str

    Returns
    -------
    str

    >>> from sspd.simulation import VideoSpec
    >>> file_name(3, VideoSpec(codec={"name": "vp8"}), "folder")
    'video_0003.webm'
    """
    from sspd.simulation import video_suffix

    return f"video_{i:04d}{'.zarr' if layout == 'faces' else video_suffix(spec)}"


def truth_of(path: Path) -> Path:
    """Return where the truth of a video of the layouts ``folder`` and ``faces`` is.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Path

    >>> truth_of(Path("out/video_0000.mp4")).as_posix()
    'out/truth/video_0000.json'
    """
    return path.parent / "truth" / f"{path.stem}.json"


def is_whole(path: Path, spec: VideoSpec) -> bool:
    """Return whether a video is there with its truth.

    Parameters
    ----------
    path : Path
        Its file.
    spec : VideoSpec

    Returns
    -------
    bool

    Raises
    ------
    OutputError
        Another video, or stored faces of another one, have its name.

    >>> from sspd.simulation import VideoSpec
    >>> is_whole(Path("no_such_folder/video_0000.mp4"), VideoSpec())
    False
    """
    # a video of another codec has another suffix, and the same truth
    there = path if path.exists() else next(_same_stem(path), None)
    if there is None:
        return False
    try:
        known = json.loads(truth_of(path).read_text(encoding="utf-8"))["spec"]
    except (OSError, ValueError, KeyError, TypeError):
        known = None
    if known != spec.record():
        raise OutputError(
            f"{there}: is already there and is another video; choose an empty folder, or the"
            " options it was made with"
        )
    return there == path


def _same_stem(path: Path) -> Iterator[Path]:
    """Yield other videos, and stored faces, of the same name but for the suffix."""
    from sspd.video.folder import SUFFIXES

    for suffix in (*SUFFIXES, ".zarr"):
        if (other := path.with_suffix(suffix)).exists():
            yield other
