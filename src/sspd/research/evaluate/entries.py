"""What is scored: a method as it is, or a network that each fold trains.

A method is made where it runs, which may be another process: what makes it can be sent there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sspd.errors import SourceError
from sspd.methods import Method, citation, get_method
from sspd.research.evaluate.split import Fold
from sspd.utils.content import file_digest

if TYPE_CHECKING:
    from sspd.network import Network


#: Makes a method; can be pickled.
Make = Callable[[], Method]


@dataclass(frozen=True)
class Entry:
    """One row of a table.

    Parameters
    ----------
    name : str
        In tables and as a folder's name.
    citation : str
    make : callable
        Fold -> what makes the method that is tested on it. May take as long as a training.
    network : callable or None
        Fold -> the method's network, where it is one of this package, for waveforms past
        the even grid.
    settled : mapping or None
        How state, sign and integration of a network are settled; None: it is none.
    """

    name: str
    citation: str
    make: Callable[[Fold], Make]
    network: Callable[[Fold], Network] | None = None
    settled: Mapping[str, str] | None = None


def as_it_is(name: str) -> Entry:
    """A method that no fold changes.

    Parameters
    ----------
    name : str
        See `sspd.methods.method_names`.

    >>> as_it_is("pos").make(Fold("1", (), ("s1",)))().name
    'pos'
    """
    return Entry(name, citation(name), lambda fold: partial(get_method, name))


def with_weights(
    method: str,
    weights: Callable[[Fold], Path],
    precision: str = "f32",
    threads: int | None = None,
    name: str | None = None,
    *,
    settled_by: Mapping[str, str],
) -> Entry:
    """A method that is a network, with each fold's weights.

    Parameters
    ----------
    method : str
        See `sspd.methods.takes_weights`.
    weights : callable
        Fold -> file of a network.
    precision, threads
        See `sspd.methods.get_method`.
    name : str or None
        Of the row, where it is not the method's.
    settled_by : mapping
        See `Entry`.
    """

    def make(fold: Fold) -> Make:
        return partial(_make, method, weights(fold), precision, threads)

    def network(fold: Fold) -> Network:
        from sspd.network import load_network

        return load_network(weights(fold), precision=precision, threads=threads)

    own = network if method == "sspd" else None
    return Entry(name or method, citation(method), make, own, settled_by)


def _make(name: str, weights: Path, precision: str, threads: int | None) -> Method:
    made = get_method(name, weights=weights, precision=precision, threads=threads)
    return labelled(made, weights, precision)


def labelled(method: Method, weights: Path, precision: str) -> Method:
    """The method, its weights named so that others are never taken for them.

    Parameters
    ----------
    method : Method
    weights : Path
        The file that it was made of.
    precision : str
        Of its arithmetic.

    Raises
    ------
    SourceError
        The file cannot be read.
    """
    try:
        digest = file_digest(weights)[:12]
    except OSError as error:
        raise SourceError(f"{weights}: {(error.strerror or '').lower()}") from error
    return replace(method, weights=f"{weights.name} {digest} {precision}")
