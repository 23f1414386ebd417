"""Make a folder of held-out videos for `sspd evaluate`; its conditions are the suite's slices.

The videos are those of `benchmarks/slices.py`, which no training and no threshold has used;
with --videos fewer for each slice. Existing videos are not made again.

python benchmarks/held_out.py FOLDER --videos 4
sspd evaluate folder:FOLDER --method sspd,physnet,pos --weights physnet=F --out scores
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from slices import DURATION_S
from sspd.research.datasets.folder_table import Row, add_row
from sspd.simulation import VideoSpec, write_truth, write_video
from sspd.simulation.codecs.transmission import video_suffix
from sspd.utils.pool import process_pool
from suites import SEEDS, suite


def write(root: Path, name: str, spec: VideoSpec) -> str:
    """Write a video and its truth if they are missing; return its file's name."""
    path = root / f"{name}{video_suffix(spec)}"
    if not path.exists():
        write_truth(spec, root / "truth" / path.name)
        write_video(spec, path)
    return path.name


def main() -> None:
    """Make the videos."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--set", choices=tuple(SEEDS), default="suite")
    parser.add_argument("--videos", "--films", type=int, default=4, help="videos in each slice")
    parser.add_argument("--seconds", type=float, default=DURATION_S)
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    (args.folder / "truth").mkdir(parents=True, exist_ok=True)
    with process_pool(args.jobs) as pool:
        jobs = []
        for k, (name, spec) in enumerate(suite(args.set, args.videos, args.seconds)):
            video = f"{name}_{k % args.videos:02d}"
            jobs.append((video, name, pool.submit(write, args.folder, video, spec)))
        for done, (video, name, job) in enumerate(jobs, 1):
            add_row(args.folder, Row(job.result(), video, name))
            print(f"{done} of {len(jobs)} videos", file=sys.stderr)


if __name__ == "__main__":
    main()
