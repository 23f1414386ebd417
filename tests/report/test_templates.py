from __future__ import annotations

import html
from html.parser import HTMLParser
from typing import Any

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sspd.report.labels import legible
from sspd.report.templates import Cell, fill

ANY_TEXT = st.text(st.characters(codec=None), max_size=40)


class Seen(HTMLParser):
    """What a reader of the markup finds."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.words += data


def notebook(**values: Any) -> Seen:
    plain = {"title": "t", "said": "", "png": None, "rows": [], "more": 0, "notice": "n"}
    parser = Seen()
    parser.feed("".join(fill("notebook.html.j2", **plain | values)))
    parser.close()
    return parser


@pytest.mark.slow
@given(ANY_TEXT)
def test_no_text_becomes_markup(text: str) -> None:
    row = [text, Cell(text, link=f"#{text}"), Cell(text, style=text)]
    found = notebook(title=text, said=text, rows=[row], notice=text)
    tables = {"table", "thead", "tbody", "tr", "th", "td"}
    assert set(found.tags) <= tables | {"div", "p", "strong", "small", "a", "span"}
    assert {name for name, _ in found.attributes} <= {"scope", "href", "class"}
    shown = html.unescape(html.escape(legible(text)))
    assert " ".join(shown.split()) in " ".join(found.words.split())
    found.words.encode("utf-8")  # what cannot be written would end the page


def test_tables_name_their_rows_and_columns() -> None:
    found = notebook(rows=[["x", "<b>"], ["y", Cell("z", link="#z")]])
    assert found.tags.count("th") == 5 + 2
    assert found.tags.count("td") == 2
    assert "b" not in found.tags
    scopes = [value for name, value in found.attributes if name == "scope"]
    assert scopes == ["col"] * 5 + ["row"] * 2
    assert ("href", "#z") in found.attributes


def test_a_picture_says_what_it_shows() -> None:
    (source, alt, style) = notebook(png=b"\x00\xff").attributes
    assert source == ("src", "data:image/png;base64,AP8=")
    assert alt == ("alt", "Excerpt of the pulse waveform with its beats")
    assert style == ("style", "max-width:100%")


def test_a_value_that_is_missing_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError):
        "".join(fill("notebook.html.j2", title="t"))
