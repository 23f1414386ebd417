"""The benchmark of what is accepted and wrong: its videos, its scoring, its processes."""

from __future__ import annotations

import itertools
import math
import os
import time
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
#: One of each sort of file; the slow test takes the others.
QUICK = ("repeated_6", "slow_motion_2", "raw_h264", "even_slow", "lamps_wall_unseen", "gif_file")


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))


def _written(kind: str, path: Path, seed: tuple[int, int] = (1, 2), duration_s: float = 0.7) -> Any:
    from wrong_videos import write

    return write(kind, seed, path, duration_s)


def _read(path: Path) -> tuple[int, float | None, dict[str, str]]:
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
        last = frames[-1].time if frames[-1].pts is not None else None
        return len(frames), last, dict(container.metadata)


@pytest.mark.parametrize("kind", QUICK)
def test_a_kind_writes_a_video(kind: str, tmp_path: Path) -> None:
    _check(kind, tmp_path)


@pytest.mark.slow
def test_every_kind_writes_a_readable_video_of_its_length(tmp_path: Path) -> None:
    from wrong_videos import available

    for kind in available():
        if kind not in QUICK:
            _check(kind, tmp_path)


def _check(kind: str, folder: Path) -> None:
    from wrong_videos import KINDS

    path = folder / f"{kind}{KINDS[kind].suffix}"
    known = _written(kind, path)
    n, last_s, metadata = _read(path)
    told = [float(v) for k, v in metadata.items() if k.endswith("capture.fps")]
    if path.suffix in (".h264", ".hevc", ".mjpeg", ".m4v"):
        assert n in (21, 42)
    else:
        assert last_s is not None
        # the clock of the world is the file's, or what its metadata say
        world_s = (n - 1) / told[0] if told else last_s
        assert 0.5 < world_s < 0.95 or "time_lapse" in kind
    assert known.beats_s is None or (
        list(known.beats_s) == sorted(known.beats_s) and all(b >= 0 for b in known.beats_s)
    )
    assert [p.name for p in folder.iterdir() if p.name.startswith(".")] == []


def test_there_are_enough_kinds_and_four_are_held_out() -> None:
    from wrong_videos import FIT_SEED, JUDGE_SEED, KINDS

    assert len(KINDS) >= 28 and JUDGE_SEED != FIT_SEED
    assert {kind.group for kind in KINDS.values()} == set(range(12))
    held = [name for name, kind in KINDS.items() if kind.held_out]
    assert len(held) == 4
    for name in held:  # others of its group are in the fit
        group = [k for k in KINDS.values() if k.group == KINDS[name].group]
        assert sum(not kind.held_out for kind in group) >= 2


@pytest.mark.slow
def test_a_seed_decides_the_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", (1, 2)), ("b", (1, 2)), ("c", (2, 2)), ("d", (1, 3))):
        _written("lamps_wall_seen", tmp_path / f"{name}.mp4", seed, 0.15)
    a, b, c, d = ((tmp_path / f"{name}.mp4").read_bytes() for name in "abcd")
    assert a == b and a != c and a != d


def test_repeats_change_less_than_new_frames_though_they_are_compressed(tmp_path: Path) -> None:
    _written("repeated_6", tmp_path / "a.mp4", duration_s=1.2)
    with av.open(str(tmp_path / "a.mp4")) as container:
        rgb = [frame.to_ndarray(format="rgb24").astype(int) for frame in container.decode(video=0)]
    steps = np.array([np.abs(b - a).mean() for a, b in itertools.pairwise(rgb)])
    new = np.arange(1, len(rgb)) % 6 == 0
    # the encoder goes on refining what stands still: few repeats are exact in a real file
    assert (steps[~new] > 0).mean() > 0.8 and steps[new].mean() > 2 * steps[~new].mean()


def test_truth_is_beats_over_time() -> None:
    from wrong import allowed_bpm, is_wrong, true_rate

    beats = [0.5, 1.5, 2.0, 3.5, 4.0, 5.0]
    assert true_rate(beats, 0, 10) == pytest.approx(60 * 5 / 4.5)
    assert true_rate(beats, 1.0, 4.5) == pytest.approx(60 * 3 / 2.5)
    # a clock that runs too slow: its window holds no beats
    assert true_rate(beats, 100, 130) == true_rate(beats, 0, 10)
    assert true_rate(None, 0, 10) is None and true_rate([], 0, 10) is None
    assert (allowed_bpm(50), allowed_bpm(174.8)) == (3.0, pytest.approx(8.74))
    window = {"accepted": True, "truth_bpm": 60.0, "spectral_bpm": 62.9}
    assert not is_wrong(window)
    assert is_wrong(window | {"spectral_bpm": 56.9})
    assert is_wrong(window | {"truth_bpm": None})
    assert not is_wrong(window | {"truth_bpm": None, "accepted": False})


def _row(kind: str, **window: Any) -> dict[str, Any]:
    from wrong import flat

    one = {"accepted": True, "truth_bpm": 60.0, "spectral_bpm": 60.0, "confidence": 0.9}
    return flat({"kind": kind, "number": 0, "windows": [one | {"reasons": []} | window]})


def test_goals_are_met_or_missed() -> None:
    from wrong import table, verdict

    rows = [_row("plain") for _ in range(150)]
    assert verdict(rows)[1]
    assert verdict([*rows, _row("ramp", spectral_bpm=70.0)])[1]
    lines, met = verdict([*rows, _row("slow_motion_2", spectral_bpm=30.0)])
    assert not met and "groups 1-4: 1 accepted and wrong" in "\n".join(lines)
    assert not verdict([*rows, *[_row("ramp", spectral_bpm=70.0)] * 2])[1]
    refused = _row("ramp", accepted=False, reasons=["low_snr"])
    assert "| ramp | 5 | 1 | 0 | 0 | 0.90 | low_snr 1 |" in list(table([*rows, refused]))


@pytest.mark.slow
def test_a_process_that_dies_hangs_or_fails_costs_one_item() -> None:
    from wrong_jobs import each_in_process

    done = dict(each_in_process(math.sqrt, [4.0, -1.0, 9.0], 1, 60.0))
    assert done[4.0] == 2.0 and done[9.0] == 3.0
    assert done[-1.0].startswith("ValueError")
    assert list(each_in_process(os._exit, [3], 1, 60.0)) == [(3, "the process died (3)")]
    assert list(each_in_process(time.sleep, [60.0], 1, 0.2)) == [(60.0, "took longer than 0.2 s")]
