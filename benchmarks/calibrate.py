"""Fit the confidence to films whose pulse is known, and write it into the weights.

    python benchmarks/doubt.py collect fit FOLDER --jobs 2
    python benchmarks/calibrate.py FOLDER --write OUT

FOLDER holds what `doubt.py collect` kept. OUT gets the weights anew, ``OUT.safetensors`` and
``OUT.onnx``, with the confidence in them. A term may only speak in its own direction: what
no film shows is not learned from a few that happen to share it.
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from doubt import auroc, calibration_error, is_right, window_rows
from doubt_films import load
from sspd.recipes.network import ConfidenceSpec
from sspd.runtime.network import shipped_weights
from sspd.vitals.confidence import AGAINST, TERMS
from sspd.vitals.doubt import LEAST_CONFIDENCE

#: How far weights are drawn to 0, per squared weight of a standardised term.
RIDGE = 1.0
FOLDS = 8
#: Wrong readings count as if they were this share of all: confidence depends on how many
#: there are, and more than half of what it is shown here is hard or has no pulse.
WRONG_SHARE = 0.6


def fit(terms: NDArray[np.float64], right: NDArray[np.bool_]) -> tuple[float, NDArray[np.float64]]:
    """Intercept and weights of a logistic regression, each with its allowed sign.

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


def cross_validated(
    terms: NDArray[np.float64], right: NDArray[np.bool_], films: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Confidence of each window from the others' films."""
    fold = np.random.default_rng(0).permutation(films.max() + 1)[films] % FOLDS
    p = np.zeros(right.size)
    for k in range(FOLDS):
        intercept, weights = fit(terms[fold != k], right[fold != k])
        p[fold == k] = 1 / (1 + np.exp(-(intercept + terms[fold == k] @ weights)))
    return p


def write(out: Path, weights: Path, spec: ConfidenceSpec) -> None:
    """The weights with another confidence, as both files."""
    from sspd.nn.checkpoint import load_checkpoint, save_checkpoint
    from sspd.runtime.export import export_onnx

    network, made_by = load_checkpoint(weights)
    network.spec = dataclasses.replace(network.spec, confidence=spec)
    save_checkpoint(network, out.with_suffix(".safetensors"), made_by)
    export_onnx(network, out.with_suffix(".onnx"))


def report(p: NDArray[np.float64], rows: list[dict[str, Any]]) -> None:
    """What the threshold would have done on films that were not fitted to."""
    right = np.array([is_right(row) for row in rows])
    print(f"cross-validated: AUROC {auroc(p, right):.3f}, error {calibration_error(p, right):.3f}")
    for window_s in sorted({row["window_s"] for row in rows}):
        own = np.array([row["window_s"] == window_s for row in rows])
        for least in (0.7, 0.75, LEAST_CONFIDENCE, 0.85, 0.9):
            on = own & (p >= least)
            print(
                f"  {window_s:g} s, from {least:g} on: {on[right].sum() / own[right].sum():.1%} of"
                f" the right ones, {on[~right].sum()} of {own[~right].sum()} wrong ones"
            )


def main() -> None:
    """Parse, fit, tell, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--weights", type=Path, default=shipped_weights(".safetensors"))
    parser.add_argument("--write", type=Path, metavar="OUT")
    args = parser.parse_args()
    found = [row for film in load(args.folder) for row in window_rows(film, None)]
    rows = [row for row in found if row["evidence"] is not None]
    terms = np.array([[float(term(row["evidence"])) for term in TERMS.values()] for row in rows])
    right = np.array([is_right(row) for row in rows])
    names = sorted({(row["kind"], row["film"]) for row in rows})
    films = np.array([names.index((row["kind"], row["film"])) for row in rows])
    print(f"{len(names)} films, {len(rows)} windows, {1 - right.mean():.0%} wrong")
    report(cross_validated(terms, right, films), rows)
    intercept, weights = fit(terms, right)
    for name, weight, spread in zip(TERMS, weights, terms.std(axis=0), strict=True):
        print(f"  {name:15s} {weight:8.4f}  (times its spread {weight * spread:6.2f})")
    if args.write:
        pairs = zip(TERMS, (round(float(weight), 5) for weight in weights), strict=True)
        kept = tuple((name, weight) for name, weight in pairs if weight)
        write(args.write, args.weights, ConfidenceSpec(round(intercept, 5), kept))


if __name__ == "__main__":
    main()
