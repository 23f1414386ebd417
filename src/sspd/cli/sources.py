"""Which films a command was given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

#: A film and None, or a source that cannot be measured and what is wrong with it.
Found = tuple[Path, str | None]

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


def expand(sources: Iterable[Path]) -> Iterator[Found]:
    """Films of all sources in order, each with None, or a folder with what is wrong.

    >>> list(expand([Path("a.mp4")]))
    [(PosixPath('a.mp4'), None)]
    """
    for source in sources:
        if not source.is_dir():
            yield source, None
            continue
        films = films_in(source)
        if not films:
            yield source, f"{source}: no film in this folder ({' '.join(SUFFIXES)})"
        for film in films:
            yield film, None


def numbered(path: Path, films: list[Path]) -> list[Path]:
    """Give each film an output name: ``path`` for a single one, else ``NAME-FILM.EXT``.

    >>> [p.name for p in numbered(Path("p.png"), [Path("a/x.mp4"), Path("b/x.mp4")])]
    ['p-x.png', 'p-x-2.png']
    """
    if len(films) == 1:
        return [path]
    taken: dict[str, int] = {}
    names = []
    for film in films:
        taken[film.stem] = taken.get(film.stem, 0) + 1
        again = f"-{taken[film.stem]}" if taken[film.stem] > 1 else ""
        names.append(path.with_name(f"{path.stem}-{film.stem}{again}{path.suffix}"))
    return names
