"""Guards of the house: imports flow one way, files and functions stay small."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "sspd"

#: Rooms from left to right; a room imports only what stands left of its own bar. The
#: front door, `sspd` itself, only names what others hold, so the command line alone may
#: pass through it. Inside `research` the same rule holds between its own rooms.
BARS = (
    ("errors", "version"),
    ("utils",),
    ("types",),
    ("signal", "accel"),
    ("video",),
    ("face", "simulation"),
    ("models",),
    ("network",),
    ("methods", "vitals"),
    ("report",),
    ("pipeline",),
    ("live",),
    ("server", "scale"),
    ("research.recipes",),
    ("research.views", "research.losses", "research.datasets", "research.figures"),
    ("research.train", "research.calibration"),
    ("research.evaluate",),
    ("research.api",),
    ("sspd",),
    ("cli",),
)
BAR_OF = {room: bar for bar, rooms in enumerate(BARS) for room in rooms}
MAX_FILE_LINES = 300
MAX_BODY_LINES = 60


class Import(NamedTuple):
    """One module named by an import statement, somewhere in a file."""

    module: str
    line: int


def imports_of(source: str, package: str) -> list[Import]:
    """Every import of `sspd` in a source, those inside functions too.

    ``from sspd import pipeline`` names the room, not the front door.
    """
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [Import(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")[: 1 - node.level or None] if node.level else []
            base = ".".join([*parts, *([node.module] if node.module else [])])
            names = [f"{base}.{alias.name}" for alias in node.names] if base == "sspd" else [base]
            rooms = BAR_OF.keys() | {"research"}
            known = [name if name.split(".")[-1] in rooms else base for name in names]
            found += [Import(name, node.lineno) for name in known]
    return [one for one in found if one.module.split(".")[0] == "sspd"]


def room_of(module: str) -> str:
    parts = module.split(".")
    if parts[1:2] == ["research"]:
        return ".".join(parts[1:3])
    return parts[1] if len(parts) > 1 else "sspd"


def steps_back(source: str, module: str, package: str) -> list[str]:
    """Imports of a module that go to its own bar's other rooms, or to the right."""
    own = room_of(module)
    wrong = []
    for module_name, line in imports_of(source, package):
        other = room_of(module_name)
        if other != own and (other not in BAR_OF or BAR_OF[other] >= BAR_OF[own]):
            wrong.append(f"{module}:{line} ({own}) imports {module_name}")
    return wrong


def modules() -> Iterator[tuple[str, str, Path]]:
    """Name, package and file of every module but the front door."""
    for path in sorted(SOURCE.rglob("*.py")):
        parts = ["sspd", *path.relative_to(SOURCE).with_suffix("").parts]
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        if name != "sspd":
            yield name, name if is_package else ".".join(parts[:-1]), path


def bodies(source: str) -> Iterator[tuple[str, int]]:
    """Name and lines of every function's body, nested functions too, docstrings not."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            rest = node.body[1:] if ast.get_docstring(node) is not None else node.body
            length = (rest[-1].end_lineno or 0) - rest[0].lineno + 1 if rest else 0
            yield f"{node.name} (line {node.lineno})", length


def test_every_room_has_its_place() -> None:
    rooms = {path.stem for path in SOURCE.iterdir() if path.suffix == ".py"}
    rooms |= {path.name for path in SOURCE.iterdir() if (path / "__init__.py").exists()}
    research = SOURCE / "research"
    rooms |= {f"research.{p.name}" for p in research.iterdir() if (p / "__init__.py").exists()}
    assert rooms - {"__init__", "research"} == BAR_OF.keys() - {"sspd"}


def test_rooms_import_one_way() -> None:
    wrong = [
        line
        for name, package, path in modules()
        for line in steps_back(path.read_text(encoding="utf-8"), name, package)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("sspd.signal.filters", "from sspd.video.read import read"),
        ("sspd.signal.filters", "import sspd.pipeline"),
        ("sspd.signal.filters", "from sspd import pipeline"),
        ("sspd.signal.filters", "import sspd"),
        ("sspd.signal.filters", "from sspd import measure"),
        ("sspd.signal.filters", "from ..video import read"),
        ("sspd.signal.filters", "def f():\n    from sspd.cli.main import app"),
        ("sspd.research.losses.pearson", "from sspd.research.views.mdm import draw_mask"),
        ("sspd.models.backbone", "from sspd.research.losses.pearson import pearson"),
        ("sspd.models.backbone", "from sspd import research"),
        ("sspd.pipeline", "from sspd.research import train"),
        ("sspd.research.train.loop", "import sspd.research.evaluate.metrics"),
        ("sspd.signal.filters", "import sspd.a_room_without_a_place"),
    ],
)
def test_a_step_back_is_seen(module: str, source: str) -> None:
    assert steps_back(source, module, module.rpartition(".")[0])


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("sspd.signal.filters", "from sspd.errors import UsageError\nimport numpy"),
        ("sspd.signal.filters", "from sspd.signal.peaks import find_beats"),
        ("sspd.signal.filters", "from .peaks import find_beats"),
        ("sspd.cli.main", "import sspd\nfrom sspd.research.train.loop import train"),
        ("sspd.research.evaluate.protocols", "from sspd.research.train.loop import train"),
        ("sspd.pipeline", "from sspd.vitals import hrv"),
    ],
)
def test_a_step_forward_is_allowed(module: str, source: str) -> None:
    assert not steps_back(source, module, module.rpartition(".")[0])


def test_files_and_functions_stay_small() -> None:
    large = []
    for folder in (SOURCE, ROOT / "tests", ROOT / "benchmarks"):
        for path in sorted(folder.rglob("*.py")):
            source = path.read_text(encoding="utf-8")
            if source.count("\n") > MAX_FILE_LINES:
                large.append(f"{path.relative_to(ROOT)}: {source.count(chr(10))} lines")
            large += [
                f"{path.relative_to(ROOT)}: {name}: {length} lines"
                for name, length in bodies(source)
                if length > MAX_BODY_LINES
            ]
    assert not large, "\n".join(large)


def test_a_long_body_is_seen_and_its_docstring_not() -> None:
    filling = "\n".join(["    x = 1"] * 61)
    long_words = '    """One.\n\n' + "    more\n" * 80 + '    """\n'
    assert dict(bodies(f"def f():\n{filling}")) == {"f (line 1)": 61}
    assert dict(bodies(f"def f():\n{long_words}    return 1")) == {"f (line 1)": 1}
