"""The videos that a command was given, and names for their outputs."""

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


def output_paths(path: Path, videos: list[Path]) -> list[Path]:
    """Return an output path for each video: ``path`` for a single one, else ``NAME-VIDEO.EXT``.

    Parameters
    ----------
    path : Path
        The path that the user gave.
    videos : list of Path

    Returns
    -------
    list of Path
        One for each video.

    >>> [p.name for p in output_paths(Path("p.png"), [Path("a/x.mp4"), Path("b/x.mp4")])]
    ['p-x.png', 'p-x-2.png']
    """
    if len(videos) == 1:
        return [path]
    taken: dict[str, int] = {}
    names = []
    for video in videos:
        taken[video.stem] = taken.get(video.stem, 0) + 1
        again = f"-{taken[video.stem]}" if taken[video.stem] > 1 else ""
        names.append(path.with_name(f"{path.stem}-{video.stem}{again}{path.suffix}"))
    return names
