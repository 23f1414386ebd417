"""Fit the confidence to videos with a known pulse, and write it into the weights.

python benchmarks/doubt.py collect fit FOLDER --jobs 2
python benchmarks/calibrate.py FOLDER --write OUT

FOLDER holds the files of `doubt.py collect`. The weights with the new confidence are written to
``OUT.safetensors`` and ``OUT.onnx``. Each term has a fixed sign, so that a few videos that share a
property by chance cannot reverse it. A rejected window is read once more at half its rate, so those
readings are used for the fit as well.
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from doubt import auroc, calibration_error, near, window_rows
from doubt_videos import load
from sspd.network.load import shipped_weights
from sspd.types import ConfidenceSpec
from sspd.vitals.acceptance import LEAST_CONFIDENCE
from sspd.vitals.confidence import AGAINST, TERMS
from sspd.vitals.contradictions import contradictions

#: Regularization, per squared weight of a standardized term.
RIDGE = 1.0
FOLDS = 8
#: Wrong readings are weighted to this fraction of all: confidence depends on their number, and
#: more than half of these videos are hard or have no pulse.
WRONG_SHARE = 0.6


def fit(terms: NDArray[np.float64], right: NDArray[np.bool_]) -> tuple[float, NDArray[np.float64]]:
    """Fit the intercept and weights of a logistic regression, each with its allowed sign.

    Parameters
    ----------
    terms : float64 array, shape (windows, terms)
        In the order of `TERMS`.
    right : bool array, shape (windows,)
    """
    mean, spread = terms.mean(axis=0), terms.std(axis=0) + 1e-9
    z = (terms - mean) / spread
    counts = np.where(right, (1 - WRONG_SHARE) / right.mean(), WRONG_SHARE / (1 - right.mean()))

    def loss(b: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logit = b[0] + z @ b[1:]
        off = counts * (1 / (1 + np.exp(-logit)) - right)
        value = counts @ np.logaddexp(0, np.where(right, -logit, logit))
        value += RIDGE / 2 * (b[1:] @ b[1:])
        return float(value), np.concatenate([[off.sum()], z.T @ off + RIDGE * b[1:]])

    signs = [(None, 0.0) if name in AGAINST else (0.0, None) for name in TERMS]
    found = minimize(
        loss, np.zeros(len(signs) + 1), jac=True, method="L-BFGS-B", bounds=[(None, None), *signs]
    ).x
    weights = found[1:] / spread
    return float(found[0] - weights @ mean), weights


@dataclasses.dataclass(frozen=True, eq=False)
class Windows:
    """The windows that the confidence is fitted to, one row each; a missing half has NaN terms."""

    terms: NDArray[np.float64]
    """(windows, 2, terms): of the rate that is read, and of its half."""
    right: NDArray[np.bool_]
    """(windows, 2): whether it is within 3 beats a minute."""
    contradicted: NDArray[np.bool_]
    """(windows, 2): rejected whatever the confidence says; true where it is none."""
    video: NDArray[np.int64]
    """Which video it is of."""
    window_s: NDArray[np.float64]

    def of(self, keep: NDArray[np.bool_]) -> Windows:
        """Return a selection of the windows."""
        return Windows(*(getattr(self, f.name)[keep] for f in dataclasses.fields(self)))


def gather(folder: Path) -> Windows:
    """Read the windows of the videos that `doubt.py collect` measured."""
    found = [row for video in load(folder) for row in window_rows(video, None)]
    rows = [row for row in found if row["readings"]]
    terms = np.full((len(rows), 2, len(TERMS)), np.nan)
    right = np.zeros((len(rows), 2), bool)
    contradicted = np.ones((len(rows), 2), bool)
    for i, row in enumerate(rows):
        for k, (bpm, seen) in enumerate(row["readings"]):
            terms[i, k] = [float(term(seen)) for term in TERMS.values()]
            right[i, k] = near(bpm, row["truth_bpm"])
            contradicted[i, k] = bool(contradictions(seen, bpm))
    names = sorted({(row["kind"], row["film"]) for row in rows})
    video = np.array([names.index((row["kind"], row["film"])) for row in rows])
    return Windows(terms, right, contradicted, video, np.array([row["window_s"] for row in rows]))


def sure(
    intercept: float, weights: NDArray[np.float64], terms: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Compute the confidence from terms; 0 if they are NaN."""
    return np.nan_to_num(1 / (1 + np.exp(-(intercept + terms @ weights))))


def fit_both(windows: Windows) -> tuple[float, NDArray[np.float64]]:
    """Fit to the rates, and to the halves of the rates that the fit would reject."""
    main, half = windows.terms[:, 0], windows.terms[:, 1]
    intercept, weights = fit(main, windows.right[:, 0])
    for _ in range(2):  # rejected readings change with the fit, the second time hardly
        rejected = sure(intercept, weights, main) < LEAST_CONFIDENCE
        asked = np.isfinite(half[:, 0]) & (rejected | windows.contradicted[:, 0])
        intercept, weights = fit(
            np.concatenate([main, half[asked]]),
            np.concatenate([windows.right[:, 0], windows.right[asked, 1]]),
        )
    return intercept, weights


def cross_validated(
    windows: Windows,
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_]]:
    """Cross-validate by video: confidence of each window, and if it is right or contradicted."""
    n = int(windows.video.max()) + 1
    fold = np.random.default_rng(0).permutation(n)[windows.video] % FOLDS
    p, right, against = (np.zeros(fold.size, kind) for kind in (float, bool, bool))
    for k in range(FOLDS):
        own = windows.of(fold == k)
        both = sure(*fit_both(windows.of(fold != k)), own.terms)
        accepted = (both >= LEAST_CONFIDENCE) & ~own.contradicted
        place = np.arange(len(both)), (~accepted[:, 0] & accepted[:, 1]).astype(int)
        p[fold == k], right[fold == k] = both[place], own.right[place]
        against[fold == k] = own.contradicted[place]
    return p, right, against


def write(out: Path, weights: Path, spec: ConfidenceSpec) -> None:
    """Write the weights with a new confidence, as both files."""
    from sspd.models.checkpoint import load_checkpoint, save_checkpoint
    from sspd.network.export import export_onnx

    network, made_by = load_checkpoint(weights)
    network.spec = dataclasses.replace(network.spec, confidence=spec)
    save_checkpoint(network, out.with_suffix(".safetensors"), made_by)
    export_onnx(network, out.with_suffix(".onnx"))


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
        for least in (0.7, 0.75, LEAST_CONFIDENCE, 0.85, 0.9):
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
    windows = gather(args.folder)
    wrong = 1 - windows.right[:, 0].mean()
    print(f"{windows.video.max() + 1} videos, {windows.video.size} windows, {wrong:.0%} wrong")
    report(*cross_validated(windows), windows.window_s)
    intercept, weights = fit_both(windows)
    for name, weight, spread in zip(TERMS, weights, windows.terms[:, 0].std(axis=0), strict=True):
        print(f"  {name:15s} {weight:8.4f}  (times its spread {weight * spread:6.2f})")
    if args.write:
        pairs = zip(TERMS, (round(float(weight), 5) for weight in weights), strict=True)
        kept = tuple((name, weight) for name, weight in pairs if weight)
        write(args.write, args.weights, ConfidenceSpec(round(intercept, 5), kept))


if __name__ == "__main__":
    main()
