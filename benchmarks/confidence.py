"""Evaluate the confidence: right and wrong readings, and videos without a pulse.

Each video is measured as `sspd measure` does, in windows of 30 s and of 10 s. Sets:
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from confidence_videos import SETS, collect, make_videos
from sspd.network import load_network
from sspd.research.calibration.measured import load_all_measured
from sspd.research.calibration.score import auroc, bins, calibration_error
from sspd.research.calibration.windows import WINDOWS_S, is_right, window_rows
from sspd.vitals.acceptance import LEAST_CONFIDENCE


def score(rows: list[dict[str, Any]], figure: Path | None) -> None:
    """Print the scores, and draw the reliability diagram."""
    known = [row for row in rows if row["confidence"] is not None]
    p = np.array([row["confidence"] for row in known])
    right = np.array([is_right(row) for row in known])
    print(f"{len(known)} windows with a confidence, {1 - right.mean():.0%} of them wrong")
    print(f"expected calibration error {calibration_error(p, right):.4f}")
    print(f"AUROC {auroc(p, right):.3f}; threshold {LEAST_CONFIDENCE}")
    for mean, share, n in bins(p, right):
        print(f"  says {mean:.2f}: {share:.2f} right ({n})")
    for window_s in WINDOWS_S:
        print(f"windows of {window_s:g} s: videos, rates right, accepted, accepted and wrong")
        own = [row for row in rows if row["window_s"] == window_s]
        for kind in dict.fromkeys(row["kind"] for row in own):
            some = [row for row in own if row["kind"] == kind]
            _line(kind, some)
        _line("good", [row for row in own if row["kind"].startswith("good")])
        _line("null", [row for row in own if row["kind"].startswith("null")])
    if figure is not None:
        _draw(p, right, figure)


def _line(name: str, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    videos = len({(row["kind"], row["film"]) for row in rows})
    accepted = [row for row in rows if row["accepted"]]
    right, wrong = sum(map(is_right, rows)), sum(not is_right(row) for row in accepted)
    print(
        f"  {name:16s} {videos:4d} videos {len(rows):4d} windows: {right:4d} right,"
        f" {len(accepted):4d} accepted ({len(accepted) / len(rows):.1%}), {wrong} of them wrong"
    )


def _draw(p: NDArray[np.float64], right: NDArray[np.bool_], path: Path) -> None:
    from matplotlib.figure import Figure

    drawing = Figure(figsize=(4.6, 4.4), layout="constrained")
    axes = drawing.subplots()
    axes.plot([0, 1], [0, 1], color="0.7", lw=1)
    means, shares, counts = (np.array(column) for column in zip(*bins(p, right), strict=True))
    spread = np.sqrt(np.maximum(shares * (1 - shares), 0.25 / counts) / counts)
    axes.errorbar(
        means, shares, 1.96 * spread, fmt="o-", color="#b0303a", capsize=3, lw=1.5, clip_on=False
    )
    axes.axvline(LEAST_CONFIDENCE, color="0.4", ls=":", lw=1)
    axes.text(LEAST_CONFIDENCE + 0.015, 0.02, "accepted from here on", rotation=90)
    axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    axes.set_xlabel("confidence")
    axes.set_ylabel("share within 3 beats a minute")
    axes.set_title(f"{p.size} held-out windows", loc="left")
    drawing.savefig(path, dpi=150)


def main() -> None:
    """Parse arguments and run the command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    gather, video = commands.add_parser("collect"), commands.add_parser("videos")
    for command in (gather, video):
        command.add_argument("set_name", choices=sorted(SETS))
        command.add_argument("folder", type=Path)
        command.add_argument("--jobs", type=int, default=2)
    gather.add_argument("--videos", type=Path, help="what `videos` made; made anew by default")
    gather.add_argument("--kinds", default="", help="only kinds that begin like this: null")
    judge = commands.add_parser("score")
    judge.add_argument("folder", type=Path)
    for command in (gather, judge):
        command.add_argument("--weights")
    gather.add_argument("--precision", default="auto", choices=("auto", "f32", "bf16", "int8"))
    judge.add_argument("--figure", type=Path)
    args = parser.parse_args()
    if args.command == "collect":
        settings = args.weights, args.precision, args.videos, args.kinds
        collect(args.set_name, args.folder, args.jobs, *settings)
        return
    if args.command == "videos":
        make_videos(args.set_name, args.folder, args.jobs)
        return
    confidence = load_network(args.weights).spec.confidence
    rows = [
        row for video in load_all_measured(args.folder) for row in window_rows(video, confidence)
    ]
    score(rows, args.figure)


if __name__ == "__main__":
    main()
