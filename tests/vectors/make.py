"""Test vectors of the read-out: what goes in, what comes out, for every port of it.

    python tests/vectors/make.py

writes ``*.json`` beside this file. Each file is one group: a list of cases with ``in`` and
``out``. ``tests/test_vectors.py`` says when a file is not what this package computes any more.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parent))  # as the tests have it

from vectors.frame_inputs import of_frames  # noqa: E402  # where it is a script, not before
from vectors.waves import Case, pulse, rounded  # noqa: E402

TAPS = [-0.05, 0.15, 0.8, 0.15, -0.05]


def inputs() -> Iterator[tuple[str, str, Case]]:
    """Yield group, name and input of every case."""
    for fs, seconds in ((30.0, 10.0), (24.97, 9.0), (7.5, 21.0)):
        given = {"values": pulse(fs, seconds, 72, 1), "fs": fs, "taps": TAPS}
        yield "filters", f"{fs:g} Hz", {**given, "freqs_hz": [0.1, 0.5, 1.4, 3.3, 9.0]}
    for fs, bpm in ((30.0, 66.3), (25.0, 121.0), (59.94, 48.0)):
        yield "spectrum", f"{bpm:g} bpm", {"values": pulse(fs, 12, bpm, 2), "fs": fs}
    kinds: dict[str, tuple[float, dict[str, float]]] = {
        "steady": (71.3, {}),
        "rising": (58.0, {"rise": 0.012, "swing": 0.0}),
        "strong second harmonic": (54.0, {"first": 0.6, "second": 0.7}),
        "slow": (34.2, {"second": 1.4, "phase": -1.57, "swing": 0.0, "noise": 0.05}),
        "noise": (80.0, {"first": 0.0, "second": 0.0, "noise": 1.0}),
    }
    for k, (name, (bpm, shape)) in enumerate(kinds.items()):
        given = {"values": pulse(20.0, 30, bpm, 10 + k, **shape), "fs": 20.0}
        yield "rate", name, {**given, "near_hz": bpm / 60}
    flat = {"values": [1.0] * 400, "fs": 20.0, "near_hz": 1.0}
    yield "rate", "flat", flat
    for name, seconds, noise in (("two minutes", 130, 0.05), ("a minute, noisy", 61, 0.5)):
        given = {"values": pulse(15.0, seconds, 68, 20, noise=noise), "fs": 15.0}
        yield "beats", name, {**given, "slowest_bpm": 65.0, "fastest_bpm": 71.0}
    yield from known_beats()
    yield from growing()
    yield from of_frames()


def known_beats() -> Iterator[tuple[str, str, Case]]:
    """Yield beats with and without odd intervals."""
    for name, n, odd in (("even breathing", 170, 0), ("odd intervals", 120, 6), ("few", 8, 0)):
        rng = np.random.default_rng(n)
        breath = np.sin(2 * np.pi * 0.2 * np.arange(n))
        nn = 0.82 + 0.03 * breath + 0.01 * rng.normal(size=n)
        nn[rng.choice(n, odd, replace=False)] *= 1.9
        sizes = rounded(1 + 0.1 * breath + 0.02 * rng.normal(size=n), 4)
        yield "intervals", name, {"beats_s": rounded(np.cumsum(nn), 4), "sizes": sizes}


def growing() -> Iterator[tuple[str, str, Case]]:
    """Yield waveforms that are read while they grow."""
    whole = pulse(15.0, 76, 75, 30, noise=0.1)
    gapped: list[float | None] = [*whole[:400], *[None] * 20, *whole[420:480], None, *whole[480:]]
    base = {"fs": 15.0, "start_s": 0.4, "window_s": 30.0, "step_s": None, "every": 19}
    yield "streaming", "one piece", {**base, "values": whole, "taps": TAPS}
    other = {**base, "window_s": 12.0, "step_s": 5.0, "taps": None}
    yield "streaming", "gaps, overlapping windows", {**other, "values": gapped}
    rising = pulse(15.0, 42, 60, 31, rise=0.015, swing=0.0)
    changing = [*rising, *pulse(15.0, 20, 60, 32, first=0.0, second=0.0, noise=1.0)]
    given = {**other, "values": changing, "window_s": 20.0, "step_s": None, "taps": TAPS}
    yield "streaming", "a rate that rises, then noise", given


def files() -> dict[str, str]:
    """Return the text of every file by its name."""
    from vectors.compute import GROUPS, outputs

    rows: dict[str, list[str]] = {group: [] for group in GROUPS}
    for group, name, given in inputs():
        case = {"name": name, "in": given, "out": outputs(group, given)}
        rows[group].append(json.dumps(case, separators=(",", ":"), allow_nan=False))
    return {f"{group}.json": "[\n" + ",\n".join(own) + "\n]\n" for group, own in rows.items()}


if __name__ == "__main__":
    for name, text in files().items():
        (HERE / name).write_text(text, encoding="utf-8")
        print(f"{name}: {len(text) / 1000:.0f} kB")
