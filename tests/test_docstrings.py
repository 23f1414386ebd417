"""Guards of the docstrings: a first line that a stranger understands, and all arguments."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src" / "sspd"

#: Imperatives with which the first line of a function may begin. Add a verb if it is one that a
#: stranger understands at once; a noun, an article or a question word is none.
_VERBS = """
Add Align Append Apply Arrange Assert Assign Average Begin Blend Build Call Check Choose
Clear Close Collect Combine Compare Compile Compute Concatenate Convert Convolve Copy Count
Create Crop Cut Darken Decode Delete Describe Detect Determine Discard Divide Download Draw
Encode End Enlarge Enter Escape Estimate Evaluate Exit Export Extract Fill Filter Find Fit
Flush Format Gather Generate Get Group Hash Hold Import Initialise Initialize Insert
Integrate Interpolate Invert Iterate Join Keep Leave Limit List Load Lock Log Make Map Mark
Mask Match Measure Merge Mirror Move Normalise Normalize Open Parse Pass Pause Plan Plot
Predict Prefetch Prepare Print Process Publish Push Quantize Raise Read Record Register
Release Remove Render Repeat Replace Report Resample Reset Resize Resolve Restore Resume
Return Rewrite Rotate Round Run Sample Save Scale Score Search Select Send Separate Set
Shift Shorten Show Shuffle Simulate Skip Smooth Sort Split Stabilize Stack Standardise
Standardize Start Stop Store Stream Submit Subtract Sum Summarize Test Track Train
Transform Trim Tune Unpack Update Upsample Validate Verify Wait Warn Weight Wrap Write
Yield
"""
VERBS = frozenset(_VERBS.split())
#: Words with which no docstring may begin: they make riddles.
_RIDDLES = """What Who Whose Whom Where How Whether Which When Why That This These Those It Its
So As Of"""
RIDDLES = frozenset(_RIDDLES.split())
MOST_CHARACTERS = 100
_TWO_SENTENCES = re.compile(r"(?<!Sec)(?<!Fig)(?<!Eq)[.!?] +[A-Z`]")
_PROPERTIES = {"property", "cached_property"}
_IMPLICIT = {"self", "cls"}
_NOTHING = {"None", "NoReturn", "Never", "Iterator[None]", "Generator[None]"}


class Entry(NamedTuple):
    """A public function, method, property or class of the package."""

    file: str
    """Path below the package, with ``/``."""
    name: str
    kind: str
    """``function``, ``property`` or ``class``."""
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

    def __str__(self) -> str:
        return f"{self.file}:{self.node.lineno} {self.name}"

    @property
    def doc(self) -> str:
        """Docstring without indentation; empty if there is none."""
        return ast.get_docstring(self.node) or ""


def entries_of(source: str, file: str) -> Iterator[Entry]:
    """Yield the public entries of a source, those of public classes included."""

    def walk(body: list[ast.stmt], prefix: str) -> Iterator[Entry]:
        for node in body:
            if isinstance(node, ast.If):
                yield from walk([*node.body, *node.orelse], prefix)
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                continue
            if node.name.startswith("_"):
                continue
            name = f"{prefix}{node.name}"
            if isinstance(node, ast.ClassDef):
                yield Entry(file, name, "class", node)
                yield from walk(node.body, f"{name}.")
                continue
            decorators = {
                ast.unparse(one).split("(")[0].split(".")[-1] for one in node.decorator_list
            }
            if decorators & {"overload", "setter"}:
                continue
            yield Entry(file, name, "property" if decorators & _PROPERTIES else "function", node)

    yield from walk(ast.parse(source).body, "")


def is_command(entry: Entry) -> bool:
    """Return whether a function is a command, whose docstring is its help and lists no options."""
    node = entry.node
    if not entry.file.startswith("cli/") or isinstance(node, ast.ClassDef):
        return False
    given = [one.annotation for one in (*node.args.args, *node.args.kwonlyargs)]
    return any(a is not None and ast.unparse(a).startswith("Annotated[") for a in given)


def all_entries() -> list[Entry]:
    """Return the public entries of the whole package."""
    found: list[Entry] = []
    for path in sorted(SOURCE.rglob("*.py")):
        file = path.relative_to(SOURCE).as_posix()
        found += entries_of(path.read_text(encoding="utf-8"), file)
    return found


def first_line_fault(entry: Entry) -> str | None:
    """Return what is wrong with the first line of a docstring."""
    first = entry.doc.split("\n")[0].strip()
    if not first:
        return "has no docstring"
    if not first.endswith("."):
        return f"its first line is not a sentence with a full stop: {first!r}"
    if len(first) > MOST_CHARACTERS:
        return f"its first line has {len(first)} characters, {MOST_CHARACTERS} are the most"
    if _TWO_SENTENCES.search(first):
        return f"its first line has two sentences: {first!r}"
    word = first.split()[0].strip(",;:.")
    if entry.kind == "function" and word not in VERBS:
        return f"its first word {word!r} is not an imperative of VERBS: {first!r}"
    if entry.kind != "function" and word in RIDDLES:
        return f"it begins with {word!r}, say what it is by a noun: {first!r}"
    return None


def sections_of(doc: str) -> dict[str, list[str]]:
    """Return the numpydoc sections of a docstring, by name."""
    lines = inspect.cleandoc(doc).split("\n")
    heads = [k for k in range(len(lines) - 1) if re.fullmatch("-{3,}", lines[k + 1].strip())]
    bounds = [*heads, len(lines) + 1]
    return {lines[a].strip(): lines[a + 2 : b] for a, b in pairwise(bounds)}


def documented(section: list[str]) -> set[str]:
    """Return the names of the arguments in a section Parameters."""
    heads = [line for line in section if line and not line[0].isspace()]
    names = [name.strip().lstrip("*") for head in heads for name in head.split(" :")[0].split(",")]
    return set(names)


def arguments_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """Return the names of a function's arguments, except self and cls."""
    given = node.args
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    every += [one for one in (given.vararg, given.kwarg) if one is not None]
    names = [one.arg for one in every if one.arg not in _IMPLICIT]
    return [name for name in names if not name.startswith("_")]


