"""Rates of videos by the light networks of the package open-rppg, in an environment of its own.

python -m venv ENV && ENV/bin/pip install open-rppg==0.1.1
ENV/bin/python benchmarks/other_networks.py VIDEO... --models FacePhys.rlap --out rows.jsonl

Their weights were trained on recordings of real people, under licences of their own; they are
measured here, and not shipped. Each video gives one line: its rate in beats per minute, the
package's quality index (the highest autocorrelation, 0 to 1), seconds of processor time, and the
largest memory of the process until then. A video that is in the file already is left out. This
script imports nothing of `sspd`.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from pathlib import Path
from typing import Any


def read_video(model: Any, path: Path) -> dict[str, Any]:
    """Read one video; its row without the model's name."""
    began_s = time.process_time()
    try:
        found = model.process_video(str(path)) or {}
        error = None
    except Exception as raised:  # another package's: a row says so, and the next video follows
        found, error = {}, f"{type(raised).__name__}: {raised}"
    rate, quality = found.get("hr"), found.get("SQI")
    return {
        "video": path.name,
        "estimate_bpm": None if rate is None else float(rate),
        "quality": None if quality is None else float(quality),
        "cpu_s": round(time.process_time() - began_s, 2),
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "error": error,
    }


def main() -> None:
    """Parse arguments, and read every video with every model."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("videos", nargs="+", type=Path)
    parser.add_argument("--models", default="FacePhys.rlap,ME-flow.rlap", help="with commas")
    parser.add_argument("--out", type=Path, required=True, help="JSON lines; added to")
    args = parser.parse_args()
    import rppg

    lines = args.out.read_text().splitlines() if args.out.exists() else []
    done = {(row["system"], row["video"]) for row in map(json.loads, lines)}
    for name in args.models.split(","):
        model = rppg.Model(name)
        for path in args.videos:
            if (name, path.name) in done:
                continue
            row = {"system": name} | read_video(model, path)
            with args.out.open("a") as file:
                file.write(json.dumps(row) + "\n")
            print(name, path.name, row["estimate_bpm"], row["quality"], row["cpu_s"], flush=True)


if __name__ == "__main__":
    main()
