"""The videos that a command was given, and names for their outputs."""

from __future__ import annotations

from pathlib import Path

from sspd.video.listing import Found, list_videos

__all__ = ["Found", "list_videos", "output_paths"]


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
