"""Pieces of HTML; what comes from outside is escaped on its way in."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Sequence

from sspd.report.labels import legible


class Html(str):
    """Text that is markup already.

    Everything else that `escaped`, `element` and `table` are given is plain text, so
    that a name can never become a tag.
    """


def escaped(value: object) -> Html:
    """Plain text as HTML; `Html` stays as it is.

    What `sspd.report.labels.legible` refuses becomes question marks, so that the page is
    valid UTF-8 whatever the name.

    >>> escaped("<script>"), escaped(Html("<b>"))
    ('&lt;script&gt;', '<b>')
    >>> escaped("bad" + chr(0xDCFF) + chr(0) + chr(0x202E) + ".mp4")
    'bad???.mp4'
    """
    if isinstance(value, Html):
        return value
    return Html(html.escape(legible(str(value))))


def element(name: str, *content: object, **attributes: str | bool | None) -> Html:
    """An element with its content; an attribute that is None or False is left out.

    Parameters
    ----------
    name : str
        Of the tag.
    content : object
        `Html`, or anything that is printed and escaped.
    attributes : str, bool or None
        ``class_`` stands for ``class``; True for one without a value.

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
    r"""Several pieces, a line each.

    >>> joined(["a", Html("<br>")])
    'a\n<br>'
    """
    return Html("\n".join(escaped(part) for part in parts))


def table(
    header: Sequence[object], rows: Iterable[Sequence[object]], *, class_: str | None = None
) -> Html:
    """A table; the first cell of each row names it.

    Parameters
    ----------
    header : sequence of object
        Empty: none.
    rows : iterable of sequences
    class_ : str, optional

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
    """Return an image that is embedded in the page.

    Parameters
    ----------
    data : bytes
        The file.
    kind : str
        Its media type, such as ``"image/png"``.
    alt : str
        What it shows, for those who do not see it.
    style : str, optional
        CSS, for pages whose style sheet is not ours.

    >>> image(b"abc", "image/png", 'a "face"')
    '<img src="data:image/png;base64,YWJj" alt="a &quot;face&quot;">'
    """
    source = f"data:{kind};base64,{base64.b64encode(data).decode()}"
    styled = "" if style is None else f' style="{escaped(style)}"'
    return Html(f'<img src="{source}" alt="{escaped(alt)}"{styled}>')
