"""What is known of a dataset apart from its videos."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sspd.errors import SourceError
from sspd.simulation import VideoSpec
from sspd.types import Recording


@dataclass(frozen=True)
class Defect:
    """Something known to be wrong in copies of a dataset.

    Parameters
    ----------
    recording : str
        Its name.
    why : str
        One sentence.
    source : str
        Who says so.
    excluded : bool
        Whether the recording is left out of scores (counted and named there) unless
        asked for.
    """

    recording: str
    why: str
    source: str
    excluded: bool = True


@dataclass(frozen=True)
class Dataset:
    """A dataset: its card, its reader and the writer of its layout.

    Parameters
    ----------
    name : str
        As in ``sspd train NAME:PATH``.
    title, citation, licence : str
        In full; the licence in a sentence.
    tree : str
        The folders and files as they must lie, for people.
    recordings : callable
        Root folder -> the recordings there, in order of their names. Opens no video.
    write : callable
        ``write(root, number, spec)`` writes a simulated video as the dataset's
        recording of that number, oddities included, and returns the recording's name.
    expected : tuple of str
        Names of all recordings of a whole copy; empty: not known.
    defects : tuple of Defect
    one_sample_per_frame : tuple of str
        Conditions of which the contact waveform has one sample for each picture.
    """

    name: str
    title: str
    citation: str
    licence: str
    tree: str
    recordings: Callable[[Path], list[Recording]]
    write: Callable[[Path, int, VideoSpec], str]
    expected: tuple[str, ...] = ()
    defects: tuple[Defect, ...] = ()
    one_sample_per_frame: tuple[str, ...] = ()


def found_or_raise(found: list[Recording], root: Path, tree: str) -> list[Recording]:
    """The recordings by name; a `SourceError` that shows the tree where there is none."""
    if not root.is_dir():
        raise SourceError(f"{root}: no such folder")
    if not found:
        wanted = "; ".join(line.strip() for line in tree.strip().splitlines())
        raise SourceError(f"{root}: no recording found; wanted there: {wanted}")
    return sorted(found, key=lambda recording: natural(recording.name))


def natural(name: str) -> list[tuple[int, str]]:
    """A key that puts ``subject9`` before ``subject10``.

    >>> sorted(["s10", "s9"], key=natural)
    ['s9', 's10']
    """
    parts: list[tuple[int, str]] = []
    for char in name:
        if char.isascii() and char.isdigit() and parts and not parts[-1][1]:
            parts[-1] = (parts[-1][0] * 10 + int(char), "")
        elif char.isascii() and char.isdigit():
            parts.append((int(char), ""))
        else:
            parts.append((-1, char))
    return parts
