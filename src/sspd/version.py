"""Version of the package."""

from __future__ import annotations


def package_version() -> str:
    """Return the installed version of the package.

    Returns
    -------
    str

    >>> package_version() == __import__("sspd").__version__
    True
    """
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("sspd")
    except PackageNotFoundError:  # run from a source tree without installation
        return "0+uninstalled"
