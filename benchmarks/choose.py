"""Choose weights and read-out settings on validation videos only.

python benchmarks/choose.py FOLDER a.onnx b.onnx --json table.json

For each file of weights and each corner frequency of the integration, on validation videos of the
slices (other seeds than the suite's) and on videos of faces without a pulse: errors over all slices
except the flicker, the similarity of the waveform, and how many of the correctly read videos have a
clearer peak than the most pulse-like video without a pulse. `MODEL_CARD.md` names the choice.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slices import (
    RIGHT_WITHIN_BPM,
    WAVEFORM_BAND_HZ,
    likeness,
    video_path,
)
from sspd.face.stabilize import crop_px, network_frames
from sspd.face.track import face_segments
from sspd.models.spec import NetworkSpec
from sspd.network import load_network
from sspd.network.inputs import input_chunks
from sspd.signal import bandpass, integrate, pulse_frequency, snr_db
from sspd.simulation import VideoSpec, random_spec, truth
from sspd.types import Frames
from sspd.utils.pool import process_pool
from sspd.video.read import read
from sspd.vitals.heart_rate import PASS_HZ, SEARCH_HZ, pulse_band
from suites import SEEDS, suite

CORNERS_HZ = (0.4, 0.6, 0.8, 1.0, 1.4, 2.0)
#: Noise counts above this multiple of the rate.
NOISE_FROM = (0.0, 0.5, 0.7)
VIDEOS_A_SLICE, NULLS, DURATION_S = 6, 24, 30.0


def videos() -> list[tuple[str, VideoSpec]]:
    """Return validation videos, and as many kinds of video without a pulse."""
    rows = suite("validation", VIDEOS_A_SLICE, DURATION_S)
    for i in range(NULLS):
        rng = np.random.default_rng([SEEDS["validation"], 99, i])
        spec = random_spec(rng, "varied", duration_s=DURATION_S, fps=30.0, pulse_percent=0.0)
        rows.append(("no pulse", spec))
    return rows


def waveforms(
    folder: Path, name: str, spec: VideoSpec, weights: Sequence[str], precision: str
) -> dict[str, Any] | None:
    """Compute the raw outputs of the networks for one video, and its pulse; None: no face."""
    path = video_path(folder, spec)
    crops: dict[int, Frames] = {}
    outputs = {}
    for file in weights:
        network = load_network(file, precision=precision, threads=1)
        settings = network.spec
        size = crop_px(settings.size, settings.follow)
        if size not in crops:
            segments = [s for s in face_segments(read(path), size=size) if s.box]
            if not segments:
                return None
            crops[size] = segments[0].faces
        faces = network_frames(crops[size], settings.size, settings.follow)
        raw = replace(network, spec=replace(settings, summations=0))
        outputs[file] = raw(np.array(list(input_chunks([faces], settings))))
    return {"slice": name, "spec": spec, "start_s": float(faces.t[0]), "outputs": outputs}


def read_video(
    row: dict[str, Any], file: str, spec: NetworkSpec, corner_hz: float
) -> dict[str, Any]:
    """Read rate, similarity and signal-to-noise ratios of a video with one setting."""
    fs, known = spec.fs, truth(row["spec"])
    wave = integrate(row["outputs"][file], fs, spec.summations, corner_hz)
    values = pulse_band(wave, fs)
    f_hz = pulse_frequency(values, fs, SEARCH_HZ)
    start_s = row["start_s"] + (0.5 + 0.5 * spec.summations) / fs
    ratios = [
        snr_db(values, fs, f_hz, (max(PASS_HZ[0], share * f_hz), PASS_HZ[1]))
        for share in NOISE_FROM
    ]
    r = likeness(bandpass(wave, fs, WAVEFORM_BAND_HZ), fs, start_s, known)
    return {"error": abs(60 * f_hz - known.hr_bpm), "r": r, "snr_db": ratios}


def line(rows: list[dict[str, Any]], read_rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Summarize all videos for one setting."""
    kinds = np.array([row["slice"] for row in rows])
    errors = np.array([row["error"] for row in read_rows])
    ratios: NDArray[np.float64] = np.array([row["snr_db"] for row in read_rows])
    null, steady = kinds == "no pulse", ~np.isin(kinds, ("no pulse", "flicker"))
    right = steady & (errors <= RIGHT_WITHIN_BPM)
    highest = ratios[null].max(axis=0)
    return {
        "mae_bpm": float(errors[steady].mean()),
        "wrong": int((steady & ~right).sum()),
        "films": int(steady.sum()),
        "r": float(np.nanmedian([row["r"] for row in np.array(read_rows)[steady]])),
        "highest_null_db": [round(float(v), 2) for v in highest],
        "right_above_it": [round(float(v), 3) for v in (ratios[right] > highest).mean(axis=0)],
        "wrong_highest_db": [
            round(float(v), 2)
            for v in (ratios[steady & ~right].max(axis=0) if (steady & ~right).any() else [])
        ],
    }


def main() -> None:
    """Make the videos, run the networks, and print one line for each setting."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="folder of the videos (4 GB)")
    parser.add_argument("weights", nargs="+", help="files of weights, .onnx")
    parser.add_argument("--precision", default="f32")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    with process_pool(args.jobs) as pool:
        jobs = [
            pool.submit(waveforms, args.folder, *video, args.weights, args.precision)
            for video in videos()
        ]
        found = [job.result() for job in jobs]
    rows = [row for row in found if row is not None]
    table = []
    for file in args.weights:
        spec = load_network(file).spec
        for corner_hz in CORNERS_HZ:
            setting = line(rows, [read_video(row, file, spec, corner_hz) for row in rows])
            table.append({"weights": file, "corner_hz": corner_hz, **setting})
            print(json.dumps(table[-1]), flush=True)
    if args.json:
        args.json.write_text(json.dumps(table, indent=1))


if __name__ == "__main__":
    main()
