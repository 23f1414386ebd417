"""Figures of a corpus that need no kills: long videos in parts, memory, listings, what it costs.

Run by `benchmarks/cluster.py`, which has the options.
"""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from sspd.pipeline.batch.result import BatchResult, Task
from sspd.pipeline.batch.serialize import from_record, to_record
from sspd.pipeline.loading import load_method
from sspd.scale.inputs import Row, list_rows, with_facts
from sspd.scale.results import write_results
from sspd.scale.run import CorpusRun
from sspd.simulation import VideoSpec, write_video
from sspd.types import MeasureOptions
from sspd.utils.stores import Stores

ROOT = Path(__file__).resolve().parents[1]
#: Keys and rows that are counted, from few to many.
COUNTS = (1_000, 30_000, 1_000_000)


def long_video(folder: Path, minutes: int) -> Path:
    """Make a video of so many minutes: one of a minute, again and again, its packets copied."""
    once, path = folder / "once.mp4", folder / f"long-{minutes}.mp4"
    folder.mkdir(parents=True, exist_ok=True)
    if not once.exists():
        spec = VideoSpec(
            seed=1, hr_bpm=66.0, duration_s=60.0, width=320, height=240, face_px=120,
            noise_levels=1.0,
        )  # fmt: skip
        write_video(spec, once)
    if path.exists():
        return path
    with av.open(str(path), "w") as out:
        stream: av.VideoStream | None = None
        offset = 0
        for _ in range(minutes):
            with av.open(str(once)) as source:
                given = source.streams.video[0]
                stream = stream or out.add_stream_from_template(given)
                end = 0
                for packet in source.demux(given):
                    if packet.dts is None or packet.pts is None:
                        continue
                    end = max(end, packet.pts + (packet.duration or 0))
                    packet.pts, packet.dts = packet.pts + offset, packet.dts + offset
                    packet.stream = stream
                    out.mux(packet)
                assert given.time_base is not None
                offset += round(Fraction(60) / given.time_base)
    return path


def measure_parts(folder: Path, minutes: int, parts: int, method: str, jobs: int) -> int:
    """Measure a long video whole and in parts; print both times; return the differences."""
    video = long_video(folder / "long", minutes)
    found, spent_s = [], []
    with tempfile.TemporaryDirectory(prefix="parts-", dir=folder) as results:
        for name, split_s in (("whole", 0.0), ("parts", 60.0 * minutes / parts)):
            out = Path(results) / name
            out.mkdir()
            files = [f"--json={out}/a.json", f"--csv={out}/a.csv", f"--signal={out}/s.csv"]
            command = [sys.executable, "-m", "sspd.cli.main", "measure", str(video), *files]
            command += [f"--method={method}", f"--jobs={jobs}", f"--split={split_s}"]
            began_s = time.perf_counter()
            done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
            spent_s.append(time.perf_counter() - began_s)
            if done.returncode not in (0, 3):
                raise SystemExit(f"{name} ended with {done.returncode}")
            data = {path.name: path.read_bytes() for path in out.iterdir()}
            data["a.json"] = re.sub(rb'"timing_s": \{[^}]*\}', b"", data["a.json"])
            found.append({name: text for name, text in data.items() if "journal" not in name})
    whole, in_parts = found
    wrong = [
        name for name in whole.keys() | in_parts.keys() if whole.get(name) != in_parts.get(name)
    ]
    print(f"{minutes} min, {method}: {spent_s[0]:.1f} s whole; {spent_s[1]:.1f} s in {parts} parts")
    print(
        f"on {jobs} workers, {spent_s[0] / spent_s[1]:.2f} times as fast; {len(wrong)} differences"
    )
    return len(wrong)


def memory_of(folder: Path, kind: str, n: int) -> tuple[float, float]:
    """Run one of the functions below in a process of its own; its memory (MB) and seconds."""
    program = str(Path(__file__).with_name("cluster.py"))
    command = [sys.executable, program, str(folder), "--child", kind]
    done = subprocess.run([*command, str(n)], stdout=subprocess.PIPE, check=True)
    mb, seconds = json.loads(done.stdout)
    return mb, seconds


def child(folder: Path, kind: str, n: int) -> None:
    """Do what `memory_of` asks for; print memory and seconds."""
    began_s = time.perf_counter()
    if kind == "rows":
        _measure_rows(folder, n)
    else:
        _list_keys(n)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([peak, time.perf_counter() - began_s]))


