"""Compare a run that was killed and resumed many times with an uninterrupted one.

Makes videos with a known pulse, measures them once without an interruption, and once killed
(SIGKILL to the command and its workers) at random moments, continued with --resume each
time. Exits with code 1 unless the results are equal except for their timings: the JSON, and every
byte of the CSV and of each video's waveform.

python benchmarks/resume.py FOLDER --videos 50 --kills 10
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import numpy as np

from sspd.errors import OutputError
from sspd.pipeline.batch import Journal
from sspd.simulation import VideoSpec, write_video

#: Short and small, because this tests the killing and not the measuring.
VIDEO: dict[str, Any] = {
    "duration_s": 9.0,
    "width": 320,
    "height": 240,
    "face_px": 120,
    "noise_levels": 1.0,
}


def make_videos(folder: Path, n: int) -> None:
    """Make the missing videos in two folders, and a file that is not a video."""
    for i in range(n - 1):
        path = folder / f"{i % 2}" / f"video_{i:03d}.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            write_video(VideoSpec(seed=i, hr_bpm=50.0 + 2 * i, **VIDEO), path)
    (folder / "broken.mp4").write_text("no video")


def start(videos: Path, out: Path, method: str, jobs: int, *more: str) -> subprocess.Popen[str]:
    """Start measuring in a separate process group."""
    out.mkdir(parents=True, exist_ok=True)
    outputs = ["--json", out / "a.json", "--csv", out / "a.csv", "--signal", out / "s.csv"]
    command = [sys.executable, "-m", "sspd.cli.main", "measure", videos, *outputs, *more]
    return subprocess.Popen(
        [*map(str, command), "--method", method, "--jobs", str(jobs)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def results_in(journal: Path) -> int:
    """Videos in the journal so far: in a copy, as its run alone may open it."""
    with tempfile.TemporaryDirectory() as folder:
        for path in (journal, journal.with_name(f"{journal.name}-wal")):
            with suppress(FileNotFoundError):
                shutil.copy(path, folder)
        try:
            with closing(Journal(Path(folder) / journal.name)) as copy:
                return copy.found_results
        except OutputError:  # copied in the middle of its first page
            return 0


def kill_at_random(
    process: subprocess.Popen[str], journal: Path, most: int, rng: np.random.Generator
) -> bool:
    """Kill the group after up to so many videos more, in the middle of one; False: too late."""
    wanted = results_in(journal) + int(rng.integers(0, most + 1))
    while results_in(journal) < wanted and process.poll() is None:
        time.sleep(0.005)
    try:
        process.communicate(timeout=float(rng.uniform(0, 0.5)))
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return True
    return False


def measure_broken(videos: Path, out: Path, args: argparse.Namespace) -> int:
    """Kill and resume, then let it finish; return the number of kills."""
    rng, journal, kills, before = np.random.default_rng(args.seed), out / "a.json.journal", 0, 0
    # so few that videos are left for the last kill
    most = args.videos // (args.kills + 2)
    for _ in range(args.kills):
        process = start(videos, out, args.method, args.jobs, "--resume")
        kills += kill_at_random(process, journal, most, rng)
        print(f"{results_in(journal) - before:3d} videos, then killed", file=sys.stderr)
        before = results_in(journal)
    start(videos, out, args.method, args.jobs, "--resume").communicate()
    return kills


def rows(path: Path) -> list[dict[str, Any]]:
    """Return the results without their timings."""
    found = json.loads(path.read_text(encoding="utf-8"))
    return [{name: row[name] for name in row if name != "timing_s"} for row in found]


def differences(whole: Path, broken: Path) -> list[str]:
    """List the files that differ between both folders."""
    names = sorted({path.name for folder in (whole, broken) for path in folder.iterdir()})
    wrong = []
    for name in names:
        one, other = whole / name, broken / name
        if not (one.exists() and other.exists()):
            wrong.append(f"{name}: only in one")
        elif name.endswith(".json"):
            wrong += [] if rows(one) == rows(other) else [f"{name}: other results"]
        elif name.endswith(".csv") and one.read_bytes() != other.read_bytes():
            wrong.append(f"{name}: other bytes")
    return wrong


def main() -> None:
    """Make the videos, measure with and without interruptions, compare."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="folder of the videos")
    parser.add_argument("--videos", "--films", type=int, default=50)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--method", default="pos")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, help="seed of the moments; random by default")
    args = parser.parse_args()
    videos = args.folder / "videos"
    make_videos(videos, args.videos)
    with tempfile.TemporaryDirectory(prefix="results-", dir=args.folder) as results:
        whole, broken = Path(results) / "whole", Path(results) / "broken"
        start(videos, whole, args.method, args.jobs).communicate()
        kills = measure_broken(videos, broken, args)
        wrong = differences(whole, broken)
        good = sum("error" not in row for row in rows(whole / "a.json"))
    print(f"{args.videos} videos ({good} can be measured), {kills} kills, {len(wrong)} differences")
    print("\n".join(wrong))
    raise SystemExit(bool(wrong) or kills < args.kills)


if __name__ == "__main__":
    main()
