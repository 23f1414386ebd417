"""The films of a folder."""

from __future__ import annotations

from pathlib import Path

#: What counts as a film inside of a folder; a file named outright is always tried.
SUFFIXES = (
    *(".3gp", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4"),
    *(".mpeg", ".mpg", ".mts", ".ogv", ".ts", ".webm", ".wmv"),
)


def films_in(folder: Path) -> list[Path]:
    """Every film under a folder, sorted by path; hidden ones are left out.

    >>> films_in(Path("no_such_folder"))
    []
    """
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
