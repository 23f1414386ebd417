"""Process pools end with their parent: real processes, killed for real."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from sspd.errors import OutputError
from sspd.utils.files import whole_file
from sspd.utils.pool import process_pool

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
#: Longer than anything here takes on a machine that does ten other things.
DEADLINE_S = 120.0
#: How long what is to end at once may take there, seconds.
SOON_S = 15.0
SOURCE = Path(__file__).resolve().parents[2]


def write_for_ever(folder: str) -> None:
    """A task: half a file, and never its end."""
    with whole_file(Path(folder) / f"{os.getpid()}.txt") as part:
        part.write_text("half")
        while True:
            time.sleep(0.05)


def prepared() -> None:
    os.environ["SSPD_TEST_PREPARED"] = "yes"


def is_prepared() -> str:
    return os.environ.get("SSPD_TEST_PREPARED", "no")


def stubborn() -> None:
    raise OutputError("a.txt: cannot be written")


def die() -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(60)


def _children(parent: int) -> set[int]:
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, ppid = stat.read_text().rpartition(")")[2].split()[:2]
            if int(ppid) == parent and state != "Z":
                found.add(int(stat.parent.name))
    return found


def _is_alive(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def _until(true: object, seconds: float) -> bool:
    end_s = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        if time.monotonic() > end_s:
            return False
        time.sleep(0.02)
    return True


def test_a_pool_prepares_its_workers_and_tells_their_errors() -> None:
    with process_pool(1, prepared) as pool:
        assert pool.submit(is_prepared).result() == "yes"
        with pytest.raises(OutputError):
            pool.submit(stubborn).result()


def test_an_error_ends_the_workers_in_the_middle_of_their_work(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), process_pool(2) as pool:
        for _ in range(4):
            pool.submit(write_for_ever, str(tmp_path))
        assert _until(lambda: len(list(tmp_path.iterdir())) == 2, DEADLINE_S)
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_a_worker_that_is_ended_from_outside_breaks_the_pool() -> None:
    with pytest.raises(BrokenProcessPool), process_pool(1) as pool:
        pool.submit(die).result()


_PARENT = """
import sys
sys.path.insert(0, {tests!r})
from sspd.utils.pool import process_pool
from utils_tasks import write_for_ever
if __name__ == "__main__":
    with process_pool(2) as pool:
        tasks = [pool.submit(write_for_ever, sys.argv[1]) for _ in range(3)]
        tasks[0].result()
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_workers_end_with_their_parent_and_clean_up(tmp_path: Path, number: int) -> None:
    tasks, out = tmp_path / "tasks", tmp_path / "out"
    tasks.mkdir()
    out.mkdir()
    (tasks / "utils_tasks.py").write_text(Path(__file__).read_text())
    (tasks / "parent.py").write_text(_PARENT.format(tests=str(tasks)))
    command = [sys.executable, str(tasks / "parent.py"), str(out)]
    with (
        subprocess.Popen(
            command,
            stderr=subprocess.DEVNULL,
            # whoever runs the tests in the background ignores Ctrl-C, and would hand that on
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        ) as parent,
        contextlib.ExitStack() as end,
    ):
        end.callback(parent.kill)  # a test that fails does not wait for ever
        assert _until(lambda: len(list(out.iterdir())) == 2, DEADLINE_S)
        workers = _children(parent.pid)
        assert len(workers) >= 2
        parent.send_signal(number)  # to it alone
        assert _until(lambda: parent.poll() is not None, SOON_S)
        assert _until(lambda: not any(map(_is_alive, workers)), SOON_S)
    assert list(out.iterdir()) == []


def _command(name: str, videos: Path, out: Path) -> list[str]:
    given = {
        "simulate": ["simulate", str(out), "--n", "4", "--seconds", "300", "--jobs", "2"],
        "check": ["check", str(videos / "many"), "--jobs", "2"],
        "evaluate": ["evaluate", f"folder:{videos}", "--out", str(out), "--method", "pos"],
        "train": ["train", str(videos), "--out", str(out), "--steps", "1", "--device", "cpu"],
    }[name]
    jobs = [] if "--jobs" in given else ["--jobs", "2"]
    return [sys.executable, "-m", "sspd.cli.main", *given, *jobs]


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four videos of a minute; small pictures, long to look at."""
    from sspd.simulation import VideoSpec, write_truth, write_video

    folder = tmp_path_factory.mktemp("videos")
    spec = VideoSpec(seed=1, duration_s=4.0, width=192, height=144, face_px=90)
    (folder / "truth").mkdir()
    for n in range(4):
        write_video(spec, folder / f"f{n}.mp4")
        write_truth(spec, folder / "truth" / f"f{n}.mp4")
    (folder / "many").mkdir()  # a check of four is soon over
    for n in range(200):
        (folder / "many" / f"f{n}.mp4").hardlink_to(folder / "f0.mp4")
    return folder


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("simulate", signal.SIGKILL),
        ("simulate", signal.SIGINT),
        ("check", signal.SIGTERM),
        pytest.param("check", signal.SIGKILL, marks=pytest.mark.slow),
        pytest.param("evaluate", signal.SIGKILL, marks=pytest.mark.slow),
        pytest.param("evaluate", signal.SIGINT, marks=pytest.mark.slow),
        pytest.param("train", signal.SIGKILL, marks=pytest.mark.slow),
        pytest.param("train", signal.SIGTERM, marks=pytest.mark.slow),
    ],
)
def test_commands_leave_no_worker_behind(
    name: str, number: int, videos: Path, tmp_path: Path
) -> None:
    command = _command(name, videos, tmp_path / "out")
    with subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as parent:
        # the tracker of shared memory is a child, too
        ended = lambda: parent.poll() is not None  # noqa: E731
        assert _until(lambda: len(_children(parent.pid)) >= 3 or ended(), DEADLINE_S)
        assert not ended()
        workers = _children(parent.pid)
        parent.send_signal(number)  # to it alone
        assert _until(lambda: parent.poll() is not None, SOON_S)
        assert parent.returncode == (-9 if number == signal.SIGKILL else 128 + number)
        assert _until(lambda: not any(map(_is_alive, workers)), SOON_S)
        assert parent.stderr is not None
        said = parent.stderr.read()
        assert number == signal.SIGKILL or b"Traceback" not in said


def test_there_is_one_way_to_processes() -> None:
    own = SOURCE / "src" / "sspd" / "utils" / "pool.py"
    pattern = re.compile(r"ProcessPoolExecutor|multiprocessing import (?!shared_memory)get_context")
    for folder in ("src", "benchmarks"):
        for path in (SOURCE / folder).rglob("*.py"):
            assert path == own or not pattern.search(path.read_text(encoding="utf-8")), path
