"""HTML from text and elements; text from outside is escaped."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Sequence

from sspd.report.labels import legible


class Html(str):
    """Text that is HTML already.

    The functions of this module escape every other text, so that a name can never become a
    tag.
    """


def escaped(value: object) -> Html:
    """Escape plain text for HTML; `Html` is returned unchanged.

    Characters that `sspd.report.labels.legible` replaces become question marks, so that the
    page is valid UTF-8 for any name.

    Parameters
    ----------
    value : object

    Returns
    -------
    Html

    >>> escaped("<script>"), escaped(Html("<b>"))
    ('&lt;script&gt;', '<b>')
    >>> escaped("bad" + chr(0xDCFF) + chr(0) + chr(0x202E) + ".mp4")
    'bad???.mp4'
    """
    if isinstance(value, Html):
        return value
    return Html(html.escape(legible(str(value))))


def element(name: str, *content: object, **attributes: str | bool | None) -> Html:
    """Return an HTML element with its content.

    Parameters
    ----------
    name : str
        Name of the tag.
    *content : object
        `Html`, or anything else, which is converted to text and escaped.
    **attributes : str, bool or None
        Attributes; ``class_`` means ``class``. True gives an attribute without a value; None
        and False leave it out.

    Returns
    -------
    Html

    >>> element("p", "a < b", element("b", "!"), class_="loud", hidden=None)
    '<p class="loud">a &lt; b<b>!</b></p>'
    """
    words = [name]
    for key, value in attributes.items():
        if value is True:
            words.append(key)
        elif value:
            words.append(f'{key.rstrip("_")}="{escaped(value)}"')
    return Html(f"<{' '.join(words)}>{''.join(escaped(part) for part in content)}</{name}>")


def joined(parts: Iterable[object]) -> Html:
    r"""Join parts with line breaks.

    Parameters
    ----------
    parts : iterable of object
        `Html`, or text, which is escaped.

    Returns
    -------
    Html

    >>> joined(["a", Html("<br>")])
    'a\n<br>'
    """
    return Html("\n".join(escaped(part) for part in parts))


def table(
    header: Sequence[object], rows: Iterable[Sequence[object]], *, class_: str | None = None
) -> Html:
    """Return an HTML table; the first cell of each row is its heading.

    Parameters
    ----------
    header : sequence of object
        Headings of the columns; an empty sequence gives no header.
    rows : iterable of sequences
        Cells, `Html` or text, which is escaped.
    class_ : str or None
        CSS class of the table.

    Returns
    -------
    Html

    >>> print(table(["a", "b"], [["x", 1]]))
    <table><thead><tr><th scope="col">a</th><th scope="col">b</th></tr></thead><tbody>
    <tr><th scope="row">x</th><td>1</td></tr></tbody></table>
    """
    cells = [element("th", cell, scope="col") for cell in header]
    body = joined(
        element(
            "tr",
            element("th", row[0], scope="row"),
            *(element("td", cell) for cell in row[1:]),
        )
        for row in rows
    )
    top = element("thead", element("tr", *cells)) if header else ""
    return element("table", top, element("tbody", Html("\n"), body), class_=class_)


def image(data: bytes, kind: str, alt: str, *, style: str | None = None) -> Html:
    """Return an image element with the image embedded.

    Parameters
    ----------
    data : bytes
        Image file.
    kind : str
        Media type, such as ``"image/png"``.
    alt : str
        Alternative text: a description of the image.
    style : str or None
        CSS, for pages with another style sheet.

    Returns
    -------
    Html

    >>> image(b"abc", "image/png", 'a "face"')
    '<img src="data:image/png;base64,YWJj" alt="a &quot;face&quot;">'
    """
    source = f"data:{kind};base64,{base64.b64encode(data).decode()}"
    styled = "" if style is None else f' style="{escaped(style)}"'
    return Html(f'<img src="{source}" alt="{escaped(alt)}"{styled}>')
