"""Read broken and hostile videos with the public reader, each in a process that may die.

Small videos of several containers and codecs are damaged at random: bits flipped, truncated, blocks
swapped, doubled and overwritten, sizes, rates and lengths in their headers made absurd.
`sspd.video.read` may give frames or raise an `SSPDError`; anything else is a defect: another
exception, a process that dies, more than the allowed seconds or memory, times that do not rise.
Videos that show a defect are saved in FOLDER/defects.

There are also the kinds of `benchmarks/fuzz_videos.py`: playlists, clocks, sizes, tracks, names.

python benchmarks/fuzz.py FOLDER --videos 6000 --seed 1 --jobs 2
python benchmarks/fuzz.py FOLDER --kind clock --videos 1000
"""

from __future__ import annotations

import argparse
import io
import json
import resource
import select
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from fuzz_videos import VIDEO_KINDS
from sspd.errors import SSPDError
from sspd.video.read import probe, read

#: Limits for one video: seconds, and bytes of address space of its process.
LIMIT_S = 20.0
LIMIT_BYTES = 4 << 30
#: Suffix, container, codec and pixel format of the videos to damage.
KINDS = (
    ("h264.mp4", "mp4", "libx264", "yuv420p"),
    ("hevc10.mp4", "mp4", "libx265", "yuv420p10le"),
    ("mpeg4.mov", "mov", "mpeg4", "yuv420p"),
    ("h264.mkv", "matroska", "libx264", "yuv444p"),
    ("vp9.webm", "webm", "libvpx-vp9", "yuv420p"),
    ("mjpeg.avi", "avi", "mjpeg", "yuvj420p"),
    ("raw.avi", "avi", "rawvideo", "bgr24"),
    ("mpeg2.ts", "mpegts", "mpeg2video", "yuv420p"),
    ("flv1.flv", "flv", "flv", "yuv420p"),
)
#: Names in an MP4 that are next to sizes, rates and lengths.
ATOMS = (b"tkhd", b"mvhd", b"mdhd", b"stsd", b"stts", b"stsz", b"stco", b"stsc", b"avcC", b"elst")
#: Replacements for numbers in headers.
ABSURD = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)

Damage = Callable[[np.random.Generator, bytearray], bytearray]


def whole_video(kind: tuple[str, str, str, str], n: int = 24) -> bytes:
    """Return an undamaged small video of one kind."""
    _, container, codec, pix_fmt = kind
    rng, out = np.random.default_rng(0), io.BytesIO()
    with av.open(out, "w", format=container) as video:
        quiet = {"x265-params": "log-level=none"} if codec == "libx265" else {}
        stream = video.add_stream(codec, rate=25, options=quiet)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 96, 64, pix_fmt
        for _ in range(n):
            picture = rng.integers(0, 255, (64, 96, 3), np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            video.mux(stream.encode(frame))
        video.mux(stream.encode(None))
    return out.getvalue()


def _flip_bits(rng: np.random.Generator, video: bytearray) -> bytearray:
    for place in rng.integers(0, len(video), int(2 ** rng.uniform(0, 8))):
        video[place] ^= 1 << int(rng.integers(8))
    return video


def _flip_in_header(rng: np.random.Generator, video: bytearray) -> bytearray:
    ends = (slice(0, 1500), slice(len(video) - 2500, len(video)))
    part = range(len(video))[ends[int(rng.integers(2))]]
    for place in rng.choice(part, int(rng.integers(1, 9))):
        video[place] = int(rng.integers(256))
    return video


def _cut_short(rng: np.random.Generator, video: bytearray) -> bytearray:
    return video[: int(rng.integers(1, len(video)))]


def _overwrite(rng: np.random.Generator, video: bytearray) -> bytearray:
    start, size = int(rng.integers(len(video))), int(2 ** rng.uniform(1, 11))
    end = min(len(video), start + size)
    video[start:end] = rng.bytes(end - start) if rng.random() < 0.7 else bytes(end - start)
    return video


def _move_pieces(rng: np.random.Generator, video: bytearray) -> bytearray:
    a, b = sorted(int(place) for place in rng.integers(0, len(video), 2))
    piece = video[a:b]
    place = int(rng.integers(len(video)))
    if rng.random() < 0.5:
        video[place:place] = piece[:20_000]
    else:
        del video[a : min(b, a + 5000)]
    return video


def _absurd_number(rng: np.random.Generator, video: bytearray) -> bytearray:
    atom = ATOMS[int(rng.integers(len(ATOMS)))]
    at = video.find(atom)
    for _ in range(int(rng.integers(1, 4))):
        low = at + 4 if at >= 0 else int(rng.integers(min(400, len(video))))
        place = low + int(rng.integers(0, 100))
        size = int(rng.choice([1, 2, 4]))
        value = int(rng.choice(ABSURD)) & (256**size - 1)
        video[place : place + size] = value.to_bytes(size, "big" if at >= 0 else "little")
    return video


DAMAGES: tuple[Damage, ...] = (
    _flip_bits,
    _flip_in_header,
    _cut_short,
    _overwrite,
    _move_pieces,
    _absurd_number,
    _absurd_number,
)


def damaged(rng: np.random.Generator, video: bytes) -> bytes:
    """Damage a video in one to three ways."""
    broken = bytearray(video)
    for _ in range(int(rng.integers(1, 4))):
        damage = DAMAGES[int(rng.integers(len(DAMAGES)))]
        broken = damage(rng, broken) or bytearray(b"\0")
    return bytes(broken)


def read_through(path: str) -> str:
    """Read a video and return ``read``, or the name of the error."""
    last_s = -1.0
    try:
        info = probe(path)
        for chunk in read(path, warn=_one_line):
            times = np.array([last_s, *chunk.t])
            if not (np.isfinite(times).all() and (np.diff(times) > 0).all()):
                raise AssertionError(f"times do not rise: {times}")
            last_s = float(times[-1])
            if chunk.rgb.shape[1:] != (info.height, info.width, 3):
                raise AssertionError(f"{chunk.rgb.shape}, stated {info.height}x{info.width}")
    except SSPDError as error:
        _one_line(str(error))
        return type(error).__name__
    return "read"


def _one_line(text: str) -> None:
    if "\n" in text or not text:
        raise AssertionError(f"not one line: {text!r}")


def _child() -> None:
    """Read the videos named on standard input, or make those of a kind and seed, one line each."""
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT_BYTES, LIMIT_BYTES))
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            outcome = read_through(asked) if isinstance(asked, str) else _of_kind(*asked)
        except BaseException as error:
            outcome = f"defect: {type(error).__name__}: {error}"
        print(json.dumps(outcome), flush=True)


