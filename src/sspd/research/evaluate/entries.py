"""Entries of an evaluation: a fixed method, or a network that is trained for each fold.

Each process makes its own method, so the function that makes it can be pickled.
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


#: Makes a method; it can be pickled.
Make = Callable[[], Method]


@dataclass(frozen=True)
class Entry:
    """One entry of an evaluation, which becomes one row of its tables.

    Parameters
    ----------
    name : str
        In tables and as a folder's name.
    citation : str
    make : callable
        Fold -> function that makes the method to test on it. May take as long as a training.
    network : callable or None
        Fold -> the method's network, if it is one of this package; for waveforms at the video's
        own frame rate.
    settled : mapping or None
        How the state, sign and integration order of the network were chosen; None: the method
        is not a network.
    """

    name: str
    citation: str
    make: Callable[[Fold], Make]
    network: Callable[[Fold], Network] | None = None
    settled: Mapping[str, str] | None = None


def untrained_entry(name: str) -> Entry:
    """Make an entry for a method that is the same in every fold.

    Parameters
    ----------
    name : str
        See `sspd.methods.method_names`.

    Returns
    -------
    Entry

    >>> untrained_entry("pos").make(Fold("1", (), ("s1",)))().name
    'pos'
    """
    return Entry(name, citation(name), lambda fold: partial(get_method, name))


def network_entry(
    method: str,
    weights: Callable[[Fold], Path],
    precision: str = "f32",
    threads: int | None = None,
    name: str | None = None,
    *,
    settled_by: Mapping[str, str],
) -> Entry:
    """Make an entry for a network with its own weights in each fold.

    Parameters
    ----------
    method : str
        See `sspd.methods.takes_weights`.
    weights : callable
        Fold -> file of a network.
    precision, threads
        See `sspd.methods.get_method`.
    name : str or None
        Name of the row; None: that of the method.
    settled_by : mapping
        The field ``settled`` of `Entry`.

    Returns
    -------
    Entry
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
    return name_weights(made, weights, precision)


def name_weights(method: Method, weights: Path, precision: str) -> Method:
    """Return the method with its weights named by file name, hash and precision.

    So cached results of other weights are never used for it.

    Parameters
    ----------
    method : Method
    weights : Path
        The file that the method was made from.
    precision : str
        Arithmetic of the network.

    Returns
    -------
    Method

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
