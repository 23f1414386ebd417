"""Measure `sspd serve`: time from POST to result, alone and at several callers, and memory.

Starts a real server on the loopback address, with a token for each caller. Each caller sends its
videos one after the other; a caller that waits longer than the others would show in the spread.

python benchmarks/serve.py FOLDER
python benchmarks/serve.py FOLDER --callers 8 --videos 2
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import numpy as np

from sspd.simulation import VideoSpec, truth, write_video

#: A call's picture: 640x480, a minute, coded as a camera does.
VIDEO = VideoSpec(seed=21, duration_s=60.0, hr_bpm=68.0, noise_levels=1.5)
#: The command that is measured.
SERVE = [sys.executable, "-m", "sspd.cli.main", "serve", "--port", "0"]


def start(folder: Path, tokens: list[str], more: list[str]) -> tuple[subprocess.Popen[str], int]:
    """Start a server, and return it with its port when it is ready."""
    process = subprocess.Popen(
        [*SERVE, "--folder", str(folder), *more],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"SSPD_TOKENS": " ".join(tokens)},
    )
    assert process.stderr is not None
    for line in process.stderr:
        if " listening " in line:
            break
    else:
        raise SystemExit("the server did not start")
    threading.Thread(target=lambda: [*(process.stderr or ())], daemon=True).start()
    port = int(line.rpartition(":")[2])
    while call(port, "GET", "/readyz")[0] != 200:
        time.sleep(0.1)
    return process, port


def call(port: int, method: str, path: str, body: Any = None, token: str = "") -> tuple[int, Any]:
    """Call the server once."""
    connection = HTTPConnection("127.0.0.1", port, timeout=600)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    found = json.loads(answer.read() or b"null")
    connection.close()
    return answer.status, found


def measured(port: int, token: str, video: bytes, n: int) -> list[float]:
    """Send a video n times, one after the other; seconds from POST to result."""
    took_s = []
    for _ in range(n):
        began = time.perf_counter()
        status, reply = call(port, "POST", "/v1/measurements", video, token)
        assert status == 202, reply
        place = reply["url"]
        while (reply := call(port, "GET", place, token=token)[1])["state"] in ("queued", "running"):
            time.sleep(0.1)
        took_s.append(time.perf_counter() - began)
        assert reply["state"] == "done", reply
        error = abs((reply["results"][0]["hr_bpm"] or np.nan) - truth(VIDEO).hr_bpm)
        assert error < 3.0, reply["results"]
    return took_s


def memory_mb(pid: int) -> tuple[float, float]:
    """Most memory of a server, and of its largest worker, MB."""

    def peak(one: int) -> float:
        text = Path(f"/proc/{one}/status").read_text()
        return float(text.split("VmHWM:")[1].split()[0]) / 1024

    found = Path(f"/proc/{pid}/task").glob("*/children")
    workers = {int(one) for path in found for one in path.read_text().split()}
    return peak(pid), max(peak(one) for one in workers)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--callers", type=int, default=1)
    parser.add_argument("--videos", type=int, default=1, help="of each caller")
    parser.add_argument("serve", nargs="*", help="options of sspd serve, after --")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    video = given.folder / "face.mp4"
    if not video.exists():
        write_video(VIDEO, video)
    tokens = [secrets.token_urlsafe() for _ in range(given.callers)]
    process, port = start(given.folder / "state", tokens, given.serve)
    try:
        data = video.read_bytes()
        began = time.perf_counter()
        with ThreadPoolExecutor(given.callers) as pool:
            rows = list(pool.map(lambda one: measured(port, one, data, given.videos), tokens))
        took_s = time.perf_counter() - began
        server_mb, worker_mb = memory_mb(process.pid)
    finally:
        process.terminate()
        process.wait()
    means = [float(np.mean(row)) for row in rows]
    print(f"{given.callers} callers, {given.videos} videos each, {len(data) >> 10} kB, 60 s")
    print(f"POST to result  mean {np.mean(means):.1f} s, most {max(map(max, rows)):.1f} s")
    print(f"callers' means  {min(means):.1f} to {max(means):.1f} s")
    print(f"throughput      {given.callers * given.videos / took_s * 60:.1f} videos a minute")
    print(f"most memory     server {server_mb:.0f} MB, worker {worker_mb:.0f} MB")


if __name__ == "__main__":
    main()
