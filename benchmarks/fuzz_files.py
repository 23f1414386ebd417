"""Read damaged and hostile files of our own kinds: weights, journals, states, stores, outputs.

Each input is made from a seed, in a process that may die. A damaged file must raise an `SSPDError`
of one line, be skipped, or give exactly the stored content; an output must go to a regular file or
be rejected. Anything else is a defect: another exception, a process that dies, more than the
allowed seconds or memory, a number that changed without an error, a file elsewhere that was
touched, or files left behind.

python benchmarks/fuzz_files.py --inputs 6000 --seed 1 --jobs 2 python benchmarks/fuzz_files.py
--kind state --first 311 --inputs 1   # repeat one input

`FILE_KINDS` maps a kind to a function of a folder and a seed, for `benchmarks/fuzz.py`.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import select
import shutil
import socket
import stat
import struct
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np

from fuzz_stores import absurd, damaged, faces, journal, one_line, some_vitals, state, unit
from sspd.errors import OutputError, SSPDError

#: Limits for one input: seconds, and bytes of address space of its process.
LIMIT_S, LIMIT_BYTES = 20.0, 12 << 30


@cache
def _checkpoint() -> bytes:
    import torch

    from sspd.models.checkpoint import save_checkpoint
    from sspd.models.network import MeasuringNetwork
    from sspd.models.spec import NetworkSpec

    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.safetensors"
        save_checkpoint(MeasuringNetwork(NetworkSpec(fs=30.0, size=96, token_size=64)), path)
        return path.read_bytes()


def safetensors(folder: Path, seed: int) -> str:
    """Test our weights: damaged bytes, or an absurd header with a correct checksum."""
    from sspd.models.checkpoint import load_checkpoint
    from sspd.models.header import checksum, split_header

    rng, data, path = np.random.default_rng(seed), _checkpoint(), folder / "a.safetensors"
    bad = damaged(rng, data)
    if rng.random() < 0.6:
        header, start = split_header(data)
        facts = header["__metadata__"]
        if rng.random() < 0.5:
            facts["network"] = json.dumps(absurd(rng, json.loads(facts["network"])))
        else:
            header = absurd(rng, header)
        if isinstance(header, dict) and isinstance(header.get("__metadata__"), dict):
            header["__metadata__"]["sha256"] = checksum(header, data[start:])
        text = json.dumps(header).encode()
        bad = struct.pack("<Q", len(text)) + text + data[start:]
    path.write_bytes(bad)
    try:
        spec = load_checkpoint(path)[0].spec
    except SSPDError as error:
        return one_line(error)
    if not (5 <= spec.fs <= 250 and spec.name.isprintable()):
        raise AssertionError(f"{spec}")
    return "read"


def onnx(folder: Path, seed: int) -> str:
    """Test the shipped network, which has no checksum of its own: damaged, or with absurd facts."""
    from sspd.network.load import load_network, shipped_weights
    from sspd.network.onnx_header import facts_of

    rng, data = np.random.default_rng(seed), shipped_weights(".onnx").read_bytes()
    at = data.rindex(b'{"fs"')
    path, way = folder / "a.onnx", rng.random()
    if way < 0.4:
        text = json.dumps(absurd(rng, facts_of(data))).encode()
        bad = data[:at] + text  # half of the time, its lengths are the old ones
    elif way < 0.8:  # in the graph's description, not in its numbers
        head, tail = damaged(rng, data[:4000]), damaged(rng, data[-1500:])
        bad = head + data[4000:-1500] + data[-1500:] if way < 0.6 else data[:-1500] + tail
    else:
        bad = damaged(rng, data)
    path.write_bytes(bad)
    try:
        load_network(path)
    except SSPDError as error:
        return one_line(error)
    return "read"


PLACES = ("new", "old", "link", "dangling", "fifo", "socket", "folder", "read-only", "missing")
NAMES = ("a.json", ".hidden.json", "ü.json", "a" * 250, "-", "x\ny.json", "\x1b[31m.json")


def _place(folder: Path, kind: str, name: str) -> Path:
    path = folder / name
    if kind in ("old", "read-only"):
        path.write_text("old")
        path.chmod(0o600 if kind == "old" else 0o400)
    elif kind in ("link", "dangling"):
        path.symlink_to(folder / ("secret" if kind == "link" else "nothing"))
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as at:
            here = Path.cwd()
            os.chdir(folder)
            try:
                at.bind(name[:90])
            except OSError:
                pass
            finally:
                os.chdir(here)
    elif kind == "folder":
        path.mkdir()
    elif kind == "missing":
        path = folder / "missing" / name
    return path


def output(folder: Path, seed: int) -> str:
    """Test an output place: written whole with its mode kept, or rejected with nothing touched."""
    from sspd.report.csv import write_csv, write_signal_csv
    from sspd.report.html import write_html
    from sspd.report.json import write_json
    from sspd.utils.files import check_output

    rng = np.random.default_rng(seed)
    kind = PLACES[int(rng.integers(len(PLACES)))]
    path = _place(folder, kind, NAMES[int(rng.integers(len(NAMES)))])
    (folder / "secret").write_text("kept")
    before = {p.name: p.lstat() for p in folder.iterdir()}
    results = [some_vitals()]
    writers: tuple[Callable[[], object], ...] = (
        lambda: write_json(results, path),
        lambda: write_csv(results, path),
        lambda: write_signal_csv(results[0], path),
        lambda: write_html(results, path, with_image=False),
        lambda: check_output(path),
    )
    outcome = f"{kind}: written"
    try:
        writers[int(rng.integers(len(writers)))]()
    except OutputError as error:
        said = str(error).replace(str(path), "").replace(str(path.parent), "")
        outcome = f"{kind}: {one_line(OutputError(said))}"
    after = {p.name: p.lstat() for p in folder.iterdir()}
    if (folder / "secret").read_text() != "kept" or after.keys() - before.keys() - {path.name}:
        raise AssertionError(f"{kind}: touched or left {sorted(after.keys() - before.keys())}")
    if kind == "old" and stat.S_IMODE(after[path.name].st_mode) != 0o600:
        raise AssertionError("a mode changed")
    if kind not in ("new", "old", "socket", "read-only") and outcome.endswith("written"):
        raise AssertionError(f"{kind} was written")
    return outcome


#: Kind -> function that makes an input from a seed in an empty folder and returns its outcome.
FILE_KINDS: Mapping[str, Callable[[Path, int], str]] = {
    "safetensors": safetensors,
    "onnx": onnx,
    "journal": journal,
    "state": state,
    "unit": unit,
    "faces": faces,
    "output": output,
}


def outcome_of(kind: str, seed: int) -> str:
    """Return the outcome of one input; ``defect: ...`` if it is one."""
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    try:
        return FILE_KINDS[kind](folder, seed)
    except BaseException as error:
        return f"defect: {type(error).__name__}: {error}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _child() -> None:
    _checkpoint()  # importing torch takes time, once
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        kind, seed = json.loads(line)
        if kind != "onnx":  # OpenVINO reserves more memory than it uses
            resource.setrlimit(resource.RLIMIT_AS, (LIMIT_BYTES, resource.RLIM_INFINITY))
        print(json.dumps(outcome_of(kind, seed)), file=replies, flush=True)


def _asked(inputs: Iterator[tuple[str, int]]) -> Iterator[tuple[str, int, str]]:
    """Yield the outcomes of inputs, by one child process after another."""
    process: subprocess.Popen[str] | None = None
    for kind, seed in inputs:
        if process is None:
            process = subprocess.Popen(
                [sys.executable, __file__, "--child"], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            )  # fmt: skip
            limit_s = 6 * LIMIT_S  # it imports torch first
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps([kind, seed]) + "\n")
        process.stdin.flush()
        in_time = select.select([process.stdout], [], [], limit_s)[0]
        reply, limit_s = process.stdout.readline() if in_time else "", LIMIT_S
        if reply:
            yield kind, seed, json.loads(reply)
            continue
        process.kill()
        died = f"died with {process.wait()}" if in_time else f"more than {LIMIT_S:g} s"
        process = None
        yield kind, seed, f"defect: {died}"
    if process is not None:
        process.kill()
        process.wait()


def run(inputs: list[tuple[str, int]], jobs: int) -> dict[str, Counter[str]]:
    """Count all outcomes by kind; defects are printed with the command that repeats them."""

    def some(job: int) -> list[tuple[str, int, str]]:
        return list(_asked(iter(inputs[job::jobs])))

    counts: dict[str, Counter[str]] = {}
    with ThreadPoolExecutor(jobs) as pool:
        for found in pool.map(some, range(jobs)):
            for kind, seed, outcome in found:
                counts.setdefault(kind, Counter())[outcome] += 1
                if outcome.startswith("defect"):
                    print(f"--kind {kind} --first {seed}: {outcome[:300]}", file=sys.stderr)
    return counts


def main() -> None:
    """Print the counts of all outcomes; exit with code 1 if one is a defect."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--inputs", type=int, default=6000)
    parser.add_argument("--first", type=int, default=0, help="seed of the first input")
    parser.add_argument("--seed", type=int, default=0, help="other inputs than before")
    parser.add_argument("--kind", choices=FILE_KINDS, action="append")
    parser.add_argument("--jobs", type=int, default=2, help="number of processes")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        _child()
        return
    kinds, first = args.kind or list(FILE_KINDS), args.first + args.seed * 1_000_000
    inputs = [(kinds[n % len(kinds)], first + n // len(kinds)) for n in range(args.inputs)]
    counts = run(inputs, args.jobs)
    for kind, outcomes in counts.items():
        told = ", ".join(f"{outcome} {n}" for outcome, n in outcomes.most_common(12))
        print(f"{kind:12s} {outcomes.total():6d}  {told}")
    sys.exit(any(one.startswith("defect") for some in counts.values() for one in some))


if __name__ == "__main__":
    main()
