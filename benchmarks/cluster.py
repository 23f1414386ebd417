"""Compare a corpus on Ray with the local engine: overhead, and results after kills.

Makes videos with a known pulse (and a file that is no video), starts a Ray cluster of several
nodes on this machine (each with a core of its own to offer), and measures the videos

1. with worker processes of this machine,
2. on the cluster, undisturbed: the overhead over 1,
3. on the cluster, while workers, nodes and the driver are killed at random moments; a killed
   driver is started again with --resume.

Exits with code 1 unless 2 and 3 give the results of 1 except for their timings: the JSON, and
every byte of the CSV, the shards and each video's waveform.

python benchmarks/cluster.py FOLDER --videos 50 --workers 10 --drivers 3 --nodes 1
python benchmarks/cluster.py FOLDER --videos 1000 --kills      # 30 workers, 5 drivers, 2 nodes
python benchmarks/cluster.py FOLDER --segments                 # an hour in eight parts
python benchmarks/cluster.py FOLDER --memory rows              # a driver's, to a million rows
python benchmarks/cluster.py FOLDER --memory keys              # a listing's, to a million keys
python benchmarks/cluster.py FOLDER --costs                    # videos a core-hour, bytes a video
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from cluster_figures import child, measure_parts, print_costs, print_memory
from resume import differences, make_videos
from sspd.simulation import VideoSpec, write_video

#: Cores that a node offers.
NODE_CPUS = 1


#: Of a thousand videos: without a pulse, broken; a hostile one beside them.
STILL, BROKEN = 10, 10
#: Of a thousand videos: kills of workers, drivers and nodes.
KILLS = {"workers": 30, "drivers": 5, "nodes": 2}


def spoil(folder: Path, n: int) -> None:
    """Add videos without a pulse, broken ones, and one that reaches for memory it is not given."""
    for k in range(max(1, STILL * n // 1000)):
        path = folder / "still" / f"still_{k:03d}.mp4"
        path.parent.mkdir(exist_ok=True)
        if not path.exists():
            still = VideoSpec(seed=5000 + k, duration_s=9.0, pulse_percent=0.0, noise_levels=1.0)
            write_video(still.replace(width=320, height=240, face_px=120), path)
    good = next(folder.glob("0/*.mp4")).read_bytes()
    for k in range(max(1, BROKEN * n // 1000)):
        (folder / f"broken_{k:03d}.mp4").write_bytes(good[: len(good) // (k + 2)])
    at = good.index(b"stsz") + 12  # the number of its samples
    (folder / "hostile.mp4").write_bytes(good[:at] + b"\x7f\xff\xff\xff" + good[at + 4 :])


def command(videos: Path, out: Path, method: str, jobs: int, *more: str) -> list[str]:
    """Return the command that measures the videos."""
    out.mkdir(parents=True, exist_ok=True)
    files = {"json": "a.json", "csv": "a.csv", "signal": "s.csv", "parquet": "shards"}
    outputs = [f"--{kind}={out / name}" for kind, name in files.items()]
    program = [sys.executable, "-m", "sspd.cli.main", "measure", str(videos), *outputs]
    return [*program, f"--method={method}", f"--jobs={jobs}", *more]


def timed(arguments: list[str]) -> float:
    """Run a command; return its seconds."""
    began_s = time.perf_counter()
    done = subprocess.run(arguments, stdout=subprocess.DEVNULL, check=False)
    if done.returncode not in (0, 1, 3):  # one of the files is no video
        raise SystemExit(f"{' '.join(arguments[:4])} ended with {done.returncode}")
    return time.perf_counter() - began_s


def start_cluster(nodes: int) -> Any:
    """Start a head without cores, and nodes with a core each."""
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "token"}
    subprocess.run(
        [str(Path(sys.executable).with_name("ray")), "get-auth-token", "--generate"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    from ray.cluster_utils import Cluster

    small: dict[str, Any] = {"object_store_memory": 80 << 20}
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, **small})
    for _ in range(nodes):
        cluster.add_node(num_cpus=NODE_CPUS, **small)
    return cluster


def workers() -> list[int]:
    """Return the processes of this machine's Ray nodes that measure."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (place / "cmdline").read_bytes()
            ours = b"sspd.pipeline.batch.worker" in words
            if ours and b"RAY_" in (place / "environ").read_bytes():
                found.append(int(place.name))
    return found


def disturb(kind: str, cluster: Any, driver: subprocess.Popen[bytes]) -> bool:
    """Kill something; return whether there was one."""
    if kind == "driver":
        driver.send_signal(signal.SIGKILL)
        driver.wait()
        return True
    if kind == "node":
        cluster.remove_node(cluster.worker_nodes.copy().pop(), allow_graceful=False)
        cluster.add_node(num_cpus=NODE_CPUS, object_store_memory=80 << 20)
        return True
    pids = workers()
    if pids:
        with suppress(ProcessLookupError):
            os.kill(pids[0], signal.SIGKILL)
    return bool(pids)


