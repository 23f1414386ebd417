"""Attack `sspd serve` on the loopback address: mutated requests, mutated videos, and kill -9.

Exits with code 1 if the server ends, answers a 5xx without a code, tells a place of its disk,
leaves a file, or if a job is lost or doubled. The load is bounded by the counts given, and the
server is this script's own.

python benchmarks/serve_hostile.py FOLDER --requests 20000 --videos 200 --kills 200

The interface against its own document, with Schemathesis (a package of its own). What it calls
valid may be refused where a bound joins two parameters (start and end, the edges of a box), which
no schema can say:

sspd serve --method pos --port 8790
st run http://127.0.0.1:8790/openapi.json --exclude-checks positive_data_acceptance
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import sqlite3
import subprocess
import time
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path

import numpy as np

from serve import call, start
from sspd.simulation import VideoSpec, write_video

PLACE = "/v1/measurements"
VIDEO = VideoSpec(seed=3, duration_s=9.0, width=160, height=120, face_px=70)
HEADS = (
    f"GET {PLACE}/{'A' * 22}/waveform?face=0 HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n",
    f"POST {PLACE}?end=9&fps=30&box=1,2,30,40 HTTP/1.1\r\nHost: localhost\r\n"
    "Content-Type: video/mp4\r\nIdempotency-Key: abc\r\nContent-Length: 4\r\n\r\nabcd",
    f"POST {PLACE} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    "4\r\nabcd\r\n0\r\n\r\n",
    f"DELETE {PLACE}/{'A' * 22} HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://127.0.0.1\r\n\r\n",
    "GET /static/page.js HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n",
    "GET /v1/live HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n\x81\x05hello",
)


def mutated(data: bytes, rng: np.random.Generator, most: int) -> bytes:
    """Change, remove and repeat a few parts of data."""
    found = bytearray(data)
    for _ in range(rng.integers(1, 6)):
        at = int(rng.integers(len(found)))
        match rng.integers(3):
            case 0:
                found[at] = int(rng.integers(256))
            case 1:
                del found[at : at + int(rng.integers(1, most))]
            case _:
                found[at:at] = found[: int(rng.integers(1, most))]
        if not found:
            return b"\0"
    return bytes(found)


def exchange(port: int, data: bytes) -> bytes:
    """Send bytes and the end, and read until the connection ends."""
    found = b""
    with suppress(ConnectionError), socket.create_connection(("127.0.0.1", port), 60) as sock:
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        while more := sock.recv(65536):
            found += more
    return found


def attack_requests(port: int, folder: Path, n: int, rng: np.random.Generator) -> Counter[str]:
    """Send mutated requests; answers by status."""
    seen: Counter[str] = Counter()
    for _ in range(n):
        data = mutated(HEADS[rng.integers(len(HEADS))].encode("latin1"), rng, 40)
        found = exchange(port, data)
        assert str(folder).encode() not in found, data
        for answer in found.split(b"HTTP/1.1 ")[1:]:
            seen[answer[:3].decode()] += 1
            assert answer[:1] != b"5" or b"application/problem+json" in answer, (data, answer)
        seen["none"] += not found
    return seen


def attack_videos(port: int, folder: Path, n: int, rng: np.random.Generator) -> Counter[str]:
    """Send mutated videos; jobs by their end."""
    good, seen = (folder / "face.mp4").read_bytes(), Counter[str]()
    for _ in range(n):
        status, reply = call(port, "POST", PLACE, mutated(good, rng, 5000))
        assert status == 202, reply
        place = reply["url"]
        while (reply := call(port, "GET", place)[1])["state"] in ("queued", "running"):
            time.sleep(0.02)
        assert str(folder) not in json.dumps(reply), reply
        seen[reply["state"]] += 1
        call(port, "DELETE", place)
    return seen


def attack_lives(folder: Path, n: int, rng: np.random.Generator) -> Counter[str]:
    """Kill servers and workers while jobs come in; jobs by their end."""
    good, state, ids = (folder / "face.mp4").read_bytes(), folder / "killed", list[str]()
    for k in range(n):
        process, port = start(state, [], ["--method", "pos"])
        with suppress(ConnectionError):
            ids.append(call(port, "POST", PLACE, good)[1]["id"])
            time.sleep(float(rng.uniform(0, 0.6)))
            if k % 2:
                for one in workers_of(process.pid):
                    os.kill(one, signal.SIGKILL)
                time.sleep(0.1)
        process.kill()
        process.wait()
    process, port = start(state, [], ["--method", "pos", "--keep-fetched", "600"])
    try:
        while call(port, "GET", "/readyz")[0] != 200 or waiting(state):
            time.sleep(0.2)
        ends = Counter(call(port, "GET", f"{PLACE}/{one}")[1].get("state", "lost") for one in ids)
    finally:
        end(process)
    with closing(sqlite3.connect(state / "jobs.sqlite")) as file:
        assert {row[0] for row in file.execute("SELECT id FROM job")} == set(ids)
    assert not list((state / "videos").iterdir())
    return ends


def workers_of(pid: int) -> list[int]:
    """Worker processes of a server."""
    found = Path(f"/proc/{pid}/task").glob("*/children")
    every = {int(one) for path in found for one in path.read_text().split()}
    return [one for one in every if b"batch.worker" in Path(f"/proc/{one}/cmdline").read_bytes()]


def waiting(state: Path) -> int:
    """Jobs that wait or run."""
    with closing(sqlite3.connect(state / "jobs.sqlite")) as file:
        query = "SELECT count(*) FROM job WHERE ended_s IS NULL"
        return int(file.execute(query).fetchone()[0])


def end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    assert process.wait() == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--videos", type=int, default=20)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    write_video(VIDEO, given.folder / "face.mp4")
    rng, state = np.random.default_rng(given.seed), given.folder / "state"
    process, port = start(state, [], ["--method", "pos", "--limit", "60"])
    try:
        print("requests", dict(attack_requests(port, given.folder, given.requests, rng)))
        print("videos  ", dict(attack_videos(port, given.folder, given.videos, rng)))
        assert process.poll() is None
        while waiting(state):
            time.sleep(0.1)
        assert not list((state / "videos").iterdir()) + list((state / "scratch").iterdir())
    finally:
        end(process)
    if given.kills:
        print("kills   ", dict(attack_lives(given.folder, given.kills, rng)))


if __name__ == "__main__":
    main()
