"""The whole command on whole videos: `sspd measure VIDEO`, including start-up.

python benchmarks/film.py FOLDER --sizes 640x480,1920x1080 --minutes 1,10

One minute of a simulated face is written for each size; longer videos repeat that minute's packets,
with shifted timestamps. Every run is a new process, the settings in turns; printed are the video's
length divided by its wall-clock seconds, seconds of processor time, and peak memory. A setting is
a precision of the shipped weights, `pos` or `green`, or other weights by name or file.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av

from sspd.network.load import PRECISIONS
from sspd.simulation import VideoSpec, write_video
from sspd.utils.pool import process_pool

MINUTE_S = 60.0
COLOUR_METHODS = ("pos", "green")
SPEC = VideoSpec(seed=5, hr_bpm=71, duration_s=MINUTE_S, fps=30.0)


def minute(folder: Path, width: int, height: int) -> Path:
    """Make a minute of video if it is missing."""
    path = folder / f"minute-{width}x{height}.mp4"
    if not path.exists():
        scale = height / 480
        options = {"width": width, "height": height, "face_px": round(200 * scale)}
        spec = VideoSpec(**{**vars(SPEC), **options})
        # in a process of its own, because Linux counts a parent's peak memory for its children
        with process_pool(1) as pool:
            pool.submit(write_video, spec, path).result()
    return path


def repeated(video: Path, minutes: int) -> Path:
    """Make a video that repeats another one by copying its packets."""
    if minutes == 1:
        return video
    path = video.with_name(f"{video.stem}-x{minutes}.mp4")
    if path.exists():
        return path
    part = path.with_suffix(".part.mp4")
    with av.open(str(part), "w") as out:
        stream = None
        for k in range(minutes):
            with av.open(str(video)) as source:
                theirs = source.streams.video[0]
                if stream is None:
                    stream = out.add_stream_from_template(theirs)
                assert theirs.time_base is not None
                shift = round(k * Fraction(MINUTE_S) / theirs.time_base)
                for packet in source.demux(theirs):
                    if packet.dts is None or packet.pts is None:
                        continue
                    packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                    packet.stream = stream
                    out.mux(packet)
    part.rename(path)
    return path


def run_once(video: Path, arguments: list[str]) -> dict[str, float]:
    """Return seconds and memory of one new process, and the rate that it read."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.json"
        command = [sys.executable, "-m", "sspd.cli.main", "measure", str(video), *arguments]
        began = time.perf_counter()
        process = subprocess.Popen([*command, "--json", str(out)], stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - began
        row = json.loads(out.read_text())[0]
    return {
        "seconds": seconds,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "memory_mb": usage.ru_maxrss / 1024,
        "hr_bpm": row["hr_bpm"] or float("nan"),
    }


def options_of(setting: str) -> list[str]:
    """Return the options of the command for one setting."""
    if setting in PRECISIONS:
        return ["--precision", setting]
    return ["--method" if setting in COLOUR_METHODS else "--weights", setting]


def main() -> None:
    """Print one JSON line for each video and setting."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="folder of the videos")
    parser.add_argument("--sizes", default="640x480,1920x1080")
    parser.add_argument("--minutes", default="1")
    parser.add_argument("--settings", default="auto,f32,bf16,pos,green")
    parser.add_argument("--repeats", type=int, default=3)
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    for size in args.sizes.split(","):
        width, height = (int(side) for side in size.split("x"))
        first = minute(args.folder, width, height)
        for minutes in (int(n) for n in args.minutes.split(",")):
            video = repeated(first, minutes)
            settings = args.settings.split(",")
            runs = [
                {setting: run_once(video, options_of(setting)) for setting in settings}
                for _ in range(args.repeats)
            ]
            for setting in settings:
                rows = [run[setting] for run in runs]
                times = [row["seconds"] for row in rows]
                seconds = statistics.median(times)
                shown = {
                    "size": size,
                    "minutes": minutes,
                    "setting": setting,
                    "seconds": round(seconds, 2),
                    "best_s": round(min(times), 2),
                    "cpu_s": round(statistics.median(row["cpu_s"] for row in rows), 2),
                    "times_real_time": round(MINUTE_S * minutes / seconds, 1),
                    "memory_mb": round(max(row["memory_mb"] for row in rows)),
                    "hr_bpm": rows[0]["hr_bpm"],
                }
                print(json.dumps(shown), flush=True)


if __name__ == "__main__":
    main()
