"""An extension of griffe: doctests of docstrings are shown as code, wherever they stand.

numpydoc wants ``>>>`` under a heading "Examples"; short docstrings of this project leave the
heading out. Without it Markdown would read ``>>>`` as a quotation in a quotation.
"""

from __future__ import annotations

import re
from typing import Any

import griffe

_FIRST_PROMPT = re.compile(r"^>>> ", re.MULTILINE)
_HEADING = re.compile(r"^Examples\n-+$", re.MULTILINE)


def with_heading(docstring: str) -> str:
    """Return a docstring with a heading above its doctest.

    Parameters
    ----------
    docstring : str
        Without indentation.
    """
    prompt = _FIRST_PROMPT.search(docstring)
    if prompt is None or _HEADING.search(docstring):
        return docstring
    return f"{docstring[: prompt.start()]}Examples\n--------\n{docstring[prompt.start() :]}"


class Doctests(griffe.Extension):
    """Give every docstring with a doctest its heading."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Change one docstring, before anything reads it."""
        if obj.docstring is not None:
            obj.docstring.value = with_heading(obj.docstring.value)
