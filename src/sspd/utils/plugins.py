"""Entry points that other installed packages provide."""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import TypeVar

from sspd.errors import DependencyError

T = TypeVar("T")


@cache
def plugins(group: str) -> MappingProxyType[str, EntryPoint]:
    """Return the entry points of a group by name, without importing them.

    Parameters
    ----------
    group : str
        Such as ``sspd.methods``.

    Returns
    -------
    mapping of str to EntryPoint
        If two packages use the same name, the first one.

    Examples
    --------
    >>> dict(plugins("no.such.group"))
    {}
    """
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=group):
        found.setdefault(point.name, point)
    return MappingProxyType(found)


def load_plugin(group: str, name: str, kind: type[T]) -> T:
    """Import an object that another package provides under a name.

    Parameters
    ----------
    group, name : str
        Group and name of an entry point, see `plugins`.
    kind : type
        Required type of the object.

    Returns
    -------
    object of type `kind`

    Raises
    ------
    DependencyError
        It cannot be imported, or is of another type. The message names the package.
    """
    point = plugins(group)[name]
    package = point.dist.name if point.dist else point.value
    said = f"{name!r}, which the package {package!r} adds ({point.value})"
    try:
        found = point.load()
    except Exception as error:  # foreign code may raise anything
        reason = (str(error).splitlines() or [""])[0][:200]
        raise DependencyError(
            f"{said}, cannot be imported: {type(error).__name__}: {reason}; update or remove"
            f" {package}"
        ) from error
    if not isinstance(found, kind):
        raise DependencyError(
            f"{said}, is a {type(found).__name__}, not a {kind.__name__}; update or remove"
            f" {package}"
        )
    return found
