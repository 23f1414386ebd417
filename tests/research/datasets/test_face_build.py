"""Faces cut out of videos: once, by several processes, killed at any time."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from sspd.errors import SSPDError
from sspd.face.stabilize import STABILIZE_PX, stabilize_frames
from sspd.face.track import face_segments
from sspd.research.datasets.faces import FaceEntry, entry_facts, open_store, write_entry
from sspd.research.datasets.faces_build import still_entries, store_videos, stored_faces
from sspd.simulation import VideoSpec, write_video
from sspd.types import FIXED_POINT_MAX, Frames
from sspd.video.read import read


def faces(n: int = 6, size: int = 8, seed: int = 0) -> Frames:
    rng = np.random.default_rng(seed)
    rgb = rng.integers(0, FIXED_POINT_MAX, (n, size, size, 3), dtype=np.uint16)
    return Frames(rgb, 1.5 + np.arange(n) / 25, FIXED_POINT_MAX)


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("videos")
    for seed in (1, 2):
        spec = VideoSpec(seed=seed, duration_s=0.8, fps=15, width=320, height=240, face_px=120)
        write_video(spec, folder / f"video {seed}.mp4")
    (folder / "bad.mp4").write_text("not a video")
    return folder


def test_videos_are_stored_once_and_bad_ones_reported(videos: Path, tmp_path: Path) -> None:
    skipped: list[tuple[str, SSPDError]] = []
    paths = sorted(videos.glob("*.mp4"))

    def store() -> list[Path]:
        told = lambda video, error: skipped.append((video.name, error))  # noqa: E731
        return list(store_videos(paths, tmp_path, 113, told))

    assert store() == paths
    assert [name for name, _ in skipped] == ["bad.mp4"]
    entries = open_store(tmp_path)
    assert [Path(e.video).name for e in entries] == ["video 1.mp4", "video 2.mp4"]
    assert entries[0].read(0, 99).rgb.shape[1:] == (113, 113, 3)
    written = {p: p.stat().st_mtime_ns for p in tmp_path.glob("*.zarr")}
    store()
    assert {p: p.stat().st_mtime_ns for p in tmp_path.glob("*.zarr")} == written
    assert len(skipped) == 2
    skipped.clear()
    list(store_videos([videos / "absent.mp4"], tmp_path, 113, lambda f, e: skipped.append((f, e))))
    assert "absent.mp4" in str(skipped[0][1])


def _not_skipped(video: Path, error: SSPDError) -> None:
    raise AssertionError(f"{video} was skipped: {error}")


def test_videos_are_stored_with_their_heads_held_still(videos: Path, tmp_path: Path) -> None:
    def store(follow: bool) -> list[FaceEntry]:
        list(store_videos([videos / "video 1.mp4"], tmp_path, 32, _not_skipped, follow))
        return [entry for entry in open_store(tmp_path) if entry.still == follow]

    (loose,), (still,) = store(follow=False), store(follow=True)
    assert still.size == loose.size == 32
    assert not np.array_equal(still.read(0, 99).rgb, loose.read(0, 99).rgb)
    seen = next(face_segments(read(videos / "video 1.mp4"), size=STABILIZE_PX))
    np.testing.assert_array_equal(still.read(0, 99).rgb, stabilize_frames(seen.faces, 32).rgb)


def test_stored_faces_are_held_still_once(tmp_path: Path) -> None:
    write_entry(tmp_path / "a", "one", faces(5, 48), "one.mp4")
    write_entry(tmp_path / "a", "two", faces(5, 48, seed=1), "two.mp4")
    given = open_store(tmp_path / "a")
    held = list(still_entries(given, tmp_path / "b", 16))
    assert held == open_store(tmp_path / "b")
    assert [(entry.name, entry.video, entry.still) for entry in held] == [
        ("one", "one.mp4", True),
        ("two", "two.mp4", True),
    ]
    expected = stabilize_frames(given[1].read(0, 5), 16)
    np.testing.assert_array_equal(held[1].read(0, 5).rgb, expected.rgb)
    written = {p: p.stat().st_mtime_ns for p in (tmp_path / "b").glob("*.zarr")}
    assert list(still_entries(given, tmp_path / "b", 16)) == held
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "b").glob("*.zarr")} == written
    assert list(still_entries(held, tmp_path / "c", 16)) == held
    assert not (tmp_path / "c").exists()
    # of changed faces, another size, or another store, they are made anew
    write_entry(tmp_path / "a", "one", faces(3, 48, seed=2), "one.mp4")
    changed = list(still_entries(given, tmp_path / "b", 16))
    assert changed[0].times().size == 3
    larger = list(still_entries(given, tmp_path / "b", 24))
    assert larger[0].read(0, 1).rgb.shape[1] == 24
    write_entry(tmp_path / "d", "one", faces(4, 48), "one.mp4")
    other = list(still_entries(open_store(tmp_path / "d"), tmp_path / "b", 24))
    assert other[0].times().size == 4


@pytest.mark.parametrize("name", ["-.x.mp4", ".mp4.mp4", "é ü!.mp4"])
def test_odd_names_of_videos_give_entries_that_are_found(
    videos: Path, tmp_path: Path, name: str
) -> None:
    video = tmp_path / name
    video.write_bytes((videos / "video 1.mp4").read_bytes())
    told: list[SSPDError] = []
    list(store_videos([video], tmp_path / "store", 113, lambda _, error: told.append(error)))
    assert told == []
    assert [e.video for e in open_store(tmp_path / "store")] == [str(video)]


def files(store: Path) -> dict[str, bytes]:
    """Everything in a store by its name; temporary parts of the dead are not there."""
    return {
        str(file.relative_to(store)): file.read_bytes()
        for file in sorted(store.rglob("*"))
        if file.is_file()
    }


@pytest.mark.slow
def test_processes_store_what_one_does(videos: Path, tmp_path: Path) -> None:
    paths = sorted(videos.glob("*.mp4"))
    skipped: list[str] = []
    done: list[tuple[int, int]] = []
    found = [
        stored_faces(
            paths,
            tmp_path / str(jobs),
            64,
            False,
            jobs=jobs,
            progress=lambda n, total: done.append((n, total)),
            skipped=lambda video, error: skipped.append(video.name),
        )
        for jobs in (1, 2)
    ]
    assert [entry.name for entry in found[0]] == [entry.name for entry in found[1]]
    assert len(found[0]) == 2
    assert files(tmp_path / "1") == files(tmp_path / "2")
    assert skipped == ["bad.mp4"] * 2
    assert done == [(1, 3), (2, 3), (3, 3)] * 2
    key = entry_facts(tmp_path / "1", found[0][0].name)["key"]
    assert len(key) == 64 and found[0][0].name == f"video_1-{key[:10]}-0000"


def test_only_what_was_asked_for_comes_back(videos: Path, tmp_path: Path) -> None:
    first, second = sorted(videos.glob("video*.mp4"))
    stored_faces([first, second], tmp_path, 64, False)
    (own,) = stored_faces([second], tmp_path, 64, False)
    assert own.video == str(second)
    assert stored_faces([videos / "bad.mp4"], tmp_path, 64, False) == []


BUILD = """
import sys
from pathlib import Path
from sspd.research.datasets.faces_build import stored_faces
videos, store, jobs = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
if __name__ == "__main__":
    stored_faces(sorted(videos.glob("video*.mp4")), store, 64, False, jobs=jobs)
