"""Packages of the extras: imported where they are used, or one line says how to get them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from sspd.errors import DependencyError


def require(package: str, *, extra: str | None, purpose: str, instead: str = "") -> Any:
    """Import a package that the base install does not have.

    Parameters
    ----------
    package : str
        Its import name, ``torch`` or ``zarr.codecs``.
    extra : str or None
        The extra of sspd that installs it; None if no extra does.
    purpose : str
        What it is needed for: a noun with which the message begins.
    instead : str
        What would work without it.

    Returns
    -------
    module

    Raises
    ------
    DependencyError
        It is not installed, or cannot be imported.

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
