"""Measure heart rates in simulated videos that were never trained on, slice by slice.

Real files, the six skin tones in turn; which videos is in `suites.py`. `suite`: 160 videos of 30 s,
640x480 at 30 fps, H.264, 42-190 bpm. `suite2`: 300 videos of 480x360 from heart to file, with
cameras, lights and hearts that are held out. They were used for no choice: not the training, not
the number of its steps, not a threshold. `validation` and `validation2` are for such choices.

python benchmarks/slices.py FOLDER --systems sspd,pos,green,other.onnx --json out.json

The system `observer` knows the true waveform (`observer.py`): a bound for methods that add up
colours.
With --keep, FOLDER keeps the videos between runs; they are named by the hash of their options.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import sspd
from observer import observe
from sspd.face.track import face_segments
from sspd.methods import Method, get_method
from sspd.signal import bandpass
from sspd.simulation import Truth, VideoSpec, truth, write_video
from sspd.simulation.codecs.transmission import video_suffix
from sspd.utils.pool import process_pool
from sspd.video.read import read
from sspd.vitals import join_frame_stats
from suites import SEEDS, VIDEOS_A_SLICE, suite

DURATION_S = 30.0
#: Rules of the comparison: lag and band of the waveform, and the limit of a right rate.
LARGEST_LAG_S = 0.15
WAVEFORM_BAND_HZ = (0.5, 4.0)
RIGHT_WITHIN_BPM = 3.0
#: Accepted rates that are further off are counted as wrong.
WRONG_FROM_BPM = 4.0
#: The system that knows the truth.
OBSERVER = "observer"
#: Options of a video that its rows repeat.
OPTIONS = (
    "motion",
    "pulse_percent",
    "face_px",
    "skin_tone",
    "noise_levels",
    "bit_rate",
    "speed_px_s",
    "angle_deg",
    "flicker_hz",
)


def video_path(folder: Path, spec: VideoSpec) -> Path:
    """Return the path of a video; it is written if it is missing."""
    made_by = json.dumps(spec.record(), sort_keys=True) + _simulator_hash()
    path = folder / f"{hashlib.sha256(made_by.encode()).hexdigest()[:16]}"
    path = path.with_suffix(video_suffix(spec))
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        write_video(spec, path)
    return path


@functools.cache
def _simulator_hash() -> str:
    """Hash the source of simulator and writer: other code gives other videos."""
    package = Path(sspd.__file__).parent
    # these only choose the options, which the video's name has anyway
    choosing = ("presets.py", "scenarios.py", "profiles.py", "profile_table.py", "draw.py")
    drawing = [f for f in sorted(package.glob("simulation/**/*.py")) if f.name not in choosing]
    assert len(drawing) > 30, "the simulator is somewhere else"
    writing = sorted(package.glob("video/*.py"))
    text = b"".join(file.read_bytes() for file in (*drawing, *writing))
    return hashlib.sha256(text).hexdigest()


def likeness(wave: NDArray[np.float64], fs: float, start_s: float, known: Truth) -> float:
    """Correlate a filtered waveform with the pulse, with its sign; best lag within 0.15 s."""
    t = start_s + np.arange(wave.size) / fs
    best = -1.0
    for lag in np.arange(-LARGEST_LAG_S, LARGEST_LAG_S + 1e-9, 0.5 / fs):
        theirs = bandpass(np.interp(t + lag, known.t, known.bvp), fs, WAVEFORM_BAND_HZ)
        if theirs.std() > 0:
            best = max(best, float(np.corrcoef(wave, theirs)[0, 1]))
    return best


def waveform_correlation(vitals: sspd.Vitals, known: Truth) -> float:
    """Compute the `likeness` of a measured waveform; NaN if there is none."""
    signal = vitals.signal
    if signal is None:
        return float("nan")
    ours = bandpass(np.nan_to_num(signal.values), signal.fs, WAVEFORM_BAND_HZ)
    return likeness(ours, signal.fs, float(signal.t[0]), known)


@functools.cache
def method_of(system: str, precision: str) -> Method:
    """Load a method by its name, or SSPD with a file of weights."""
    if Path(system).suffix:
        return get_method("sspd", weights=system, precision=precision, threads=1)
    return get_method(system, precision=precision, threads=1)


def measure_video(
    folder: Path, name: str, spec: VideoSpec, systems: Sequence[str], precision: str, keep: bool
) -> list[dict[str, Any]]:
    """Return one row for each system: the truth of a video, and the measured values."""
    path, known = video_path(folder, spec), truth(spec)
    common = {"slice": name, "video": path.name, "truth_bpm": known.hr_bpm}
    common |= {option: getattr(spec, option) for option in OPTIONS}
    rows = []
    for system in systems:
        if system == OBSERVER:
            measured = _observed(path, known)
        else:
            measured = _measured(path, known, method_of(system, precision))
        rows.append({"system": system} | common | measured)
    if not keep:
        path.unlink()
    return rows


def _measured(path: Path, known: Truth, method: Method) -> dict[str, Any]:
    vitals = sspd.measure(path, method=method)
    return {
        "estimate_bpm": vitals.estimate_bpm,
        "accepted": vitals.accepted,
        "hr_bpm": vitals.hr_bpm,
        "snr_db": vitals.snr_db,
        "reasons": list(vitals.reasons),
        "waveform_r": waveform_correlation(vitals, known),
    }


def _observed(path: Path, known: Truth) -> dict[str, Any]:
    """Return the row of the observer, who accepts what is right."""
    seen = observe(join_frame_stats(list(face_segments(read(path), size=32))), known)
    hr_bpm = seen.hr_bpm if seen else None
    right = hr_bpm is not None and abs(hr_bpm - known.hr_bpm) <= WRONG_FROM_BPM
    return {
        "estimate_bpm": hr_bpm,
        "accepted": right,
        "hr_bpm": hr_bpm if right else None,
        "snr_db": seen.snr_db if seen else None,
        "reasons": [],
        "waveform_r": seen.waveform_r if seen else float("nan"),
    }


def _errors(rows: Iterable[dict[str, Any]], key: str) -> NDArray[np.float64]:
    """Return absolute errors in bpm; the error of a video without a rate is its whole true rate."""
    return np.array([abs((row[key] or 0.0) - row["truth_bpm"]) for row in rows])


def summarise(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Summarize each slice, all slices except the flicker, and all slices."""
    steady = [row for row in rows if row["slice"] != "flicker"]
    names = list(dict.fromkeys(row["slice"] for row in rows))
    groups = [(name, [r for r in rows if r["slice"] == name]) for name in names]
    groups += [("all but flicker", steady)] if len(steady) < len(rows) else []
    groups += [("all", rows)]
    lines = []
    for name, group in groups:
        if not group:
            continue
        accepted = [row for row in group if row["accepted"]]
        errors = _errors(accepted, "hr_bpm")
        right = errors <= RIGHT_WITHIN_BPM
        lines.append(
            {
                "slice": name,
                "videos": len(group),
                "mae_bpm": float(_errors(group, "estimate_bpm").mean()),
                "worst_bpm": float(_errors(group, "estimate_bpm").max()),
                "accepted": len(accepted),
                "accepted_wrong": int((errors > WRONG_FROM_BPM).sum()),
                "right_of_accepted": float(right.mean()) if accepted else None,
                "waveform_r": float(np.nanmedian([row["waveform_r"] for row in group])),
            }
        )
    return lines


