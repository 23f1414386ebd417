"""Hooks of the site: documents of the repository as pages, and the page of the public names."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import sspd

ROOT = Path(__file__).resolve().parents[1]
#: Page -> the document of the repository that is its text.
DOCUMENTS = {
    "benchmarks.md": "benchmarks/README.md",
    "changelog.md": "CHANGELOG.md",
    "model-card.md": "MODEL_CARD.md",
}
#: A link to a file of the repository: its words, the file, and the anchor in it.
LINK = re.compile(r"\[([^\]]+)\]\((?!\w+://|#)([^)#\s]+)(#[^)\s]*)?\)")
#: Headings of the page of public names, in its order.
GROUPS = ("Functions", "Classes", "Errors")


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Return the text of a page.

    Parameters
    ----------
    markdown : str
        What stands in the page's own file.
    page : mkdocs.structure.pages.Page
    """
    name = page.file.src_uri
    if name in DOCUMENTS:
        return document(name)
    if name == "api.md":
        return markdown + public_names()
    return markdown


def document(name: str) -> str:
    """Return a document of the repository, its links as the site has them.

    Parameters
    ----------
    name : str
        A page of `DOCUMENTS`.
    """
    source = ROOT / DOCUMENTS[name]
    pages = {(ROOT / path).resolve(): page for page, path in DOCUMENTS.items()}
    pages[ROOT / "README.md"] = "index.md"
    text = source.read_text(encoding="utf-8")

    def linked(match: re.Match[str]) -> str:
        words, target, anchor = match.groups(default="")
        path = (source.parent / target).resolve()
        if path in pages:
            return f"[{words}]({pages[path]}{anchor})"
        if path.is_relative_to(ROOT / "docs"):
            return f"[{words}]({path.relative_to(ROOT / 'docs').as_posix()}{anchor})"
        return f"{words} (`{path.relative_to(ROOT).as_posix()}` in the repository)"

    return LINK.sub(linked, text)


def public_names() -> str:
    """Return the page of `sspd.__all__`: a heading a group, a directive a name."""
    groups: dict[str, list[str]] = {group: [] for group in GROUPS}
    for name in sspd.__all__:
        if not name.startswith("__"):
            groups[_group(getattr(sspd, name))].append(name)
    parts = []
    for group, names in groups.items():
        parts.append(f"\n## {group}\n")
        parts += [f"\n::: sspd.{name}\n" for name in names]
    return "".join(parts)


def _group(value: object) -> str:
    if inspect.isclass(value) and issubclass(value, BaseException):
        return "Errors"
    return "Classes" if inspect.isclass(value) else "Functions"