def _of_kind(kind: str, seed: int) -> str:
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    try:
        return f"{kind}:{VIDEO_KINDS[kind](folder, seed)}".replace(" ", "-")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Reader:
    """A process that reads videos; a new one starts when it dies or takes too long."""

    process: subprocess.Popen[str] | None = None

    def read(self, asked: str | tuple[str, int]) -> str:
        """Return the outcome for a video, or for a kind and a seed."""
        if self.process is None:
            command = [sys.executable, __file__, "--child", "-"]
            pipe = subprocess.PIPE
            self.process = subprocess.Popen(
                command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
            )
        process = self.process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(asked) + "\n")
        process.stdin.flush()
        if not select.select([process.stdout], [], [], LIMIT_S)[0]:
            self.end()
            return f"defect: more than {LIMIT_S:g} s"
        reply = process.stdout.readline()
        if not reply:
            self.process = None
            return f"defect: died with {process.wait()}"
        outcome: str = json.loads(reply)
        return outcome

    def end(self) -> None:
        """Kill the process."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


def run(folder: Path, videos: int, seed: int, jobs: int, kind: str | None = None) -> Counter[str]:
    """Damage or make videos and read them; count the outcomes."""
    whole: list[tuple[str, bytes | None]] = [(one[0], whole_video(one)) for one in KINDS]
    whole += [(one, None) for one in VIDEO_KINDS]
    whole = [one for one in whole if kind in (None, one[0])]
    defects = folder / "defects"
    defects.mkdir(parents=True, exist_ok=True)

    def some(job: int) -> Counter[str]:
        counts: Counter[str] = Counter()
        reader = Reader()
        with tempfile.TemporaryDirectory() as place:
            for i in range(job, videos, jobs):
                name, video = whole[i % len(whole)]
                if video is None:
                    outcome = reader.read((name, seed * 1_000_000 + i))
                    counts[outcome] += 1
                    if outcome.startswith("defect"):
                        print(f"{name}, seed {seed * 1_000_000 + i}: {outcome}", file=sys.stderr)
                    continue
                path = Path(place) / f"{i}-{name}"
                path.write_bytes(damaged(np.random.default_rng([seed, i]), video))
                outcome = reader.read(str(path))
                counts[outcome] += 1
                if outcome.startswith("defect"):
                    (defects / path.name).write_bytes(path.read_bytes())
                    print(f"{path.name}: {outcome}", file=sys.stderr)
                path.unlink()
        reader.end()
        return counts

    with ThreadPoolExecutor(jobs) as pool:
        return sum(pool.map(some, range(jobs)), Counter())


def main() -> None:
    """Print the counts of all outcomes; exit with code 1 if one is a defect."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="folder of the defects")
    parser.add_argument("--videos", "--films", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", choices=[*(kind[0] for kind in KINDS), *VIDEO_KINDS])
    parser.add_argument("--jobs", type=int, default=2, help="number of processes")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        _child()
        return
    for kind in KINDS:  # undamaged, all can be read
        with tempfile.NamedTemporaryFile(suffix=kind[0]) as file:
            file.write(whole_video(kind))
            file.flush()
            assert read_through(file.name) == "read", kind
    counts = run(args.folder, args.videos, args.seed, args.jobs, args.kind)
    for outcome, n in counts.most_common():
        print(f"{n:6d}  {outcome}")
    sys.exit(any(outcome.startswith("defect") for outcome in counts))


if __name__ == "__main__":
    main()
