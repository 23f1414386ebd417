"""Heart rates on simulated films never trained on, slice by slice.

160 films of 30 s, 640x480 at 30 fps, real H.264 files: twenty a slice, the six skin
tones in turn, 42-190 bpm. The films follow from `SUITE_SEED` and chose nothing: not the
training, not the number of its steps, not a threshold. `VALIDATION_SEED` gives other
films of the same kinds, on which such things are chosen.

    python benchmarks/slices.py FOLDER --weights F --method sspd --json out.json

FOLDER keeps the films between runs (about 350 MB); they are written by the hash of what
made them.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import sspd
from sspd.methods import get_method
from sspd.signal import bandpass
from sspd.video.simulate import FilmSpec, random_spec, truth, write_film

SUITE_SEED = 20_261_122
VALIDATION_SEED = 777
SLICES = (
    "still",
    "talking",
    "translation",
    "rotation",
    "drift",
    "flicker",
    "compressed",
    "weak",
)
FILMS_A_SLICE = 20
DURATION_S = 30.0
#: Where the rules of the comparison are set: lag and band of the waveform, right and wrong.
LARGEST_LAG_S = 0.15
WAVEFORM_BAND_HZ = (0.5, 4.0)
RIGHT_WITHIN_BPM = 3.0


def suite(seed: int, films_a_slice: int, duration_s: float) -> list[tuple[str, FilmSpec]]:
    """The films of a suite: slice and options of each."""
    films = []
    for number, name in enumerate(SLICES):
        for i in range(films_a_slice):
            rng = np.random.default_rng([seed, number, i])
            fixed = {"duration_s": duration_s, "skin_tone": i % 6, "fps": 30.0}
            films.append((name, random_spec(rng, name, **fixed)))
    return films


def film_path(folder: Path, spec: FilmSpec) -> Path:
    """Where a film is kept; written if it is not there."""
    made_by = json.dumps(dataclasses.asdict(spec), sort_keys=True) + _simulator_hash()
    path = folder / f"{hashlib.sha256(made_by.encode()).hexdigest()[:16]}.mp4"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        write_film(spec, path)
    return path


def _simulator_hash() -> str:
    """Of the simulator's own source: other code, other films."""
    source = Path(sspd.__file__).parent / "video" / "simulate"
    text = b"".join(file.read_bytes() for file in sorted(source.glob("*.py")))
    return hashlib.sha256(text).hexdigest()


def waveform_correlation(vitals: sspd.Vitals, spec: FilmSpec) -> float:
    """Signed correlation with the true pulse, at the best lag within 0.15 s."""
    signal = vitals.signal
    if signal is None:
        return float("nan")
    known = truth(spec)
    values = np.nan_to_num(signal.values)
    ours = bandpass(values, signal.fs, WAVEFORM_BAND_HZ)
    best = -1.0
    for lag in np.arange(-LARGEST_LAG_S, LARGEST_LAG_S + 1e-9, 0.5 / signal.fs):
        theirs = np.interp(signal.t + lag, known.t, known.bvp)
        r = np.corrcoef(ours, bandpass(theirs, signal.fs, WAVEFORM_BAND_HZ))[0, 1]
        best = max(best, float(r))
    return best


def measure_film(path: Path, name: str, spec: FilmSpec, method: Any) -> dict[str, Any]:
    """One row: what is known of a film and what was measured."""
    vitals = sspd.measure(path, method=method)
    return {
        "slice": name,
        "film": path.name,
        "truth_bpm": truth(spec).hr_bpm,
        "estimate_bpm": vitals.estimate_bpm,
        "accepted": vitals.accepted,
        "hr_bpm": vitals.hr_bpm,
        "snr_db": vitals.snr_db,
        "reasons": list(vitals.reasons),
        "waveform_r": waveform_correlation(vitals, spec),
        "motion": spec.motion,
        "pulse_percent": spec.pulse_percent,
        "face_px": spec.face_px,
        "skin_tone": spec.skin_tone,
        "noise_levels": spec.noise_levels,
        "bit_rate": spec.bit_rate,
        "speed_px_s": spec.speed_px_s,
        "angle_deg": spec.angle_deg,
        "flicker_hz": spec.flicker_hz,
    }


def _errors(rows: Iterable[dict[str, Any]], key: str) -> NDArray[np.float64]:
    """Absolute errors, bpm; a film without a number counts as wrong by its whole rate."""
    return np.array([abs((row[key] or 0.0) - row["truth_bpm"]) for row in rows])


def summarise(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A line a slice, and one over all but the flicker."""
    steady = [row for row in rows if row["slice"] != "flicker"]
    groups = [(name, [r for r in rows if r["slice"] == name]) for name in SLICES]
    groups.append(("all but flicker", steady))
    lines = []
    for name, group in groups:
        if not group:
            continue
        accepted = [row for row in group if row["accepted"]]
        right = _errors(accepted, "hr_bpm") <= RIGHT_WITHIN_BPM
        lines.append(
            {
                "slice": name,
                "films": len(group),
                "mae_bpm": float(_errors(group, "estimate_bpm").mean()),
                "worst_bpm": float(_errors(group, "estimate_bpm").max()),
                "accepted": len(accepted),
                "right_of_accepted": float(right.mean()) if accepted else None,
                "waveform_r": float(np.nanmedian([row["waveform_r"] for row in group])),
            }
        )
    return lines


def table(lines: list[dict[str, Any]]) -> str:
    """The summary as Markdown."""
    head = "| slice | films | MAE, bpm | worst | accepted | right of these | waveform r |"
    rows = [head, "|---|---|---|---|---|---|---|"]
    for line in lines:
        right = line["right_of_accepted"]
        rows.append(
            f"| {line['slice']} | {line['films']} | {line['mae_bpm']:.2f} |"
            f" {line['worst_bpm']:.1f} | {line['accepted']} |"
            f" {'-' if right is None else f'{right:.0%}'} | {line['waveform_r']:.2f} |"
        )
    return "\n".join(rows)


def main() -> None:
    """Make the films, measure them, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="where the films are kept")
    parser.add_argument("--weights", type=Path, help="by default the shipped ones")
    parser.add_argument("--method", default="sspd", help="sspd, pos or green")
    parser.add_argument("--set", choices=("suite", "validation"), default="suite")
    parser.add_argument("--films", type=int, default=FILMS_A_SLICE, help="films a slice")
    parser.add_argument("--seconds", type=float, default=DURATION_S)
    parser.add_argument("--slices", default=",".join(SLICES))
    parser.add_argument("--precision", default="f32")
    parser.add_argument("--json", type=Path, help="every film's row")
    args = parser.parse_args()
    seed = SUITE_SEED if args.set == "suite" else VALIDATION_SEED
    method = get_method(args.method, weights=args.weights, precision=args.precision)
    rows = []
    for name, spec in suite(seed, args.films, args.seconds):
        if name in args.slices.split(","):
            rows.append(measure_film(film_path(args.folder, spec), name, spec, method))
            print(json.dumps(rows[-1]), flush=True)
    if args.json:
        args.json.write_text(json.dumps(rows, indent=1))
    print(table(summarise(rows)))


if __name__ == "__main__":
    main()