def section_fault(entry: Entry) -> str | None:
    """Return what is missing of the sections of a function with arguments."""
    node = entry.node
    if entry.kind != "function" or isinstance(node, ast.ClassDef) or is_command(entry):
        return None
    arguments = arguments_of(node)
    if not arguments:
        return None
    sections = sections_of(entry.doc)
    if "Parameters" not in sections:
        return "has no section Parameters"
    missing = [name for name in arguments if name not in documented(sections["Parameters"])]
    if missing:
        return f"its section Parameters lacks {', '.join(missing)}"
    returned = "None" if node.returns is None else ast.unparse(node.returns)
    if returned not in _NOTHING and not {"Returns", "Yields"} & set(sections):
        return f"returns {returned} and has no section Returns or Yields"
    return None


def faults_of(entries: list[Entry]) -> list[tuple[Entry, str]]:
    """Return all faults, each with its entry."""
    checks = (first_line_fault, section_fault)
    return [(entry, fault) for entry in entries for check in checks if (fault := check(entry))]


@pytest.mark.slow
def test_docstrings_are_understood_and_complete() -> None:
    entries = all_entries()
    assert len(entries) > 300
    faults = [f"{entry}: {fault}" for entry, fault in faults_of(entries)]
    assert not faults, "\n" + "\n".join(faults)


def riddles_of(source: str) -> list[tuple[int, str]]:
    """Return line and text of docstrings and ``#:`` comments that begin with a riddle's word."""
    bodies = [getattr(node, "body", None) for node in ast.walk(ast.parse(source))]
    texts = [
        (one.lineno, one.value.value.strip())
        for body in bodies
        if isinstance(body, list)
        for one in body
        if isinstance(one, ast.Expr)
        and isinstance(one.value, ast.Constant)
        and isinstance(one.value.value, str)
    ]
    lines = [line.strip() for line in source.splitlines()]
    texts += [
        (number, line[3:])
        for number, line in enumerate(lines, 1)
        if line.startswith("#: ") and not lines[number - 2].startswith("#: ")
    ]
    return [(line, text) for line, text in texts if text.split(maxsplit=1)[0] in RIDDLES]


@pytest.mark.slow
def test_no_docstring_is_a_riddle() -> None:
    faults = [
        f"{path.relative_to(SOURCE)}:{line}: {text.splitlines()[0]}"
        for path in sorted(SOURCE.rglob("*.py"))
        for line, text in riddles_of(path.read_text(encoding="utf-8"))
    ]
    assert not faults, "\n" + "\n".join(faults)


def test_riddles_are_found() -> None:
    source = '"""What is here."""\nx = 1\n"""A number."""\ny = 2\n"""Whether it is two."""'
    source += "\n#: How it is.\nz = 3\n#: The last number.\n#: It is four.\na = 4"
    assert [line for line, _ in riddles_of(source)] == [1, 5, 6]


LONG = '"""Return ' + 100 * "x" + '."""'


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("def f() -> int: ...", "no docstring"),
        ('def f() -> int:\n    """Return one"""', "full stop"),
        ('def f() -> int:\n    """What is one."""', "'What' is not an imperative"),
        ('def f() -> int:\n    """The number one."""', "'The' is not an imperative"),
        ('def f() -> int:\n    """Return one. It is small."""', "two sentences"),
        ("def f() -> int:\n    " + LONG, "108 characters"),
        ('class A:\n    """Where one is."""', "begins with 'Where'"),
        ('def f(x: int) -> None:\n    """Print a number."""', "no section Parameters"),
        (
            'def f(x: int, y: int) -> None:\n    """Print.\n\n    Parameters\n    ----------\n'
            '    x : int\n    """',
            "lacks y",
        ),
        (
            'def f(x: int) -> int:\n    """Return it.\n\n    Parameters\n    ----------\n'
            '    x : int\n    """',
            "no section Returns",
        ),
    ],
)
def test_faults_are_found(source: str, fault: str) -> None:
    found = faults_of(list(entries_of(source, "a.py")))
    assert any(fault in text for _, text in found), found


@pytest.mark.parametrize(
    "source",
    [
        "def _f(x: int) -> int: ...",
        "class _A:\n    def f(self, x: int) -> int: ...",
        'class A:\n    """Number of Eq. 3."""\n    @property\n    def x(self) -> int:\n'
        '        """Value of the number."""',
        'def f(x: int, *rest: int, **more: int) -> None:\n    """Print numbers.\n\n'
        "    Parameters\n    ----------\n    x : int\n    *rest, **more : int\n"
        '        Others.\n    """',
    ],
)
def test_good_docstrings_pass(source: str) -> None:
    assert not faults_of(list(entries_of(source, "a.py")))
