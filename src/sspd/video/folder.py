"""The videos of a folder."""

from __future__ import annotations

from pathlib import Path

#: What counts as a video inside of a folder; a file named outright is always tried.
SUFFIXES = (
    *(".3gp", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4"),
    *(".mpeg", ".mpg", ".mts", ".ogv", ".ts", ".webm", ".wmv"),
)


def videos_in(folder: Path) -> list[Path]:
    """Every video under a folder, sorted by path; hidden ones are left out.

    Links are followed, each folder is looked into once (a link may lead to a folder above
    it), by a way without links where there is one. A link to a video that is not there
    counts as a video: who opens it can tell (see `dangling`).

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
    """What a folder holds, hidden names aside; nothing the second time."""
    try:
        facts = place.stat()
        if (facts.st_dev, facts.st_ino) in known:
            return []
        known.add((facts.st_dev, facts.st_ino))
        return sorted(path for path in place.iterdir() if not path.name.startswith("."))
    except OSError:  # none, or not for us to read
        return []


def dangling(path: Path) -> bool:
    """Whether a path is a link to what is not there, or one of a ring of links.

    >>> dangling(Path("no_such_video.mp4"))
    False
    """
    return path.is_symlink() and not path.exists()
