"""PURE: 10 people, 6 setups each, numbered PNG, finger clip (Stricker et al., 2014).

The names of the frames are their times, in nanoseconds of the clock that the contact samples use
too, so the two need not begin together. There are two layouts, sometimes mixed in one copy: a
separate folder for each recording with its reference, and the one of the original archives.
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

from sspd.errors import SourceError
from sspd.research.datasets.card import Dataset, Defect, found_or_raise
from sspd.research.datasets.texts import numbers, read_text, series
from sspd.simulation import VideoSpec, contact_bvp, contact_rate, frame_times, simulate
from sspd.types import Frames, Recording, References
from sspd.utils.files import whole_file, whole_folder
from sspd.video.sequence import numbered, read_images

TREE = """
<person>-<setup>/<person>-<setup>/Image<ns>.png, <person>-<setup>/<person>-<setup>.json
or <person>-<setup>/Image<ns>.png, <person>-<setup>.json
"""
#: Tasks of the setups 1 to 6.
SETUPS = (
    "steady",
    "talking",
    "slow translation",
    "fast translation",
    "small rotation",
    "medium rotation",
)
FRAME_NAME = r"Image([0-9]+)[.]png"
#: Start of a simulated recording, ns, and how much earlier its contact data starts, seconds.
START_NS, EARLY_S = 1_392_643_993_642_815_000, 0.35
#: Sampling rate of the finger clip (CMS50E), Hz.
CONTACT_HZ = 60.0


def recordings(root: Path) -> list[Recording]:
    """List the recordings below a folder, in either layout or both.

    Parameters
    ----------
    root : Path

    Returns
    -------
    list of Recording
    """
    names = {re.sub(r"[.]json$", "", entry.name) for entry in root.glob("*-*")}
    found = []
    for name in sorted(name for name in names if re.fullmatch("[0-9]{2}-[0-9]{2}", name)):
        video, contact = _places(root, name)
        subject, setup = name.split("-")
        known = 1 <= int(setup) <= len(SETUPS)
        found.append(
            Recording(
                name=name,
                subject=subject,
                condition=SETUPS[int(setup) - 1] if known else f"setup {setup}",
                video=video,
                frames=partial(read_frames, video),
                references=partial(read_contact, video, contact),
                files=(video, contact),
            )
        )
    return found_or_raise(found, root, TREE)


def _places(root: Path, name: str) -> tuple[Path, Path]:
    """Return the paths of a recording's frames and reference, whether they exist or not."""
    own = root / name
    nested = (own / name).is_dir() or (own / f"{name}.json").is_file()
    outside = root / f"{name}.json"
    if nested:
        inside = own / f"{name}.json"
        return own / name, outside if outside.is_file() and not inside.is_file() else inside
    return own, outside


def read_frames(
    folder: Path,
    *,
    start_s: float = 0.0,
    end_s: float | None = None,
    chunk: int = 32,
    warn: Callable[[str], None] | None = None,
) -> Iterator[Frames]:
    """Read the frames of a folder at the times in their names.

    Parameters
    ----------
    folder : Path
    start_s, end_s : float or None
        Seconds of the video; None: the end.
    chunk : int
        Frames in a chunk.
    warn : callable or None
        Called with one line for each problem.

    Yields
    ------
    Frames
    """
    ns, files = zip(*numbered(folder, FRAME_NAME), strict=True)
    t = _seconds(ns, ns[0])
    return read_images(files, t, start_s=start_s, end_s=end_s, chunk=chunk, warn=warn)


def _seconds(ns: Any, start_ns: int) -> NDArray[np.float64]:
    """Subtract as integers: as floats, nanoseconds since 1970 are exact to 0.2 µs only."""
    return np.array([(at - start_ns) / 1e9 for at in ns], dtype=np.float64)


