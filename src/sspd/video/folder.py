"""Search for the videos of a folder."""

from __future__ import annotations

from pathlib import Path

#: Suffixes of videos in a folder; a file that is named itself is always tried.
SUFFIXES = (
    *(".3gp", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4"),
    *(".mpeg", ".mpg", ".mts", ".ogv", ".ts", ".webm", ".wmv"),
)


def videos_in(folder: Path) -> list[Path]:
    """Return all videos under a folder, sorted by path, without hidden ones.

    Links are followed, but each folder is visited only once (a link may lead to a folder above
    it), if possible by a path without links. A broken link to a video counts as a video, so
    that opening it gives an error (see `dangling`).

    Parameters
    ----------
    folder : Path

    Returns
    -------
    list of Path

    >>> videos_in(Path("no_such_folder"))
    []
    """
    found: list[Path] = []
    known: set[tuple[int, int]] = set()
    real, linked = [folder], list[Path]()
    while real or linked:
        place = real.pop() if real else linked.pop(0)
        for path in _entries(place, known):
            if path.is_dir():
                (linked if path.is_symlink() else real).append(path)
            elif path.suffix.lower() in SUFFIXES and (path.is_file() or dangling(path)):
                found.append(path)
        linked.sort()
    return sorted(found)


def _entries(place: Path, known: set[tuple[int, int]]) -> list[Path]:
    """Return the entries of a folder, except hidden ones; nothing at a second visit."""
    try:
        facts = place.stat()
        if (facts.st_dev, facts.st_ino) in known:
            return []
        known.add((facts.st_dev, facts.st_ino))
        return sorted(path for path in place.iterdir() if not path.name.startswith("."))
    except OSError:  # missing, or not readable
        return []


def dangling(path: Path) -> bool:
    """Return whether a path is a broken link, or one of a loop of links.

    Parameters
    ----------
    path : Path

    Returns
    -------
    bool

    >>> dangling(Path("no_such_video.mp4"))
    False
    """
    return path.is_symlink() and not path.exists()
