"""Videos made to harm: playlists, extreme timestamps and sizes, tracks, names.

Each input is made from a seed in an empty folder. A defect is an exception: another error than an
`SSPDError` of one line, a file or address beside it that was opened, a result that grows with a
gap, a character that controls a terminal or a spreadsheet.

`VIDEO_KINDS` maps a kind to a function of a folder and a seed, for `benchmarks/fuzz.py`.
"""

from __future__ import annotations

import contextlib
import csv
import io
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.stream import Disposition

from fuzz_playlists import one_line, pattern, playlist, small_video
from sspd.errors import SSPDError
from sspd.types import Box, Vitals
from sspd.video.bounds import GAP_S, MAX_SPAN_S
from sspd.video.read import probe, read


def clock(folder: Path, seed: int) -> str:
    """Test any timestamps: everything that is read and written stays within bounds."""
    from sspd import measure
    from sspd.report.csv import write_csv, write_signal_csv
    from sspd.report.json import write_json

    rng = np.random.default_rng([seed, 3])
    n = int(rng.integers(2, 400))
    steps = np.full(n, 10 ** rng.uniform(-4.5, -1))
    odd = rng.random(n) < 10 ** rng.uniform(-3, 0)
    steps[odd] = 10 ** rng.uniform(-5, rng.choice([1, 3, 5, 9]), odd.sum())
    if rng.random() < 0.2:
        steps[rng.integers(n)] *= -rng.uniform(1, 100)
    path = folder / f"a{rng.choice(['.mkv', '.mp4', '.nut', '.ts'])}"
    try:
        small_video(path, np.cumsum(steps))
    except (av.FFmpegError, OverflowError, ValueError):
        return "not writable"
    try:
        vitals = measure(path, method="pos", box=Box(0, 0, 32, 32))
    except SSPDError as error:
        one_line(str(error))
        return type(error).__name__
    if len(vitals.windows) > n or len(vitals.signal or ()) > 30 * MAX_SPAN_S + 31:
        raise AssertionError(f"{len(vitals.windows)} windows of {n} frames")
    times = np.array([0.0, *(t for chunk in read(path) for t in chunk.t)])
    gaps = times[:-1][np.diff(times) > GAP_S], times[1:][np.diff(times) > GAP_S]
    for window in vitals.windows:
        if ((window.start_s < gaps[0] - 0.1) & (window.end_s > gaps[1] + 0.1)).any():
            raise AssertionError(f"a window across a gap: {window.start_s} to {window.end_s}")
    for line in vitals.warnings:
        one_line(line)
    write_signal_csv(vitals, folder / "s.csv")
    write_csv([vitals], folder / "o.csv")
    write_json([vitals], folder / "o.json")
    size = sum((folder / name).stat().st_size for name in ("s.csv", "o.csv", "o.json"))
    if size > 20_000 + 2_000 * n:  # a gap of at most 2 s between two frames: 60 rows
        raise AssertionError(f"{size} bytes of {n} frames")
    return "measured"


def size(folder: Path, seed: int) -> str:
    """Test sizes in an AVI's header that differ from those of its frames."""
    rng = np.random.default_rng([seed, 4])
    codec = str(rng.choice(["mpeg4", "mjpeg", "rawvideo"]))
    path = small_video(folder / "a.avi", range(3), codec)
    sides = [
        int(rng.choice([0, 1, 33, 1 << 13, 8193, 1 << 16, (1 << 31) - 1, 1 << 31])) for _ in "ab"
    ]
    if rng.random() < 0.5:
        sides = [int(2 ** rng.uniform(0, 16)) for _ in "ab"]
    data = path.read_bytes().replace(struct.pack("<II", 32, 32), struct.pack("<II", *sides))
    path.write_bytes(data)
    try:
        n = sum(len(chunk) for chunk in read(path, warn=one_line))
    except SSPDError as error:
        one_line(str(error))
        return type(error).__name__
    return "read" if n else "nothing"


def growing(folder: Path, seed: int) -> str:
    """Test one stream whose frames change their size."""
    rng = np.random.default_rng([seed, 5])
    path, sides = folder / "a.h264", (16, 32, 64, 130, 500)
    data, n = b"", int(rng.integers(2, 5))
    for k in range(n):
        wide, high = (int(rng.choice(sides)) for _ in "ab")
        data += small_video(folder / f"{k}.h264", range(3), "libx264", (wide, high)).read_bytes()
    path.write_bytes(data)
    try:
        info = probe(path)
        shapes = {chunk.rgb.shape[1:3] for chunk in read(path, warn=one_line)}
    except SSPDError as error:
        one_line(str(error))
        return type(error).__name__
    if shapes != {(info.height, info.width)}:
        raise AssertionError(f"{shapes}, stated {info.height}x{info.width}")
    return "read"


