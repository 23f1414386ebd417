"""Import of optional packages, with advice on how to install them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from sspd.errors import DependencyError


def require(package: str, *, extra: str | None, purpose: str, instead: str = "") -> Any:
    """Import an optional package.

    Parameters
    ----------
    package : str
        Import name, such as ``torch`` or ``zarr.codecs``.
    extra : str or None
        Extra of sspd that installs it; None if there is none.
    purpose : str
        Noun for what needs it, at the beginning of the message.
    instead : str
        Alternative that works without it; empty if there is none.

    Returns
    -------
    module

    Raises
    ------
    DependencyError
        The package is not installed, or cannot be imported.

    >>> require("math", extra="train", purpose="an example").sqrt(4)
    2.0
    >>> require("no_such_package", extra="train", purpose="an example")
    Traceback (most recent call last):
    ...
    sspd.errors.DependencyError: an example needs no_such_package, which is not installed; install
        sspd[train] with `pip install -c constraints.txt '.[train]'` in the clone
    """
    try:
        return import_module(package)
    except ImportError as error:
        raise DependencyError(_message(package, extra, purpose, instead, error)) from error


def _message(
    package: str, extra: str | None, purpose: str, instead: str, error: ImportError
) -> str:
    top = package.partition(".")[0]
    absent = isinstance(error, ModuleNotFoundError) and (error.name or "").split(".")[0] == top
    lines = str(error).splitlines()
    state = "is not installed" if absent else f"cannot be imported ({''.join(lines[:1])})"
    if extra is None:
        remedy = f"install it with `pip install {top}`"
    else:
        command = f"pip install -c constraints.txt '.[{extra}]'"
        remedy = f"install sspd[{extra}] with `{command}` in the clone"
    choice = f", or {instead}" if instead else ""
    return f"{purpose} needs {top}, which {state}; {remedy}{choice}"