def table(lines: list[dict[str, Any]]) -> str:
    """Format the summary as Markdown."""
    head = "| slice | videos | MAE, bpm | worst | accepted | right of these | off by > 4 bpm |"
    rows = [f"{head} waveform r |", "|---|---|---|---|---|---|---|---|"]
    for line in lines:
        right = line["right_of_accepted"]
        rows.append(
            f"| {line['slice']} | {line['videos']} | {line['mae_bpm']:.2f} |"
            f" {line['worst_bpm']:.1f} | {line['accepted']} |"
            f" {'-' if right is None else f'{right:.0%}'} | {line['accepted_wrong']} |"
            f" {line['waveform_r']:.2f} |"
        )
    return "\n".join(rows)


def main() -> None:
    """Make the videos, measure them, and print a table for each system."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="folder of the videos")
    parser.add_argument(
        "--systems", default="sspd", help="methods, observer, files of weights; commas"
    )
    parser.add_argument("--set", choices=tuple(SEEDS), default="suite")
    parser.add_argument("--videos", "--films", type=int, help="videos in each slice (20 or 30)")
    parser.add_argument("--seconds", type=float, default=DURATION_S)
    parser.add_argument("--slices", help="some slices, with commas")
    parser.add_argument("--precision", default="f32")
    parser.add_argument("--jobs", type=int, default=2, help="processes, one thread each")
    parser.add_argument("--keep", action="store_true", help="keep the videos (40 MB each)")
    parser.add_argument("--json", type=Path, help="every video's rows")
    args = parser.parse_args()
    systems, rows = args.systems.split(","), []
    videos = suite(args.set, args.videos or VIDEOS_A_SLICE[args.set], args.seconds)
    if args.slices:
        videos = [video for video in videos if video[0] in args.slices.split(",")]
    with process_pool(args.jobs) as pool:
        jobs = [
            pool.submit(measure_video, args.folder, *video, systems, args.precision, args.keep)
            for video in videos
        ]
        for job in jobs:
            rows += job.result()
            print(f"{len(rows) // len(systems)} of {len(jobs)} videos", file=sys.stderr)
            if args.json:
                args.json.write_text(json.dumps(rows, indent=1))
    for system in systems:
        print(f"\n{system}\n\n{table(summarise([r for r in rows if r['system'] == system]))}")


if __name__ == "__main__":
    main()