def read_contact(folder: Path, path: Path) -> References:
    """Read waveform and rate of the finger clip, on the clock of the frames.

    Rates of 0, which the clip shows off the finger, are left out.

    Parameters
    ----------
    folder : Path
        Folder of the frames.
    path : Path
        The JSON file.

    Returns
    -------
    sspd.types.References

    Raises
    ------
    SourceError
        The file has another format, or other times than the frames.
    """
    start_ns, end_ns = (end[0] for end in np.array(numbered(folder, FRAME_NAME), object)[[0, -1]])
    try:
        samples = json.loads(read_text(path))["/FullPackage"]
        t = _seconds([int(one["Timestamp"]) for one in samples], start_ns)
        values = [[one["Value"][key] for key in ("waveform", "pulseRate")] for one in samples]
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise SourceError(
            f"{path}: required: a list /FullPackage of Timestamp and Value with waveform and"
            f" pulseRate ({type(error).__name__}: {str(error)[:60]})"
        ) from error
    bvp, hr = numbers(path, values).reshape(-1, 2).T
    if not bool(np.any((t >= 0) & (t <= (end_ns - start_ns) / 1e9))):
        raise SourceError(f"{path}: no sample is from the time of the frames in {folder}")
    shown = hr > 0
    rate = series(path, t[shown], hr[shown]) if shown.any() else None
    return References(bvp=series(path, t, bvp), hr_bpm=rate)


def write(root: Path, number: int, spec: VideoSpec) -> str:
    """Write a video as the recording of a number: six setups a person, odd persons nested.

    Parameters
    ----------
    root : Path
    number : int
    spec : VideoSpec

    Returns
    -------
    str
        Name of the recording.
    """
    subject, setup = 1 + number // len(SETUPS), 1 + number % len(SETUPS)
    name = f"{subject:02d}-{setup:02d}"
    video = root / name / name if subject % 2 else root / name
    video.parent.mkdir(parents=True, exist_ok=True)
    ns = [START_NS + round(at * 1e9) for at in frame_times(spec).tolist()]
    frames = (rgb for chunk in simulate(spec) for rgb in chunk.rgb)
    with whole_folder(video) as part:
        for at, rgb in zip(ns, frames, strict=True):
            stored = cv2.imencode(".png", rgb[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 1])[1]
            (part / f"Image{at}.png").write_bytes(stored.tobytes())
    t = np.arange(-EARLY_S, spec.duration_s, 1 / CONTACT_HZ)
    bvp, hr = 50 + 40 * contact_bvp(spec, t).values, contact_rate(spec, t).values
    samples = [
        {
            "Timestamp": START_NS + round(at * 1e9),
            "Value": {
                "waveform": round(value),
                "pulseRate": round(rate),
                "o2saturation": 98,
                "signalStrength": 4,
            },
        }
        for at, value, rate in zip(t.tolist(), bvp.tolist(), hr.tolist(), strict=True)
    ]
    with whole_file(video.parent / f"{name}.json") as part:
        part.write_text(
            json.dumps({"/FullPackage": samples, "/Image": [{"Timestamp": n} for n in ns]})
        )
    return name


_GIDEON = "Gideon and Stent, ICCV 2021, released code"
DATASET = Dataset(
    name="pure",
    title="PURE",
    citation="R. Stricker, S. Müller and H.-M. Gross, Non-contact video-based pulse rate"
    " measurement on a mobile service robot, IEEE RO-MAN, 2014",
    licence="Free for research on request to TU Ilmenau; must not be passed on.",
    tree=TREE,
    recordings=recordings,
    write=write,
    expected=tuple(f"{s:02d}-{k:02d}" for s in range(1, 11) for k in range(1, 7)),
    defects=(
        # always left out, so that every copy scores the same 59
        Defect("06-02", "usually missing from copies", _GIDEON),
        Defect("07-02", "its contact waveform is considered bad", _GIDEON, excluded=False),
        Defect("07-07", "its contact waveform is considered bad", _GIDEON, excluded=False),
    ),
)
