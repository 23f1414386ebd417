"""A folder of held-out films for `sspd evaluate`: the suite's slices as its conditions.

The films are those of `benchmarks/slices.py`, which no training and no threshold has seen;
with --films fewer a slice. What is there is not drawn again.

    python benchmarks/held_out.py FOLDER --films 4
    sspd evaluate folder:FOLDER --method sspd,physnet,pos --weights physnet=F --out scores
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from slices import DURATION_S, SUITE_SEED, VALIDATION_SEED, suite
from sspd.research.datasets.folder_table import Row, add_row
from sspd.simulation import FilmSpec, write_film, write_truth
from sspd.utils.pool import process_pool


def write(root: Path, name: str, spec: FilmSpec) -> str:
    """A film and its truth, where it is not there yet; returns its file's name."""
    path = root / f"{name}.mp4"
    if not path.exists():
        write_truth(spec, root / "truth" / path.name)
        write_film(spec, path)
    return path.name


def main() -> None:
    """Draw the films."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--set", choices=("suite", "validation"), default="suite")
    parser.add_argument("--films", type=int, default=4, help="films a slice")
    parser.add_argument("--seconds", type=float, default=DURATION_S)
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    seed = SUITE_SEED if args.set == "suite" else VALIDATION_SEED
    (args.folder / "truth").mkdir(parents=True, exist_ok=True)
    with process_pool(args.jobs) as pool:
        jobs = []
        for k, (name, spec) in enumerate(suite(seed, args.films, args.seconds)):
            film = f"{name}_{k % args.films:02d}"
            jobs.append((film, name, pool.submit(write, args.folder, film, spec)))
        for done, (film, name, job) in enumerate(jobs, 1):
            add_row(args.folder, Row(job.result(), film, name))
            print(f"{done} of {len(jobs)} films", file=sys.stderr)


if __name__ == "__main__":
    main()
