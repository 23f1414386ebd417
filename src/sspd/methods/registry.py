"""Names of methods, and where each is: those of this package and of other packages.

Another package adds a method with an entry point of the group ``sspd.methods`` that names a
`sspd.methods.method.MethodEntry`::

    [project.entry-points."sspd.methods"]
    mine = "my_package.my_method:ENTRY"
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path

from sspd.errors import UsageError
from sspd.methods.method import WEIGHTS, Method, MethodEntry
from sspd.utils.plugins import load_plugin, plugins

#: Group of the entry points by which other packages add methods.
GROUP = "sspd.methods"
#: Name -> module and object, loaded on use.
_ENTRIES = {
    "2sr": "sspd.methods.ssr:ENTRY",
    "can": "sspd.methods.networks:CAN",
    "chrom": "sspd.methods.chrom:ENTRY",
    "contrast-phys": "sspd.methods.networks:CONTRAST_PHYS",
    "deepphys": "sspd.methods.networks:DEEPPHYS",
    "efficientphys": "sspd.methods.networks:EFFICIENTPHYS",
    "green": "sspd.methods.green:ENTRY",
    "hr-cnn": "sspd.methods.networks:HR_CNN",
    "ica": "sspd.methods.ica:ENTRY",
    "lgi": "sspd.methods.lgi:ENTRY",
    "omit": "sspd.methods.omit:ENTRY",
    "pbv": "sspd.methods.pbv:ENTRY",
    "pca": "sspd.methods.pca:ENTRY",
    "physformer": "sspd.methods.networks:PHYSFORMER",
    "physnet": "sspd.methods.networks:PHYSNET",
    "pos": "sspd.methods.pos:ENTRY",
    "remotephys": "sspd.methods.networks:REMOTEPHYS",
    "sinc": "sspd.methods.networks:SINC",
    "sspd": "sspd.methods.sspd:ENTRY",
}


def method_names() -> tuple[str, ...]:
    """Return the names of all methods, those of other packages too, sorted.

    >>> method_names()[:4]
    ('2sr', 'can', 'chrom', 'contrast-phys')
    """
    return tuple(sorted({*_ENTRIES, *plugins(GROUP)}))


def takes_weights(name: str) -> bool:
    """Return whether a method is a network, whose weights can be given.

    Parameters
    ----------
    name : str
        One of `method_names`.

    >>> takes_weights("physnet"), takes_weights("pos")
    (True, False)
    """
    return needs(name).startswith(WEIGHTS)


def citation(name: str) -> str:
    """Return where a method was published.

    Parameters
    ----------
    name : str
        One of `method_names`.

    >>> citation("pos").split(",")[0]
    'W. Wang'
    """
    return _entry(name).citation


def needs(name: str) -> str:
    """Return what a video must have for a method, in a few words.

    Parameters
    ----------
    name : str
        One of `method_names`.

    >>> needs("pos"), needs("green")
    ('colour', 'any light')
    """
    return _entry(name).needs


@cache
def _entry(name: str) -> MethodEntry:
    if name in _ENTRIES:  # a plug-in does not take the place of a method of ours
        module, attribute = _ENTRIES[name].split(":")
        found = getattr(import_module(module), attribute)
    elif name in plugins(GROUP):
        found = load_plugin(GROUP, name, MethodEntry)
    else:
        raise UsageError(f"no method named {name!r}; there are: {', '.join(method_names())}")
    if not isinstance(found, MethodEntry):  # a module's slip, not a user's
        raise TypeError(f"{name}: {type(found).__name__} is no MethodEntry")
    return found


def get_method(
    name: str,
    *,
    weights: str | Path | None = None,
    precision: str = "f32",
    threads: int | None = None,
) -> Method:
    """Make a method ready to run.

    Parameters
    ----------
    name : str
        One of `method_names`.
    weights : path or None
        A network of this method; None: the one shipped with the package, which only
        ``sspd`` has.
    precision : str
        Of the network's arithmetic, see `sspd.network.load_network`.
    threads : int or None
        Processor threads of the network; None: the runtime's own choice.

    Raises
    ------
    UsageError
        No such method, weights for a method that has none, or none for one that needs them.
    WeightsError
        Weights that cannot be used.

    >>> get_method("green").fs
    30.0
    >>> get_method("green", weights="mine.onnx")
    Traceback (most recent call last):
        ...
    sspd.errors.UsageError: the method 'green' uses no weights; --weights is for networks
    """
    entry = _entry(name)
    if takes_weights(name):
        made = entry.build(weights=weights, precision=precision, threads=threads)
    elif weights is not None:
        raise UsageError(f"the method {name!r} uses no weights; --weights is for networks")
    else:
        made = entry.build()
    if not isinstance(made, Method):  # a module's slip, not a user's
        raise TypeError(f"{name}: build() gave {type(made).__name__}, not Method")
    return made
