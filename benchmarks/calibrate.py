"""Fit the confidence of the shipped weights again, as it was fitted for them.

python benchmarks/confidence.py collect fit FOLDER --jobs 2
python benchmarks/calibrate.py FOLDER --write OUT

`sspd calibrate` fits a confidence to any weights; this adds the videos that tempt
(`benchmarks/wrong_videos.py`), which only this clone makes, and validates across videos. FOLDER
holds what `confidence.py collect` kept. OUT gets the weights anew, ``OUT.safetensors`` and
``OUT.onnx``, with the confidence in them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sspd.network.load import shipped_weights
from sspd.research.calibration.fit import fit_confidence, fit_readings, probability
from sspd.research.calibration.measured import load_all_measured
from sspd.research.calibration.score import auroc, calibration_error
from sspd.research.calibration.windows import Windows, gather_windows
from sspd.research.calibration.write import write_confidence
from sspd.vitals.acceptance import LEAST_CONFIDENCE
from sspd.vitals.confidence import TERMS

FOLDS = 8


def cross_validated(
    windows: Windows,
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_]]:
    """Cross-validate by video: confidence of each window, and if it is right or contradicted."""
    n = int(windows.video.max()) + 1
    fold = np.random.default_rng(0).permutation(n)[windows.video] % FOLDS
    p, right, against = (np.zeros(fold.size, kind) for kind in (float, bool, bool))
    for k in range(FOLDS):
        own = windows.of(fold == k)
        both = probability(*fit_readings(windows.of(fold != k)), own.terms)
        accepted = (both >= LEAST_CONFIDENCE) & ~own.contradicted
        place = np.arange(len(both)), (~accepted[:, 0] & accepted[:, 1]).astype(int)
        p[fold == k], right[fold == k] = both[place], own.right[place]
        against[fold == k] = own.contradicted[place]
    return p, right, against


def report(
    p: NDArray[np.float64],
    right: NDArray[np.bool_],
    against: NDArray[np.bool_],
    window_s: NDArray[np.float64],
) -> None:
    """Print what the threshold does on videos that were not used for the fit."""
    print(f"cross-validated: AUROC {auroc(p, right):.3f}, error {calibration_error(p, right):.3f}")
    for length_s in sorted(set(window_s)):
        own = window_s == length_s
        for least in sorted({0.5, LEAST_CONFIDENCE, 0.65, 0.7, 0.75, 0.8, 0.9}):
            on = own & (p >= least) & ~against
            print(
                f"  {length_s:g} s, from {least:g} on: {on[right].sum() / own[right].sum():.1%} of"
                f" the right ones, {on[~right].sum()} of {own[~right].sum()} wrong ones"
            )


def main() -> None:
    """Parse arguments, fit, report and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--weights", type=Path, default=shipped_weights(".safetensors"))
    parser.add_argument("--write", type=Path, metavar="OUT")
    args = parser.parse_args()
    windows = gather_windows(load_all_measured(args.folder))
    wrong = 1 - windows.right[:, 0].mean()
    print(f"{windows.video.max() + 1} videos, {windows.video.size} windows, {wrong:.0%} wrong")
    report(*cross_validated(windows), windows.window_s)
    spec = fit_confidence(windows)
    weights = dict(spec.weights)
    for name, spread in zip(TERMS, windows.terms[:, 0].std(axis=0), strict=True):
        weight = weights.get(name, 0.0)
        print(f"  {name:15s} {weight:8.4f}  (times its spread {weight * spread:6.2f})")
    if args.write:
        files = [args.write.with_suffix(suffix) for suffix in (".safetensors", ".onnx")]
        write_confidence(args.weights, files, spec, {"readings": int(windows.video.size)})


if __name__ == "__main__":
    main()
