"""What other installed packages add, by entry points."""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import TypeVar

from sspd.errors import DependencyError

T = TypeVar("T")


@cache
def plugins(group: str) -> MappingProxyType[str, EntryPoint]:
    """Return the entry points of a group by name; nothing of them is imported.

    Parameters
    ----------
    group : str
        Such as ``sspd.methods``.

    Returns
    -------
    mapping of str to EntryPoint
        The first one where two packages use one name.

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
    """Import what another package adds under a name.

    Parameters
    ----------
    group, name : str
        See `plugins`; `name` is one of them.
    kind : type
        What it has to be.

    Returns
    -------
    an object of `kind`

    Raises
    ------
    DependencyError
        It cannot be imported, or is of another kind. The message names the package.
    """
    point = plugins(group)[name]
    package = point.dist.name if point.dist else point.value
    said = f"{name!r}, which the package {package!r} adds ({point.value})"
    try:
        found = point.load()
    except Exception as error:  # a stranger's module may raise anything
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
