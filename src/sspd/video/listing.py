"""The videos of what a command was given: files, folders of videos, folders of images."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from sspd.video.folder import SUFFIXES, dangling, videos_in
from sspd.video.images import images_in

#: A video and None, or a source that cannot be measured and the reason.
Found = tuple[Path, str | None]


def list_videos(sources: Iterable[Path]) -> Iterator[Found]:
    """Yield the videos of all sources in order, each with None or the reason why it is unusable.

    Parameters
    ----------
    sources : iterable of Path
        Videos, and folders of videos.

    Yields
    ------
    video : Path
    problem : str or None

    >>> list(list_videos([Path("a.mp4")]))
    [(PosixPath('a.mp4'), None)]
    """
    for source in sources:
        if not source.is_dir():
            yield source, None
            continue
        videos = videos_in(source)
        if not videos and images_in(source):
            yield source, None
            continue
        if not videos:
            yield source, f"{source}: no video in this folder ({' '.join(SUFFIXES)})"
        for video in videos:
            yield (
                video,
                f"{video}: a link to a file that does not exist" if dangling(video) else None,
            )
