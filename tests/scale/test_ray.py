"""A corpus on Ray: what the local engine gives, whatever is killed; nothing lost, nothing twice."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sspd
from helpers.beating_faces import SKIN_BOX, beating_frames
from helpers.object_stores import Bucket, bucket_of, environment, serving
from helpers.processes import below_us, kill, killing_readers_of
from sspd.errors import ClusterError, OutputError
from sspd.pipeline.batch import BatchResult
from sspd.scale.corpus import measure_corpus
from sspd.scale.session import ray_session

pytest.importorskip("ray", reason="needs ray, of the extra scale")
pytest.importorskip("pyarrow", reason="needs pyarrow, of the extra scale")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]

#: Nothing here takes so long, on whatever machine, seconds.
DEADLINE_S = 600.0


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[Bucket]:
    """A store that has the videos of `folder`, known to all processes from now on."""
    pytest.importorskip("obstore", reason="needs obstore, of the extra scale")
    with pytest.MonkeyPatch.context() as patch, serving(bucket := bucket_of(folder)) as port:
        for name, value in environment(port).items():
            patch.setenv(name, value)
        yield bucket


@pytest.fixture(scope="module")
def ray(served: Bucket) -> Iterator[Any]:
    """Ray on this machine, two cores, for all tests of this file."""
    notes: list[str] = []
    with ExitStack() as stack:
        for left in (2, 1, 0):
            try:
                module = stack.enter_context(ray_session(None, 2, notes.append))
                break
            except ClusterError:  # Ray gives itself 30 s to start, too few on a busy machine
                if not left:
                    raise
        yield module
    assert not notes  # it asks for a token


@pytest.fixture(scope="module")
def undisturbed(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the local engine writes of `folder`."""
    out = tmp_path_factory.mktemp("local")
    measure_corpus(folder, engine="local", jobs=2, outputs=outputs(out), method="pos", box=BOX)
    return out


BOX = tuple(SKIN_BOX)
#: What Ray calls its actors' processes: after the video, or the class.
ACTORS = [b"ray::a", b"ray::still", b"ray::broken", b"ray::empty", b"ray::VideoActor"]


def outputs(out: Path) -> dict[str, Path]:
    kinds = {"json": "o.json", "csv": "o.csv", "parquet": "shards", "signal": "s.csv"}
    return {kind: out / name for kind, name in kinds.items()}


