"""The templates of HTML, whose every value is escaped on its way in."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any, NamedTuple

from sspd.report.labels import legible


class Cell(NamedTuple):
    """A cell of a table that is a link, or that looks like something."""

    text: str
    link: str = ""
    style: str = ""


def fill(template: str, **values: Any) -> Iterator[str]:
    """Render a template with its values, part by part.

    Values are plain text: a name never becomes a tag, and what
    `sspd.report.labels.legible` refuses becomes question marks, so that the page is valid
    UTF-8 whatever the name. A value that is missing is an error.

    Parameters
    ----------
    template : str
        A file of ``sspd/report/templates``.
    values : object
        By their names in it; iterables are asked for their items as the text gets there.

    Yields
    ------
    str

    >>> page = fill("notebook.html.j2", title="<script>" + chr(0xDCFF), said="", png=None, rows=[],
    ...     more=0, notice="")
    >>> "".join(page).splitlines()[0]
    '<div><p><strong>&lt;script&gt;?</strong></p>'
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    pages = Environment(
        loader=PackageLoader("sspd.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_legible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters["base64"] = lambda data: base64.b64encode(data).decode()
    return pages.get_template(template).generate(**values)


def _legible(value: object) -> object:
    # what has __html__ is a part of a template, filled already
    return value if hasattr(value, "__html__") else legible(str(value))
