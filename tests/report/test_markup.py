from __future__ import annotations

import html
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from sspd.report.markup import Html, element, escaped, image, table

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


def seen(markup: str) -> Seen:
    parser = Seen()
    parser.feed(markup)
    parser.close()
    return parser


@given(ANY_TEXT)
def test_no_text_becomes_markup(text: str) -> None:
    found = seen(element("p", text, title=text or "x"))
    assert found.tags == ["p"]
    assert [name for name, _ in found.attributes] == ["title"]
    assert found.words == html.unescape(escaped(text))
    escaped(text).encode("utf-8")  # what cannot be written would end the page


def test_only_html_stays_as_it_is() -> None:
    inner = element("b", "a & b")
    assert element("p", inner, "<i>") == "<p><b>a &amp; b</b>&lt;i&gt;</p>"
    assert isinstance(inner, Html)
    assert not isinstance(inner + "<i>", Html)


def test_tables_name_their_rows_and_columns() -> None:
    found = seen(table(["", "<b>"], [["x", 1], ["y", None]], class_="t"))
    assert found.tags.count("th") == 4
    assert found.tags.count("td") == 2
    assert "b" not in found.tags
    assert [value for name, value in found.attributes if name == "scope"] == [
        *("col", "col"),
        *("row", "row"),
    ]
    assert "thead" not in seen(table([], [["x", 1]])).tags


def test_a_picture_says_what_it_shows() -> None:
    ((_, source), (_, alt)) = seen(image(b"\x00\xff", "image/png", 'a "b"')).attributes
    assert source == "data:image/png;base64,AP8="
    assert alt == 'a "b"'