def files_of(out: Path) -> dict[str, bytes]:
    """All files of a run but for how long each video took."""
    found = {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*") if p.is_file()}
    found = {name: data for name, data in found.items() if "journal" not in name}
    found["o.json"] = re.sub(rb'"timing_s": \{[^}]*\}', b"", found["o.json"])
    return found


def results_in(journal: Path, copy: Path) -> int:
    """Videos in a journal so far: in a copy, as its run alone may open it."""
    copy.mkdir(exist_ok=True)
    try:
        for path in (journal, journal.with_name(f"{journal.name}-wal")):
            shutil.copy(path, copy)
        own = sspd.Journal(copy / journal.name)
    except (FileNotFoundError, OutputError):  # not there yet, or in the middle of its first page
        return 0
    own.close()
    return own.found_results


def test_results_and_files_are_those_of_the_local_engine(
    ray: Any, folder: Path, undisturbed: Path, tmp_path: Path
) -> None:
    summary = measure_corpus(folder, jobs=2, outputs=outputs(tmp_path), method="pos", box=BOX)
    assert files_of(tmp_path) == files_of(undisturbed)
    assert (summary.videos, summary.measured, summary.failed) == (5, 2, 2)


def test_killed_workers_lose_nothing_and_double_nothing(
    ray: Any, folder: Path, undisturbed: Path, tmp_path: Path
) -> None:
    killed, notes = [], list[str]()

    def kills(done: BatchResult) -> None:
        if len(killed) < 2:  # first a process that measures, then a whole worker
            words = ([b"batch.worker"], ACTORS)[len(killed)]
            killed.append(kill(below_us(*words)))

    settings: dict[str, Any] = {"jobs": 2, "method": "pos", "box": BOX, "note": notes.append}
    measure_corpus(folder, outputs=outputs(tmp_path), on_result=kills, **settings)
    assert killed[0] and killed[1]
    assert files_of(tmp_path) == files_of(undisturbed)


def test_a_video_that_ends_its_process_is_given_up_with_a_reason(
    ray: Any, folder: Path, tmp_path: Path, write_video: Callable[..., Path]
) -> None:
    pictures = np.tile(beating_frames(np.arange(150) / 30, 1.2), (6, 1, 1, 1))
    hostile = write_video(tmp_path / "hostile.mp4", pictures, options={"preset": "ultrafast"})
    out, notes = tmp_path / "o.json", list[str]()
    with killing_readers_of(hostile) as killed:
        summary = measure_corpus(
            [hostile, folder / "a.mp4"],
            jobs=1,
            outputs={"json": out},
            method="pos",
            box=BOX,
            note=notes.append,
        )
    assert len(killed) == 3
    assert len([line for line in notes if line.endswith("tried again")]) == 2
    assert (summary.failed, summary.measured) == (1, 1)
    lost, good = json.loads(out.read_text())
    assert lost["error"].startswith(f"{hostile}: ") and "kill" in lost["error"].lower()
    assert good["accepted"]


def test_a_killed_driver_goes_on_where_it_was(
    ray: Any, folder: Path, undisturbed: Path, tmp_path: Path
) -> None:
    address = ray.get_runtime_context().gcs_address
    names = outputs(tmp_path)
    options = [f"--{kind}={place}" for kind, place in names.items()]
    command = [sys.executable, "-m", "sspd.cli.main", "measure", str(folder), *options]
    command += ["--method=pos", f"--box={','.join(map(str, BOX))}", "--engine=ray", "--jobs=1"]
    command += [f"--address={address}", "--resume"]
    journal = names["json"].with_name("o.json.journal")
    child = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    waited = threading.Event()
    while not results_in(journal, tmp_path / "copy") and child.poll() is None:
        waited.wait(0.02)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert journal.exists() and not names["json"].exists()
    done = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_S, check=False)
    assert done.returncode == 1, done.stderr  # two of the videos are no videos
    assert "5 videos: 2 measured" in done.stdout and "by a run before" in done.stdout
    shutil.rmtree(tmp_path / "copy")
    assert files_of(tmp_path) == files_of(undisturbed)


def test_what_is_done_starts_no_cluster(folder: Path, tmp_path: Path) -> None:
    settings: dict[str, Any] = {"method": "pos", "box": BOX}
    for engine in "local", "ray":
        journal = sspd.Journal(tmp_path / "journal", resume=True)
        summary = measure_corpus(
            folder / "a.mp4",
            engine=engine,
            # nothing is there: an attempt to reach it would be an error
            address="127.0.0.1:1" if engine == "ray" else None,
            journal=journal,
            **settings,
        )
        journal.close()
    assert (summary.videos, summary.resumed) == (1, 1)


def test_videos_of_a_store_are_read_by_the_workers(
    ray: Any, served: Bucket, folder: Path, undisturbed: Path, tmp_path: Path
) -> None:
    names = {**outputs(tmp_path), "signal": "s3://bucket/out/s.csv"}
    served.faults["videos/still.mp4"] = ["gone*"]  # it was there when it was listed
    measure_corpus("s3://bucket/videos", jobs=2, outputs=names, method="pos", box=BOX)
    rows = {row["source"]: row for row in json.loads((tmp_path / "o.json").read_text())}
    assert "no such file" in rows.pop("s3://bucket/videos/still.mp4")["error"]
    locally = {row["source"]: row for row in json.loads((undisturbed / "o.json").read_text())}
    for source, row in rows.items():
        same = locally[source.replace("s3://bucket/videos", str(folder))]
        assert (row["hr_bpm"], row["windows"]) == (same["hr_bpm"], same["windows"])
    for name in "s-a.csv", "s-a-2.csv":
        assert served.objects[f"out/{name}"] == (undisturbed / name).read_bytes()
