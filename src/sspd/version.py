"""Which version of the package this is."""

from __future__ import annotations


def package_version() -> str:
    """The installed version, as pyproject.toml has it.

    >>> package_version() == __import__("sspd").__version__
    True
    """
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("sspd")
    except PackageNotFoundError:  # run from a source tree that was never installed
        return "0+uninstalled"
