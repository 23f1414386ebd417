"""A plain folder of films, with as much truth as there is.

Films of any container, in folders of any depth. Of each may be known, all optional:

``truth.csv`` in the folder
    a row a film: ``film,subject,condition,hr_bpm`` (see `sspd.research.datasets.folder_table`).
``NAME.csv`` beside ``NAME.mp4``
    a contact waveform: ``time_s`` (seconds since the film's first picture) and ``bvp``.
``truth/NAME.csv`` and ``truth/NAME.json`` beside the film
    as ``sspd simulate`` writes them; both or neither.

A film that ``truth.csv`` does not give a subject is held to show a person of its own: with
several films of one person, name the subjects, or one person may stand on both sides of
a split. A single rate is taken to hold through the whole film, once a second.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from sspd.errors import SourceError
from sspd.research.datasets.card import Dataset, found_or_raise
from sspd.research.datasets.folder_table import TABLE, Row, add_row, read_table
from sspd.research.datasets.texts import numbers, read_columns, read_text, series
from sspd.simulation import FilmSpec, truth, write_film, write_truth
from sspd.types import Recording, References, Series
from sspd.video.folder import films_in
from sspd.video.read import probe, read

TREE = """
<any>/<film>.mp4 (or another film)
<any>/<film>.csv with time_s,bvp (optional)
truth.csv with film,subject,condition,hr_bpm (optional)
"""
#: Two days: a film that states more is not believed.
MAX_FILM_S = 172_800.0
WAVEFORM_HEADER = ["time_s", "bvp"]


def recordings(root: Path) -> list[Recording]:
    """Every film below a folder, and those that ``truth.csv`` names and are not there."""
    rows = read_table(root)
    films = sorted(set(films_in(root)) | set(rows))
    names = _names(film.relative_to(root) for film in films)
    found = []
    for film, name in zip(films, names, strict=True):
        row = rows.get(film, Row(str(film)))
        beside = film.with_suffix(".csv")
        waveform = beside if beside.is_file() and beside != root / TABLE else None
        known = film.parent / "truth" / film.name
        pair = tuple(known.with_suffix(suffix) for suffix in (".csv", ".json"))
        simulated = pair if any(file.is_file() for file in pair) else ()
        found.append(
            Recording(
                name=name,
                subject=row.subject or name,
                condition=row.condition or "not told",
                film=film,
                frames=partial(read, film),
                references=partial(read_references, film, row.hr_bpm, waveform, simulated),
                files=(film, *([waveform] if waveform else []), *simulated),
            )
        )
    return found_or_raise(found, root, TREE)


def _names(films: Iterable[Path]) -> list[str]:
    """A name for each: its path without suffix; with it, then numbered, where two are alike."""
    films = list(films)
    short = ["-".join(film.with_suffix("").parts) for film in films]
    often = Counter(short)
    names: list[str] = []
    for film, name in zip(films, short, strict=True):
        name = name if often[name] == 1 else "-".join(film.parts)
        name = "".join("_" if char in "\\:" else char for char in name)
        name = f"_{name}" if name.startswith(".") else name
        again = sum(1 for other in names if other == name or other.startswith(f"{name}~"))
        names.append(f"{name}~{again + 1}" if again else name)
    return names


def read_references(
    film: Path, hr_bpm: float | None, waveform: Path | None, simulated: tuple[Path, ...]
) -> References:
    """What is known of a film.

    Parameters
    ----------
    film : Path
    hr_bpm : float or None
        As ``truth.csv`` has it.
    waveform : Path or None
        ``NAME.csv`` beside the film.
    simulated : tuple of Path
        ``truth/NAME.csv`` and ``truth/NAME.json``, or nothing.
    """
    bvp = beats_s = None
    if simulated:
        bvp, known = read_waveform(simulated[0]), _read_record(simulated[1])
        beats_s = numbers(simulated[1], known.get("beats_s", []))
        if beats_s.ndim != 1 or not bool((np.diff(beats_s) > 0).all()):
            raise SourceError(f"{simulated[1]}: beats_s must be times that rise")
        if hr_bpm is None and known.get("hr_bpm") is not None:
            hr_bpm = float(numbers(simulated[1], [known["hr_bpm"]])[0])
    if waveform is not None:
        bvp = read_waveform(waveform)
    rate = None
    if hr_bpm is not None:
        t = np.arange(0, np.clip(probe(film).duration_s or 0.0, 1e-3, MAX_FILM_S), 1.0)
        rate = Series(t, np.full_like(t, hr_bpm))
    return References(bvp=bvp, hr_bpm=rate, beats_s=beats_s)


def read_waveform(path: Path) -> Series:
    """A contact waveform: a header ``time_s,bvp`` and rows of numbers below it."""
    header = read_text(path).partition("\n")[0].strip().lower().split(",")
    if [name.strip() for name in header[:2]] != WAVEFORM_HEADER:
        raise SourceError(f"{path}: no contact waveform; its first line must be time_s,bvp")
    return series(path, *read_columns(path, 2, header=True).T)


def _read_record(path: Path) -> dict[str, Any]:
    try:
        known = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{path}: not JSON ({error})") from error
    if not isinstance(known, dict):
        raise SourceError(f"{path}: not the truth of a simulated video")
    return known


def write(root: Path, number: int, spec: FilmSpec) -> str:
    """Write a film and its truth as ``sspd simulate`` does, and its row of ``truth.csv``."""
    name = f"film_{number:04d}"
    (root / "truth").mkdir(parents=True, exist_ok=True)
    write_truth(spec, root / "truth" / f"{name}.mp4")
    write_film(spec, root / f"{name}.mp4")
    rate = truth(spec).hr_bpm
    add_row(root, Row(f"{name}.mp4", name, spec.motion, None if math.isnan(rate) else rate))
    return name


DATASET = Dataset(
    name="folder",
    title="A folder of videos",
    citation="your own; say who was filmed, how, and with whose consent",
    licence="That of the videos.",
    tree=TREE,
    recordings=recordings,
    write=write,
)