def _measure_rows(place: Path, n: int) -> None:
    """A run over n rows whose results are known: all of the driver but the engine."""
    options = MeasureOptions(method="pos")
    method = load_method(options)
    measured = BatchResult(0, from_record(json.loads((place / "example.json").read_bytes())))
    with tempfile.TemporaryDirectory(dir=place) as folder:

        def engine(tasks: Iterator[Task | None]) -> Iterator[BatchResult]:
            for task in tasks:
                if task is not None:
                    yield replace(
                        measured,
                        index=task.index,
                        vitals=replace(measured.vitals, source=task.video),
                    )

        rows = (Row(f"/videos/{k:07d}.mp4", {"subject": str(k % 97)}) for k in range(n))
        run = CorpusRun(rows, {}, options, method)
        run.measure(engine)  # type: ignore[arg-type]
        places = {"json": f"{folder}/o.json", "csv": f"{folder}/o.csv", "parquet": f"{folder}/p"}
        write_results(run.spool, {"subject": "text"}, places, Stores())
        run.spool.close()


def _write_example(folder: Path) -> None:
    """A result as a corpus keeps them, with the windows and reasons of a real measurement."""
    from sspd.pipeline.batch.result import measure_video

    folder.mkdir(parents=True, exist_ok=True)
    options = MeasureOptions(method="pos")
    spec = VideoSpec(seed=1, hr_bpm=66.0, duration_s=20.0, fps=15.0, width=320, height=240,
                     face_px=120)  # fmt: skip
    write_video(spec, path := folder / "example.mp4")
    vitals = measure_video(Task(0, str(path)), options, load_method(options)).vitals
    record = to_record(replace(vitals, signal=None, beats_s=None))
    (folder / "example.json").write_text(json.dumps(record))


def _list_keys(n: int) -> None:
    """List the keys of a store, of which only the server knows how many there are."""
    stores = Stores()
    rows = with_facts(list_rows(["s3://bucket/many/"], stores), stores)
    found = sum(row.problem is None for row in rows)
    if found != n:
        raise SystemExit(f"{found} of {n} keys were listed")


def print_memory(folder: Path, kind: str) -> int:
    """Print the memory of a driver for more and more rows or keys; 1 if it grows by a fifth."""
    peaks = []
    if kind == "rows" and not (folder / "example.json").exists():
        _write_example(folder)
    for n in COUNTS:
        if kind == "rows":
            mb, seconds = memory_of(folder, kind, n)
        else:
            sys.path.insert(0, str(ROOT / "tests"))
            from helpers.object_stores import Bucket, environment, serving

            with serving(Bucket(numbered=n)) as port:
                os.environ.update(environment(port))
                mb, seconds = memory_of(folder, kind, n)
        peaks.append(mb)
        print(f"{n:9,d} {kind}: {mb:.0f} MB, {seconds:.1f} s", flush=True)
    return int(max(peaks) > 1.2 * peaks[0])


def print_costs(videos: Path, method: str) -> None:
    """Print what videos cost on one core: from files, and what a store would be asked for."""
    from sspd.pipeline.drain import drain
    from sspd.video.remote import RemoteVideo

    sys.path.insert(0, str(ROOT / "tests"))
    from helpers.object_stores import bucket_of, environment, serving

    options = MeasureOptions(method=method)
    ready = load_method(options, threads=1)
    paths = sorted(path for path in videos.rglob("*.mp4") if path.stat().st_size > 10_000)[:8]
    with serving(bucket_of(videos)) as port:
        os.environ.update(environment(port))
        cpu_s = length_s = asked = size = 0.0
        for path in paths:
            video = RemoteVideo(f"s3://bucket/films/{path.relative_to(videos).as_posix()}")
            began_s = time.process_time()
            vitals: Any = drain(video, options, ready)[0]
            cpu_s += time.process_time() - began_s
            length_s += vitals.duration_s
            asked += video.bytes_read
            size += path.stat().st_size
    print(f"{len(paths)} videos of {length_s / len(paths):.1f} s, {method}, loopback store:")
    print(
        f"{3600 * len(paths) / cpu_s:.0f} videos a core-hour, {length_s / cpu_s:.1f} x real time,"
    )
    print(f"{asked / size:.2f} bytes read for each byte of a video")
