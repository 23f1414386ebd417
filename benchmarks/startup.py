"""Time the start of ``import sspd`` and ``sspd --help``, in new processes.

Run ``python benchmarks/startup.py`` where sspd is installed. The best run is shown beside the
median, because a busy machine makes things slower, never faster.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

RUNS = 15
#: Command, and its limit in seconds.
CASES = (
    ("import sspd", ["-c", "import sspd"], 0.3),
    ("sspd --help", ["-m", "sspd.cli.main", "--help"], 0.6),
    ("(empty Python)", ["-c", "pass"], None),
)


def seconds_of(arguments: list[str]) -> float:
    """Return the wall-clock seconds of one new Python with these arguments."""
    began = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    """Measure every case, print one row each; exit with 1 if one is over its limit."""
    over = False
    print(f"{'what':16} {'best s':>8} {'median s':>8} {'limit s':>8}")
    for name, arguments, limit in CASES:
        seconds_of(arguments)  # the first run reads from disk
        times = [seconds_of(arguments) for _ in range(RUNS)]
        over = over or (limit is not None and min(times) > limit)
        shown = "" if limit is None else f"{limit:8.2f}"
        print(f"{name:16} {min(times):8.3f} {statistics.median(times):8.3f} {shown}")
    raise SystemExit(int(over))


if __name__ == "__main__":
    main()
