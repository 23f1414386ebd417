"""The description of a dataset: citation, licence, folders, defects, reader and writer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sspd.errors import SourceError
from sspd.simulation import VideoSpec
from sspd.types import Recording


@dataclass(frozen=True)
class Defect:
    """A known defect in all copies of a dataset.

    Parameters
    ----------
    recording : str
        Its name.
    why : str
        One sentence.
    source : str
        Publication or code that reports it.
    excluded : bool
        Whether the recording is left out of scores (and counted and named there) unless asked
        for.
    """

    recording: str
    why: str
    source: str
    excluded: bool = True


@dataclass(frozen=True)
class Dataset:
    """A dataset: its description, its reader and the writer of its layout.

    Parameters
    ----------
    name : str
        As in ``sspd train NAME:PATH``.
    title, citation : str
        In full.
    licence : str
        In a sentence.
    tree : str
        The required folders and files, for people to read.
    recordings : callable
        Root folder -> its recordings, sorted by name. Opens no video.
    write : callable
        ``write(root, number, spec)`` writes a simulated video as the dataset's
        recording of that number, oddities included, and returns the recording's name.
    expected : tuple of str
        Names of all recordings of a complete copy; empty: not known.
    defects : tuple of Defect
    one_sample_per_frame : tuple of str
        Conditions whose contact waveform has one sample for each frame.
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
    """Sort recordings by name, or raise `SourceError` with the required folders if there are none.

    Parameters
    ----------
    found : list of Recording
    root : Path
    tree : str
        See `Dataset`.

    Returns
    -------
    list of Recording
    """
    if not root.is_dir():
        raise SourceError(f"{root}: no such folder")
    if not found:
        wanted = "; ".join(line.strip() for line in tree.strip().splitlines())
        raise SourceError(f"{root}: no recording found; required: {wanted}")
    return sorted(found, key=lambda recording: natural(recording.name))


def natural(name: str) -> list[tuple[int, str]]:
    """Return a sort key that puts ``subject9`` before ``subject10``.

    Parameters
    ----------
    name : str

    Returns
    -------
    list of (int, str)

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