"""


@pytest.mark.slow
def test_killed_at_any_moment_it_ends_as_if_unbroken(videos: Path, tmp_path: Path) -> None:
    """Twenty kills of a process group, then a run to the end: the bytes of an unbroken one."""
    script = tmp_path / "build.py"
    script.write_text(BUILD)
    paths = sorted(videos.glob("video*.mp4"))
    stored_faces(paths, tmp_path / "unbroken", 64, False)
    store, rng = tmp_path / "broken", random.Random(7)
    began = time.monotonic()
    subprocess.run(_command(script, videos, tmp_path / "timed", 1), check=True)
    whole_s = time.monotonic() - began
    for kill in range(20):
        jobs = 1 + kill % 2
        process = subprocess.Popen(_command(script, videos, store, jobs), start_new_session=True)
        try:
            process.wait(rng.uniform(0.5, 1.0) * whole_s * (1 if jobs == 1 else 1.5))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if store.exists() and any(not p.name.startswith(".") for p in store.glob("*.zarr")):
            for entry in open_store(store):  # what has a name is whole
                assert len(entry.read(0, 99)) == entry_facts(store, entry.name)["n_frames"]
            if kill % 3 == 2:  # so that there is something to break off again
                for done in store.glob(".*.whole"):
                    done.unlink()
    stored_faces(paths, store, 64, False)
    assert files(store) == files(tmp_path / "unbroken")


def _command(script: Path, videos: Path, store: Path, jobs: int) -> list[str]:
    return [sys.executable, str(script), str(videos), str(store), str(jobs)]


def test_a_process_that_dies_is_loud(videos: Path, tmp_path: Path) -> None:
    """Workers that end without a word, as for want of memory."""
    script = tmp_path / "die.py"
    script.write_text(
        BUILD.replace(
            "videos, store",
            "import os, sspd.research.datasets.faces_build as build\n"
            "if __name__ != '__main__':\n"
            "    build._store_video = lambda *_: os._exit(9)\n"
            "videos, store",
        )
    )
    done = subprocess.run(
        _command(script, videos, tmp_path / "store", 2), capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert re.search(
        r"video \d\.mp4: its worker process ended by itself \(exit code 9\)", done.stderr
    )
