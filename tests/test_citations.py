"""What the texts of the repository point at is in it, or is published."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXTS = [
    path
    for folder in ("src", "docs", "benchmarks")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in (".py", ".md", ".toml", ".html", ".css", ".js")
] + sorted(ROOT.glob("*.md"))
#: Notes that lie beside the repository and go out with nothing.
OUTSIDE = re.compile(r"field\.md|field notes|\.\./shared")
#: Sections of the SSPD paper by their subsections.
SECTIONS = {"III": "ABCD", "IV": "ABCDE"}


@pytest.mark.parametrize("pattern", ["field.md", "field notes", "../shared/x"])
def test_the_guard_sees_what_it_is_for(pattern: str) -> None:
    assert OUTSIDE.search(f"as {pattern} says")


def test_no_text_points_outside_of_the_repository() -> None:
    assert len(TEXTS) > 200
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in TEXTS
        for match in OUTSIDE.finditer(path.read_text(encoding="utf-8"))
    ]
    assert not found, "\n".join(found)


def test_sections_of_the_paper_that_are_cited_are_there() -> None:
    cited = {
        (match[1], match[2])
        for path in TEXTS
        for match in re.finditer(r"Sec\. (I{1,3}|IV|V)-([A-Z])", path.read_text(encoding="utf-8"))
    }
    assert cited
    assert all(letter in SECTIONS.get(number, "") for number, letter in cited)
