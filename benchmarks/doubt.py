"""Evaluate the confidence: right and wrong readings, and videos without a pulse.

Each video is measured as `sspd measure` does, in windows of 30 s and of 10 s. Sets:
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from doubt_videos import SETS, Kept, collect, load, make_videos
from sspd.network import load_network
from sspd.types import ConfidenceSpec, FaceSegment, Signal
from sspd.vitals import join_frame_stats, pulse_band, read_rate, read_vitals
from sspd.vitals.acceptance import LEAST_CONFIDENCE
from sspd.vitals.heart_rate import follow_rate, read_half
from sspd.vitals.quality_features import QualityFeatures, compute_quality_features

WINDOWS_S = (30.0, 10.0)
RIGHT_WITHIN_BPM = 3.0
BINS = 10


def window_rows(video: Kept, confidence: ConfidenceSpec | None) -> list[dict[str, Any]]:
    """Return one row for each window: its reading in `sspd measure`, its truth and features."""
    rows = []
    for window_s in WINDOWS_S:
        found = read_vitals(
            video.segments, video.waves, window_s=window_s, facts=video.facts, confidence=confidence
        )
        for window in found.windows:
            row = dataclasses.asdict(window) | {"window_s": window_s}
            row |= {"kind": video.kind, "film": video.number}
            row["truth_bpm"] = _truth_bpm(video.beats_s, window.start_s, window.end_s)
            row["readings"] = []
            if found.signal is not None and window.spectral_bpm is not None:
                span = window.start_s, window.end_s
                row["readings"] = _readings(found.signal, video.segments, *span)
            rows.append(row)
    return rows


def _truth_bpm(beats_s: NDArray[np.float64], start_s: float, end_s: float) -> float | None:
    """Return the mean rate of the beats in a window; None: there is no pulse."""
    beats = beats_s[(beats_s >= start_s) & (beats_s <= end_s)]
    return 60 / float(np.diff(beats).mean()) if beats.size > 2 else None


def _readings(
    signal: Signal, segments: Sequence[FaceSegment], start_s: float, end_s: float
) -> list[tuple[float, QualityFeatures]]:
    """Return the rate of a window, and half of it if possible, each with its quality features."""
    if not bool(np.isfinite(signal.values).all()):
        return []
    filtered = Signal(pulse_band(signal.values, signal.fs), signal.fs, signal.start_s)
    part, frame_stats = filtered.between(start_s, end_s), join_frame_stats(segments)
    reading = read_rate(part.values, part.fs)
    half = read_half(part.values, part.fs, reading)
    followed = [follow_rate(part.values, part.fs, one) for one in (reading, half) if one]
    found = [
        (one.spectral_bpm, compute_quality_features(part, one, frame_stats)) for one in followed
    ]
    return [(bpm, seen) for bpm, seen in found if bpm is not None and seen is not None]


def is_right(row: dict[str, Any]) -> bool:
    """Return whether the reading, accepted or not, is within 3 bpm of the truth."""
    return near(row["spectral_bpm"], row["truth_bpm"])


def near(bpm: float | None, truth_bpm: float | None) -> bool:
    """Return whether a rate is within 3 bpm of the truth; False if there is no truth."""
    return bpm is not None and truth_bpm is not None and abs(bpm - truth_bpm) <= RIGHT_WITHIN_BPM


def calibration_error(p: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Compute the expected calibration error in ten bins of equal width."""
    return float(sum(n * abs(mean - share) for mean, share, n in bins(p, right)) / p.size)


def bins(p: NDArray[np.float64], right: NDArray[np.bool_]) -> Iterator[tuple[float, float, int]]:
    """Compute mean confidence, fraction of right readings and count of each non-empty bin."""
    of = np.minimum((p * BINS).astype(int), BINS - 1)
    for k in range(BINS):
        if (of == k).any():
            yield float(p[of == k].mean()), float(right[of == k].mean()), int((of == k).sum())


def auroc(p: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Compute how often a right reading has more confidence than a wrong one."""
    wins = (p[right][:, None] > p[~right]).mean() + 0.5 * (p[right][:, None] == p[~right]).mean()
    return float(wins)


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
    believed = [row for row in rows if row["accepted"]]
    right, wrong = sum(map(is_right, rows)), sum(not is_right(row) for row in believed)
    print(
        f"  {name:16s} {videos:4d} videos {len(rows):4d} windows: {right:4d} right,"
        f" {len(believed):4d} accepted ({len(believed) / len(rows):.1%}), {wrong} of them wrong"
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
    gather, video = commands.add_parser("collect"), commands.add_parser("films")
    for command in (gather, video):
        command.add_argument("set_name", choices=sorted(SETS))
        command.add_argument("folder", type=Path)
        command.add_argument("--jobs", type=int, default=2)
    gather.add_argument(
        "--videos", "--films", type=Path, help="folder of `videos`; made again by default"
    )
    judge = commands.add_parser("score")
    judge.add_argument("folder", type=Path)
    for command in (gather, judge):
        command.add_argument("--weights")
    judge.add_argument("--figure", type=Path)
    args = parser.parse_args()
    if args.command == "collect":
        collect(args.set_name, args.folder, args.jobs, args.weights, args.videos)
        return
    if args.command == "films":
        make_videos(args.set_name, args.folder, args.jobs)
        return
    confidence = load_network(args.weights).spec.confidence
    rows = [row for video in load(args.folder) for row in window_rows(video, confidence)]
    score(rows, args.figure)


if __name__ == "__main__":
    main()
