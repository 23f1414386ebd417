"""Nothing is written in place: neither files, nor folders of frames."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sspd.cli.main import app
from sspd.research.datasets.table import DATASETS, get_dataset
from sspd.simulation import VideoSpec, simulate
from sspd.types import Frames

SPEC = VideoSpec(seed=1, duration_s=2.0, width=128, height=96, face_px=60)

#: What puts bytes into a file that it is given by name.
WRITERS = {
    "write_text", "write_bytes", "touch", "savefig", "save", "savez", "savez_compressed", "savetxt",
    "savemat", "imwrite", "tofile", "to_csv", "create_group", "save_file", "dump", "VideoWriter",
}  # fmt: skip
#: File -> why what it writes is not written in place, where no `with whole_...` stands around it.
KNOWN = {
    "cli/live_outputs.py": "lines of JSON, which are read while they come",
    "cli/streams.py": "the null device",
    "research/datasets/faces.py": "the arrays of an entry, into its whole_folder",
    "research/datasets/mr_nirp_files.py": "a frame, into the whole_folder of its camera",
    "pipeline/batch/worker.py": "the pipe to its parent",
    "scale/actor.py": "the files of a part, in a temporary folder that is removed",
    "scale/long_videos.py": "parts of a video, in a temporary folder that is removed",
    "server/live_worker.py": "the pipe to its parent",
    "models/checkpoint.py": "bytes, for `write_whole`",
    "report/figures.py": "into memory",
    "report/result.py": "into memory",
    "research/train/state.py": "into memory",
    "video/sources.py": "a copy of a stream, in a temporary folder that is removed",
    "video/encode.py": "into memory, or the whole_file of `write_encoded`",
    "video/write.py": "into memory, or the whole_file of `write_h264`",
}


def _writes(call: ast.Call) -> bool:
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    words = [*call.args, *(word.value for word in call.keywords if word.arg == "mode")]
    modes = [one.value for one in words if isinstance(one, ast.Constant)]
    opens = name in ("open", "File", "fdopen") and bool({"w", "wb", "x", "r+b", "a"} & {*modes})
    return name in WRITERS or opens


def in_place(source: str) -> list[int]:
    """Lines that write a file by name outside of a ``with whole_file`` or ``whole_folder``."""
    found: list[int] = []

    def walk(node: ast.AST, whole: bool) -> None:
        if isinstance(node, ast.With):
            calls = [one for item in node.items for one in ast.walk(item.context_expr)]
            whole = whole or any(
                getattr(one, "id", "") in ("whole_file", "whole_folder") for one in calls
            )
        if isinstance(node, ast.Call) and _writes(node) and not whole:
            found.append(node.lineno)
        for child in ast.iter_child_nodes(node):
            walk(child, whole)

    walk(ast.parse(source), False)
    return found


@pytest.mark.slow
def test_nothing_is_written_in_place() -> None:
    source = Path(__file__).resolve().parents[2] / "src" / "sspd"
    places = {}
    for path in source.rglob("*.py"):
        if path.parent.name != "utils" and (lines := in_place(path.read_text(encoding="utf-8"))):
            places[path.relative_to(source).as_posix()] = lines
    assert places.keys() == KNOWN.keys(), places


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("path.write_text('a')", [1]),
        ("with path.open('w') as file:\n    pass", [1]),
        ("open(path, mode='wb')", [1]),
        ("with whole_file(path) as part:\n    part.write_text('a')\npath.touch()", [3]),
        ("with whole_file(path) as part, part.open('w') as file:\n    file.write('a')", []),
        ("path.open()\nopen(path, 'rb')\npath.read_text()", []),
    ],
)
def test_writing_in_place_is_seen(source: str, lines: list[int]) -> None:
    assert in_place(source) == lines


@pytest.mark.parametrize("layout", ["pure", "ibvp", "mr-nirp", "mr-nirp-car"])
@pytest.mark.parametrize("number", [0, 7])
def test_frames_of_half_a_video_have_no_folder(
    layout: str, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(spec: VideoSpec) -> Iterator[Frames]:
        yield next(iter(simulate(spec)))
        raise ZeroDivisionError

    monkeypatch.setattr(
        import_module(f"sspd.research.datasets.{DATASETS[layout]}"), "simulate", half
    )
    with pytest.raises(ZeroDivisionError):
        get_dataset(layout).write(tmp_path, number, SPEC)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not list(tmp_path.rglob("*.part"))


def test_what_a_killed_simulation_left_in_a_layout_goes(tmp_path: Path) -> None:
    out, token = tmp_path / "out", 16 * "0"
    command = ["simulate", str(out), "--layout", "pure", "--n", "1", "--seconds", "2"]
    small = ["--size", "128x96", "--preset", "still"]
    first = CliRunner().invoke(app, [*command, *small])
    assert first.exit_code == 0, first.output
    places = [out, out / "01-01", out / "01-01" / "01-01", out / "truth"]
    for place in places:
        (place / f".a.{token}.part").mkdir()
        (place / f".a.{token}.part" / "Image1.png").touch()
        (place / f".a.{token}.part.json").touch()
    again = CliRunner().invoke(app, [*command, *small])
    assert again.exit_code == 0, again.output
    assert not list(out.rglob("*.part*"))