def tracks(folder: Path, seed: int) -> str:
    """Test several tracks of any disposition and size: one is read completely, and reported."""
    rng = np.random.default_rng([seed, 6])
    suffix = str(rng.choice([".mkv", ".mp4", ".mov", ".avi", ".nut"]))
    path, n = folder / f"a{suffix}", int(rng.integers(1, 24 if rng.random() < 0.9 else 200))
    kinds = [Disposition(0), Disposition.default, Disposition.forced, Disposition.attached_pic]
    with av.open(str(path), "w") as container:
        streams: list[Any] = []
        for _ in range(min(n, 90) if suffix == ".avi" else n):
            streams.append(container.add_stream("mjpeg", rate=25))
            streams[-1].width, streams[-1].height = (int(16 * rng.integers(1, 5)) for _ in "ab")
            streams[-1].pix_fmt = "yuvj420p"
            streams[-1].disposition = kinds[int(rng.integers(len(kinds)))]
        for stream in [*streams, *streams]:
            container.mux(stream.encode(av.VideoFrame(stream.width, stream.height, "yuvj420p")))
        for stream in streams:
            container.mux(stream.encode(None))
    told: list[str] = []
    try:
        info = probe(path)
        seen = {chunk.rgb.shape[1:3] for chunk in read(path, warn=told.append)}
    except SSPDError as error:
        one_line(str(error))
        return type(error).__name__
    if seen != {(info.height, info.width)}:
        raise AssertionError(f"{seen}, stated {info.height}x{info.width}")
    return "told" if any("video tracks" in line for line in told) else "read"


def name(folder: Path, seed: int) -> str:
    """Test a name of any characters: no output contains a control character or a formula."""
    from sspd.cli.messages import Messages, show
    from sspd.report.csv import write_csv
    from sspd.report.html import write_html
    from sspd.report.json import write_json
    from sspd.report.labels import legible

    rng = np.random.default_rng([seed, 7])
    pool = "=+-@\t\r\n\x1b[]0;2Jm\x07\x9b\x9d\x9c\u202e\u2066\u2028\u200b\x7f\\\"'<>&|%$,;: abé顔"
    ranges = ((0, 0xA0), (0x2000, 0x2070), (0xDC80, 0xDD00), (0xE0000, 0xE0080), (0, 0x3000))
    letters = [pool[int(k)] for k in rng.integers(0, len(pool), int(rng.integers(1, 30)))]
    for _ in range(int(rng.integers(0, 12))):
        low, high = ranges[int(rng.integers(len(ranges)))]
        letters.insert(int(rng.integers(len(letters) + 1)), chr(int(rng.integers(low, high))))
    text = "".join(letters)
    vitals = Vitals(text, text, text, 0.0, None, (), warnings=(text,), error=f"{text}: no")
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(shown):
        Messages().fail(text)
        show(text)
    write_csv([vitals], folder / "o.csv")
    write_json([vitals], folder / "o.json")
    write_html([vitals], folder / "o.html", with_image=False)
    table = (folder / "o.csv").read_text("utf-8")
    for written in (shown.getvalue(), table, *(
        (folder / one).read_text("utf-8") for one in ("o.json", "o.html")
    )):  # fmt: skip
        if not all(c == "\n" or c == legible(c) for c in written):
            raise AssertionError(f"an order of {text!r} came through")
    row = next(csv.DictReader(io.StringIO(table, newline="")))
    for cell in (row["source"], row["weights"], row["warnings"], row["error"]):
        if cell.lstrip()[:1] and cell.lstrip()[0] in "=+-@＝＋－＠":
            float(cell)
    return "shown"


#: Kind -> function that makes an input from a seed in an empty folder and returns its outcome.
VIDEO_KINDS: Mapping[str, Callable[[Path, int], str]] = {
    "playlist": playlist,
    "pattern": pattern,
    "clock": clock,
    "size": size,
    "growing": growing,
    "tracks": tracks,
    "name": name,
}
