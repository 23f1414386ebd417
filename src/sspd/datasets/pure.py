"""PURE: 10 people in 6 setups, lossless pictures at 30 Hz, finger clip (Stricker et al., 2014).

Two layouts are in use, that of the original archives and that of rPPG-Toolbox; both are read,
one beside the other. A picture's time is its name, nanoseconds on the clock on which the
finger clip's samples stand too (60 Hz): waveform and film need no common start.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sspd.containers import Frames, Recording, References
from sspd.datasets.card import Dataset, Defect, found_or_raise
from sspd.datasets.texts import numbers, read_text, series
from sspd.errors import SourceError
from sspd.video.files import whole_file
from sspd.video.sequence import read_pictures
from sspd.video.simulate import FilmSpec, contact_bvp, contact_rate, simulate

TREE = """
<subject>-<setup>.json, <subject>-<setup>/Image<ns>.png
or <subject>-<setup>/<subject>-<setup>.json, <subject>-<setup>/<subject>-<setup>/Image<ns>.png
"""
SETUPS = (
    "steady",
    "talking",
    "slow translation",
    "fast translation",
    "small rotation",
    "medium rotation",
)
#: Samples a second of the finger clip, Hz.
CLIP_HZ = 60.0
_NAME = re.compile(r"(\d\d)-(\d\d)")
_PICTURE = re.compile(r"Image(\d{1,19})\.png")


def recordings(root: Path) -> list[Recording]:
    """The recordings in a folder, of either layout."""
    found = []
    for folder in root.glob("*"):
        name = _NAME.fullmatch(folder.name)
        if name is None or not folder.is_dir():
            continue
        inside, truth = folder / folder.name, folder / f"{folder.name}.json"
        # by either of the two, so that the one that is missing is missed
        nested = inside.is_dir() or truth.exists()
        pictures = inside if nested else folder
        truth = truth if nested else root / f"{folder.name}.json"
        setup = int(name[2])
        found.append(
            Recording(
                name=folder.name,
                subject=name[1],
                condition=SETUPS[setup - 1] if 1 <= setup <= len(SETUPS) else f"setup {setup}",
                film=pictures,
                frames=partial(read_film, pictures),
                references=partial(read_contact, truth, pictures),
                files=(pictures, truth),
            )
        )
    return found_or_raise(found, root, TREE)


def _pictures(folder: Path) -> tuple[list[Path], NDArray[np.int64]]:
    """Pictures in order of their times, and those, nanoseconds."""
    try:
        matched = [(_PICTURE.fullmatch(path.name), path) for path in folder.iterdir()]
    except OSError as error:
        raise SourceError(f"{folder}: {(error.strerror or 'cannot be read').lower()}") from error
    stamped = sorted((int(found[1]), path) for found, path in matched if found)
    if not stamped:
        raise SourceError(f"{folder}: no pictures named Image<nanoseconds>.png")
    return [path for _, path in stamped], np.array([ns for ns, _ in stamped], np.int64)


def read_film(
    folder: Path,
    *,
    start_s: float = 0.0,
    end_s: float | None = None,
    chunk: int = 32,
    warn: Callable[[str], None] | None = None,
) -> Iterator[Frames]:
    """The pictures of a folder at the times of their names.

    Parameters
    ----------
    folder : Path
    start_s, end_s, chunk, warn
        As `sspd.video.read.read`.

    Raises
    ------
    SourceError
        There is none, or one cannot be read.
    """
    files, ns = _pictures(folder)
    t = (ns - ns[0]) / 1e9
    rising = np.concatenate([[True], np.diff(t) > 0])
    kept = [file for file, rises in zip(files, rising, strict=True) if rises]
    return read_pictures(kept, t[rising], start_s=start_s, end_s=end_s, chunk=chunk, warn=warn)


def read_contact(path: Path, pictures: Path) -> References:
    """Waveform and rate of the finger clip, on the clock of the pictures.

    Parameters
    ----------
    path : Path
        The .json.
    pictures : Path
        The folder of the pictures: the first of them is time 0.
    """
    try:
        rows = json.loads(read_text(path))["/FullPackage"]
        ns = [int(row["Timestamp"]) for row in rows]
        columns = [[row["Value"][name] for row in rows] for name in ("waveform", "pulseRate")]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise SourceError(f"{path}: not a PURE recording (/FullPackage is wanted)") from error
    first_ns = int(_pictures(pictures)[1][0])
    t = numbers(path, [(at - first_ns) / 1e9 for at in ns])
    bvp, hr = (numbers(path, column) for column in columns)
    return References(bvp=series(path, t, bvp), hr_bpm=series(path, t, hr))


def write(root: Path, number: int, spec: FilmSpec) -> str:
    """Write a film as the recording of a number: odd subjects nested, even ones flat.

    The finger clip begins a third of a second before the first picture.
    """
    name = DATASET.expected[number]
    nested = int(name[:2]) % 2 == 1
    folder = root / name / name if nested else root / name
    folder.mkdir(parents=True, exist_ok=True)
    first_ns = 1_392_643_993_642_815_000 + number * 10**12
    stamps: list[int] = []
    for part in simulate(spec):
        for rgb, at_s in zip(part.rgb, part.t, strict=True):
            stamps.append(first_ns + round(float(at_s) * 1e9))
            _, png = cv2.imencode(".png", np.ascontiguousarray(rgb[..., ::-1]))
            with whole_file(folder / f"Image{stamps[-1]}.png") as file:
                file.write_bytes(png.tobytes())
    t = np.arange(-1 / 3, spec.duration_s + 1 / 3, 1 / CLIP_HZ)
    level, rate = contact_bvp(spec, t).values, contact_rate(spec, t).values
    samples = [_sample(first_ns, *row) for row in zip(t, level, rate, strict=True)]
    record = {"/FullPackage": samples, "/Image": [{"Timestamp": ns} for ns in stamps]}
    with whole_file(root / name / f"{name}.json" if nested else root / f"{name}.json") as file:
        file.write_text(json.dumps(record))
    return name


def _sample(first_ns: int, at_s: float, level: float, rate_bpm: float) -> dict[str, Any]:
    value = {"waveform": round(50 + 30 * level), "pulseRate": round(rate_bpm)}
    value |= {"o2saturation": 98, "signalStrength": 5}
    return {"Timestamp": first_ns + round(at_s * 1e9), "Value": value}


_GIDEON = "Gideon and Stent, ICCV 2021, released code"
DATASET = Dataset(
    name="pure",
    title="PURE",
    citation="R. Stricker, S. Mueller and H.-M. Gross, Non-contact video-based pulse rate"
    " measurement on a mobile service robot, IEEE RO-MAN, 2014",
    licence="For research, on request to TU Ilmenau.",
    tree=TREE,
    recordings=recordings,
    write=write,
    expected=tuple(f"{n:02d}-{setup:02d}" for n in range(1, 11) for setup in range(1, 7)),
    defects=(
        Defect("06-02", "was never given to anybody", "TU Ilmenau's download, 59 recordings"),
        Defect("07-02", "its finger clip is held to be bad", _GIDEON, excluded=False),
    ),
)
