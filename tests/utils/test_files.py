from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sspd.errors import OutputError
from sspd.utils.files import check_output, whole_file, whole_folder, write_whole
from sspd.utils.locks import claim, open_regular, open_to_append
from sspd.utils.partials import remove_all_parts, remove_parts

TOKEN = "0123456789abcdef"


def test_what_can_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    assert check_output(tmp_path / "a.json") == tmp_path / "a.json"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["missing/a.json", "folder", "a" * 300, "a\0b.json"])
def test_what_cannot_be_written_is_said_before(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError) as told:
        check_output(tmp_path / name)
    assert "\n" not in str(told.value)


def test_a_failure_leaves_the_old_file_and_no_part(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(ZeroDivisionError), whole_file(target) as partial:
        partial.write_text("half")
        assert partial.suffix == ".txt"
        raise ZeroDivisionError
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_refused_writing_is_an_output_error(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match="cannot be written"),
        whole_file(tmp_path / "gone" / "a.txt") as partial,
    ):
        partial.write_text("x")


def _placed(tmp_path: Path, kind: str) -> Path:
    """Something at ``a.json`` that must not be written to."""
    path, aim = tmp_path / "a.json", tmp_path / "aim"
    aim.write_text("kept")
    if kind == "link":
        path.symlink_to(aim)
    elif kind == "dangling link":
        path.symlink_to(tmp_path / "nothing")
    elif kind == "FIFO":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as at:
            at.bind(os.path.relpath(path))
    elif kind == "folder":
        path.mkdir()
    else:
        return Path("/dev/zero")
    return path


@pytest.mark.parametrize("kind", ["link", "dangling link", "FIFO", "socket", "folder", "device"])
def test_only_regular_files_are_written(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's name is short
    path = _placed(tmp_path, kind)
    before = path.lstat()
    for write in (check_output, lambda path: write_whole(path, b"new")):
        with pytest.raises(OutputError, match=kind.split()[-1]) as told:
            write(path)
        assert str(path) in str(told.value)
    assert path.lstat() == before
    assert (tmp_path / "aim").read_text() == "kept"
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("place", ["link.journal", "fifo.journal"])
def test_journals_are_not_opened_through_links_nor_wait_for_a_fifo(
    tmp_path: Path, place: str
) -> None:
    (tmp_path / "secret").write_text("kept")
    (tmp_path / "link.journal").symlink_to(tmp_path / "secret")
    os.mkfifo(tmp_path / "fifo.journal")
    for opened in (open_to_append, open_regular):
        with pytest.raises(OSError):
            opened(tmp_path / place)
    assert (tmp_path / "secret").read_text() == "kept"


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755])
def test_a_file_keeps_its_mode_and_a_new_one_obeys_the_umask(tmp_path: Path, mode: int) -> None:
    kept, new = tmp_path / "kept", tmp_path / "new"
    kept.write_text("old")
    kept.chmod(mode)
    before = os.umask(0o027)
    try:
        with whole_file(kept) as part:
            assert stat.S_IMODE(part.stat().st_mode) == mode  # no moment in which others read it
            part.write_text("new")
        write_whole(new, b"new")
    finally:
        os.umask(before)
    assert stat.S_IMODE(kept.stat().st_mode) == mode
    assert stat.S_IMODE(new.stat().st_mode) == 0o640


def test_a_part_has_a_name_that_nobody_foresees_and_is_made_new(tmp_path: Path) -> None:
    names = set()
    for _ in range(3):
        with whole_file(tmp_path / "a.txt") as part:
            names.add(part.name)
            assert str(os.getpid()) not in part.name.split(".")
    assert len(names) == 3


def test_a_part_that_is_exchanged_for_a_link_is_not_put_in_place(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("kept")
    with pytest.raises(OutputError, match="exchanged"), whole_file(tmp_path / "a.txt") as part:
        part.unlink()
        part.symlink_to(tmp_path / "secret")
    assert not (tmp_path / "a.txt").exists()


def test_standard_output_and_the_null_device(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for path in ("-", "/dev/stdout"):
        assert check_output(path) == Path(path)
        write_whole(path, b"a\xff\n")
    write_whole(os.devnull, b"gone")
    assert capfdbinary.readouterr().out == b"a\xff\n" * 2
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)
    assert list(tmp_path.iterdir()) == []


def test_parts_of_dead_processes_go_and_no_others(tmp_path: Path) -> None:
    mine = [f".a[1].{TOKEN}.part.png", f".a[1]-film.{TOKEN}.part.png"]
    others = [".a[1].x.part.png", f".a1.{TOKEN}.part.png", f".b.{TOKEN}.part.png", "a[1].png"]
    for name in (*mine, *others):
        (tmp_path / name).touch()
    link, aim = tmp_path / f".a[1].{16 * 'e'}.part.png", tmp_path / "secret"
    aim.touch()
    link.symlink_to(aim)
    with whole_file(tmp_path / "a[1].png") as alive:
        remove_parts(tmp_path / "a[1].png")
        assert alive.exists()
    assert {path.name for path in tmp_path.iterdir()} == {*others, link.name, "secret"}
    remove_parts(tmp_path / "gone" / "a.png")


_HOLD = """
import sys, time
from pathlib import Path
from sspd.utils.files import whole_file, whole_folder
from sspd.utils.locks import claim
place = Path(sys.argv[1])
with claim([place / "a.json"]), whole_file(place / "a.json"), whole_folder(place / "b.zarr"):
    print("ready", flush=True)
    time.sleep(600)
"""


def test_a_second_run_is_told_and_after_a_kill_the_next_cleans_up(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        with pytest.raises(OutputError, match="another run is writing it"):
            claim([tmp_path / "other.json", tmp_path / "a.json"]).__enter__()
        assert not (tmp_path / ".other.json.lock").exists()
        remove_all_parts(tmp_path)
        assert len(list(tmp_path.glob(".*.part*"))) == 2
        child.send_signal(signal.SIGKILL)
    with claim([tmp_path / "a.json"]):
        remove_all_parts(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["link", "FIFO", "folder"])
def test_a_lock_of_another_kind_is_told(tmp_path: Path, kind: str) -> None:
    _placed(tmp_path, kind).rename(tmp_path / ".a.lock")
    with pytest.raises(OutputError, match="cannot be locked"), claim([tmp_path / "a"]):
        pass
    assert (tmp_path / "aim").read_text() == "kept"


def test_a_folder_is_whole_or_as_it_was(tmp_path: Path) -> None:
    for text in ("first", "second"):
        with whole_folder(tmp_path / "a") as part:
            (part / "b").write_text(text)
    with pytest.raises(ZeroDivisionError), whole_folder(tmp_path / "a") as part:
        raise ZeroDivisionError
    assert (tmp_path / "a" / "b").read_text() == "second"
    (tmp_path / "link").symlink_to(tmp_path / "a")
    with pytest.raises(OSError, match="link"), whole_folder(tmp_path / "link"):
        pass
    assert {path.name for path in tmp_path.iterdir()} == {"a", "link"}


def test_waiting_for_a_lock_is_short(tmp_path: Path) -> None:
    with claim([tmp_path / "a"]):
        begin_s = time.monotonic()
        with pytest.raises(OutputError), claim([tmp_path / "a"]):
            pass
        assert time.monotonic() - begin_s < 5