def measure_disturbed(arguments: list[str], cluster: Any, args: argparse.Namespace) -> int:
    """Measure while things are killed; return how many were."""
    rng = np.random.default_rng(args.seed)
    kinds = ["worker"] * args.workers + ["driver"] * args.drivers + ["node"] * args.nodes
    rng.shuffle(kinds)
    killed = 0
    driver = subprocess.Popen(arguments, stdout=subprocess.DEVNULL)
    while kinds:
        time.sleep(float(rng.uniform(0.5, 2.0)) * args.pause_s)
        if driver.poll() is not None:
            print(f"too late for {len(kinds)} kills: more videos", file=sys.stderr)
            break
        if disturb(kinds[-1], cluster, driver):
            killed += 1
            print(f"killed: {kinds.pop()}", file=sys.stderr)
        if driver.poll() is not None:
            driver = subprocess.Popen(arguments, stdout=subprocess.DEVNULL)
    driver.wait()
    return killed


def shards_differ(one: Path, other: Path) -> list[str]:
    """List the shards that differ."""
    names = sorted({path.name for out in (one, other) for path in (out / "shards").iterdir()})
    same = [
        (out / "shards" / name).read_bytes() if (out / "shards" / name).exists() else b""
        for name in names
        for out in (one, other)
    ]
    return [n for n, a, b in zip(names, same[::2], same[1::2], strict=True) if a != b]


def main() -> None:
    """Do what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="folder of the videos")
    parser.add_argument("--videos", type=int, default=50)
    parser.add_argument("--workers", type=int, default=10, help="workers to be killed")
    parser.add_argument("--drivers", type=int, default=3, help="drivers to be killed")
    parser.add_argument("--nodes", type=int, default=1, help="nodes to be killed")
    parser.add_argument("--pause-s", type=float, default=5.0, help="mean time between kills")
    parser.add_argument("--method", default="pos")
    parser.add_argument("--jobs", type=int, default=2, help="videos at a time, and nodes")
    parser.add_argument("--seed", type=int, help="seed of the moments; random by default")
    parser.add_argument("--kills", action="store_true", help="as many kills as the videos are for")
    parser.add_argument("--segments", action="store_true", help="a long video in parts")
    parser.add_argument("--minutes", type=int, default=60, help="length of the long video")
    parser.add_argument("--parts", type=int, default=8, help="parts of the long video")
    parser.add_argument("--memory", choices=("rows", "keys"), help="memory of a driver")
    parser.add_argument("--costs", action="store_true", help="videos a core-hour, bytes a video")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        child(args.folder, args.child[0], int(args.child[1]))
        return
    if args.segments:
        parts = args.minutes, args.parts, args.method, args.jobs
        raise SystemExit(measure_parts(args.folder, *parts))
    if args.memory:
        raise SystemExit(print_memory(args.folder, args.memory))
    videos = args.folder / "videos"
    make_videos(videos, args.videos)
    if args.costs:
        print_costs(videos, args.method)
        return
    if args.kills:
        spoil(videos, args.videos)
        for kind, most in KILLS.items():
            setattr(args, kind, max(1, most * args.videos // 1000))
    compare(args, videos)


def compare(args: argparse.Namespace, videos: Path) -> None:
    """Measure the videos three times, and compare."""
    cluster = start_cluster(args.jobs)
    on_ray = ["--engine=ray", f"--address={cluster.address}"]
    wrong = []
    with tempfile.TemporaryDirectory(prefix="results-", dir=args.folder) as results:
        local, whole, broken = (Path(results) / name for name in ("local", "whole", "broken"))
        local_s = timed(command(videos, local, args.method, args.jobs))
        ray_s = timed(command(videos, whole, args.method, args.jobs, *on_ray))
        again = command(videos, broken, args.method, args.jobs, *on_ray, "--resume")
        killed = measure_disturbed(again, cluster, args)
        for out in (whole, broken):
            wrong += differences(local, out) + shards_differ(local, out)
    cluster.shutdown()
    print(f"{args.videos} videos, {args.jobs} at a time: {local_s:.1f} s by processes,")
    print(f"{ray_s:.1f} s on Ray ({100 * (ray_s / local_s - 1):+.1f} %), start-up included")
    print(f"{killed} kills: {len(wrong)} differences", *wrong, sep="\n")
    raise SystemExit(bool(wrong))


if __name__ == "__main__":
    main()
