"""Count measurements that are accepted and wrong, the worst possible outcome.

python benchmarks/wrong.py FOLDER --seeds 6 --jobs 2
python benchmarks/wrong.py FOLDER --kinds plain,ramp --anew

Makes the videos of `benchmarks/wrong_videos.py` (kept in FOLDER for the next run), measures
each as `sspd measure` does, and compares every accepted window with the beats in it. A video
is *accepted and wrong* if an accepted window differs from its mean rate by more than 3 bpm
and 5 %, or if nothing in the video is alive. Results are saved, one file for each video, until the
code or the weights change (``--anew`` always measures); ``--fit`` makes the videos that the
confidence may be fitted to; ``--score`` prints the saved results. Exits with code 1 if a goal is
missed.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import hashlib
import inspect
import json
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from wrong_base import Truth
from wrong_jobs import each_in_process
from wrong_videos import FIT_SEED, JUDGE_SEED, KINDS, available, write

WINDOW_S = 30.0
#: The goals: fraction of videos accepted and wrong; groups without any.
MOST_WRONG, NEVER_WRONG = 0.01, (1, 2, 3, 4)
#: Time limit for making and measuring a video, seconds; beyond it the row fails.
PATIENCE_S = 420.0
COLUMNS = "kind group number held_out truth_bpm read_bpm accepted wrong confidence reasons error"


@dataclasses.dataclass(frozen=True)
class Job:
    """One video to make and measure."""

    kind: str
    number: int
    base_seed: int
    folder: Path
    weights: str | None
    method: str
    version: str
    anew: bool

    @property
    def path(self) -> Path:
        """Path of the video."""
        name = f"{self.kind}-{self.number:02d}{KINDS[self.kind].suffix}"
        # the two sets are never confused, even in one folder
        return self.folder / (name if self.base_seed == JUDGE_SEED else f"fit-{name}")

    @property
    def kept(self) -> Path:
        """Path of its result."""
        return self.path.with_suffix(f".{self.version}.json")


def allowed_bpm(true_bpm: float) -> float:
    """Return the largest allowed error of a reading: 3 bpm, or 5 % of a fast heart rate.

    >>> allowed_bpm(50.0), allowed_bpm(120.0)
    (3.0, 6.0)
    """
    return max(3.0, 0.05 * true_bpm)


def true_rate(beats_s: Sequence[float] | None, start_s: float, end_s: float) -> float | None:
    """Return the beats per minute in a window; None if nothing is alive.

    A window on a clock that is too slow has no beats of its own: then the mean over all beats is
    used.

    >>> true_rate([0.0, 0.5, 1.0, 2.0, 3.0], 0.9, 3.1), true_rate(None, 0, 30)
    (60.0, None)
    """
    if not beats_s:
        return None
    beats = np.asarray(beats_s)
    inside = beats[(beats >= start_s) & (beats <= end_s)]
    if inside.size < 4:
        inside = beats
    return float(60 * (inside.size - 1) / np.ptp(inside))


def make(job: Job) -> Truth:
    """Make the video and its truth if they are missing."""
    beside = job.path.with_suffix(job.path.suffix + ".truth.json")
    if not (beside.exists() and job.path.exists()):
        known = write(job.kind, (job.base_seed, job.number), job.path)
        beside.write_text(json.dumps(dataclasses.asdict(known)), encoding="utf-8")
    kept = json.loads(beside.read_text(encoding="utf-8"))
    return Truth(kept["beats_s"], kept["box"], kept["options"])


@cache
def _method(name: str, weights: str | None) -> Any:
    import cv2

    from sspd.methods import get_method

    cv2.setNumThreads(1)
    return get_method(name, weights=weights, precision="auto", threads=1)


def run(job: Job) -> dict[str, Any]:
    """Make and measure one video; return its row."""
    from sspd import measure
    from sspd.errors import SSPDError
    from sspd.types import Box

    known = make(job)
    row: dict[str, Any] = {"kind": job.kind, "number": job.number}
    box = Box(*known.box) if known.box else None
    # `fps` is newer than this benchmark
    takes = inspect.signature(measure).parameters
    options = {name: value for name, value in known.options.items() if name in takes}
    method = _method(job.method, job.weights)
    try:
        found = measure(job.path, method=method, window_s=WINDOW_S, box=box, **options)
    except SSPDError as error:
        return row | {"error": str(error).replace(str(job.folder), "."), "windows": []}
    windows = []
    for window in found.windows:
        one = dataclasses.asdict(window)
        one["truth_bpm"] = true_rate(known.beats_s, window.start_s, window.end_s)
        windows.append(one)
    told = {"reasons": list(found.reasons), "warnings": list(found.warnings)}
    return row | told | {"windows": windows, "alive": bool(known.beats_s), "error": None}


def work(job: Job) -> dict[str, Any]:
    """Run a video, or return its saved result for the same code and weights."""
    if not job.anew and job.kept.exists():
        row: dict[str, Any] = json.loads(job.kept.read_text(encoding="utf-8"))
        return row
    row = run(job)
    part = job.kept.with_suffix(".part")
    part.write_text(json.dumps(row), encoding="utf-8")
    part.replace(job.kept)
    return row


def is_wrong(window: dict[str, Any]) -> bool:
    """Return whether a window was accepted and is wrong."""
    if not window["accepted"]:
        return False
    truth, read = window["truth_bpm"], window["spectral_bpm"]
    return truth is None or abs(read - truth) > allowed_bpm(truth)


def flat(row: dict[str, Any]) -> dict[str, Any]:
    """Return a video as a row of the CSV."""
    windows = row.get("windows", [])
    kind = KINDS[row["kind"]]
    # the values of the worst window
    worst: dict[str, Any] = max(windows, key=lambda w: (is_wrong(w), w["accepted"]), default={})
    reasons = sorted({reason for w in windows for reason in w["reasons"]})
    return {
        "kind": row["kind"],
        "group": kind.group,
        "number": row["number"],
        "held_out": kind.held_out,
        "truth_bpm": worst.get("truth_bpm"),
        "read_bpm": worst.get("spectral_bpm"),
        "accepted": any(w["accepted"] for w in windows),
        "wrong": any(is_wrong(w) for w in windows),
        "confidence": worst.get("confidence"),
        "reasons": " ".join(reasons or row.get("reasons", [])),
        "error": row.get("error"),
    }


def version_of(weights: str | None, method: str) -> str:
    """Hash the code and the weights, so that results of others are not used."""
    import sspd

    root = Path(sspd.__file__).parent
    digest = hashlib.sha256(method.encode())
    files = [*sorted(root.rglob("*.py")), *sorted((root / "weights").glob("*"))]
    for path in [*files, *([Path(weights)] if weights else [])]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:10]


def table(rows: list[dict[str, Any]]) -> Iterator[str]:
    """Format one line for each kind, and the totals."""
    yield "| kind | group | videos | accepted | and wrong | confidence | reasons |"
    yield "|---|---|---|---|---|---|---|"
    for name in [name for name in KINDS if any(row["kind"] == name for row in rows)]:
        own = [row for row in rows if row["kind"] == name]
        levels = [row["confidence"] for row in own if row["confidence"] is not None]
        seen: dict[str, int] = {}
        for row in own:
            for reason in row["reasons"].split() or (["error"] if row["error"] else []):
                seen[reason] = seen.get(reason, 0) + 1
        told = ", ".join(f"{word} {n}" for word, n in sorted(seen.items(), key=lambda x: -x[1]))
        accepted, wrong = (sum(row[key] for row in own) for key in ("accepted", "wrong"))
        held = " (held out)" if KINDS[name].held_out else ""
        level = f"{np.median(levels):.2f}" if levels else "-"
        yield (
            f"| {name}{held} | {KINDS[name].group or '-'} | {len(own)} | {accepted}"
            f" | {f'**{wrong}**' if wrong else 0} | {level} | {told} |"
        )


def verdict(rows: list[dict[str, Any]]) -> tuple[list[str], bool]:
    """Return the goals, and whether they are met."""
    share = sum(row["wrong"] for row in rows) / len(rows)
    never = sum(row["wrong"] for row in rows if row["group"] in NEVER_WRONG)
    held = [row for row in rows if row["held_out"]]
    readable = [row for row in rows if KINDS[row["kind"]].readable]
    died = sum(bool(row["error"]) for row in rows)
    lines = [
        f"{len(rows)} videos, {sum(row['accepted'] for row in rows)} accepted,"
        f" {sum(row['wrong'] for row in rows)} accepted and wrong: {share:.1%}"
        f" (goal: at most {MOST_WRONG:.0%})",
        f"groups 1-4: {never} accepted and wrong (goal: none)",
        f"held-out kinds: {sum(row['wrong'] for row in held)} of {len(held)} accepted and wrong",
        f"kinds with nothing wrong: {sum(row['accepted'] for row in readable)} of"
        f" {len(readable)} accepted",
        f"{died} videos ended with an error",
    ]
    return lines, share <= MOST_WRONG and never == 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse arguments, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kinds", help="names with commas; all by default")
    parser.add_argument("--seeds", type=int, default=6, help="videos of each kind")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--weights")
    parser.add_argument("--method", default="sspd")
    parser.add_argument("--anew", action="store_true", help="measure again")
    parser.add_argument("--fit", action="store_true", help="videos of FIT_SEED, none held out")
    parser.add_argument("--make", action="store_true", help="make the videos, measure nothing")
    parser.add_argument("--score", action="store_true", help="print saved results, make no video")
    asked = parser.parse_args(arguments)
    names = asked.kinds.split(",") if asked.kinds else available()
    if unknown := set(names) - set(available()):
        parser.error(f"no such kind, or not here: {', '.join(sorted(unknown))}")
    if asked.fit:
        names = [name for name in names if not KINDS[name].held_out]
    asked.folder.mkdir(parents=True, exist_ok=True)
    base, version = FIT_SEED if asked.fit else JUDGE_SEED, version_of(asked.weights, asked.method)
    settings = (base, asked.folder, asked.weights, asked.method, version, asked.anew)
    # number by number, so that an interrupted run has covered every kind
    jobs = [Job(name, number, *settings) for number in range(asked.seeds) for name in names]
    rows = []
    done: Iterator[tuple[Job, Any]]
    if asked.score:
        jobs = [job for job in jobs if job.kept.exists()]
        done = ((job, work(dataclasses.replace(job, anew=False))) for job in jobs)
    else:
        todo = make if asked.make else work
        done = each_in_process(todo, jobs, asked.jobs, PATIENCE_S)
    for job, row in done:
        if isinstance(row, str):
            row = {"kind": job.kind, "number": job.number, "error": row}
        if not asked.make:
            rows.append(flat(row))
        print(f"{job.path.name} done, {len(jobs)} in all", file=sys.stderr, flush=True)
    if not rows:
        return 0
    rows.sort(key=lambda row: (list(KINDS).index(row["kind"]), row["number"]))
    with (asked.folder / "wrong.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS.split())
        writer.writeheader()
        writer.writerows(rows)
    lines, met = verdict(rows)
    print("\n".join([*table(rows), "", *lines]))
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
