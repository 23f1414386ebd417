"""Registry of methods, of this package and of other packages.

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
#: Name to module and object, which is loaded when the method is used.
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
    """Return the names of all methods, including those of other packages, sorted.

    Returns
    -------
    tuple of str

    >>> method_names()[:4]
    ('2sr', 'can', 'chrom', 'contrast-phys')
    """
    return tuple(sorted({*_ENTRIES, *plugins(GROUP)}))


def takes_weights(name: str) -> bool:
    """Return whether a method is a network that can be given weights.

    Parameters
    ----------
    name : str
        One of `method_names`.

    Returns
    -------
    bool

    >>> takes_weights("physnet"), takes_weights("pos")
    (True, False)
    """
    return needs(name).startswith(WEIGHTS)


def citation(name: str) -> str:
    """Return the publication of a method.

    Parameters
    ----------
    name : str
        One of `method_names`.

    Returns
    -------
    str
        Authors, title, venue, year.

    >>> citation("pos").split(",")[0]
    'W. Wang'
    """
    return _entry(name).citation


def needs(name: str) -> str:
    """Return the requirement of a method on the video.

    Parameters
    ----------
    name : str
        One of `method_names`.

    Returns
    -------
    str
        ``colour``, ``any light``, or a text that begins with ``weights``.

    >>> needs("pos"), needs("green")
    ('colour', 'any light')
    """
    return _entry(name).needs


@cache
def _entry(name: str) -> MethodEntry:
    if name in _ENTRIES:  # a plug-in cannot replace a method of this package
        module, attribute = _ENTRIES[name].split(":")
        found = getattr(import_module(module), attribute)
    elif name in plugins(GROUP):
        found = load_plugin(GROUP, name, MethodEntry)
    else:
        raise UsageError(f"no method named {name!r}; there are: {', '.join(method_names())}")
    if not isinstance(found, MethodEntry):  # an error in the module, not in the user's input
        raise TypeError(f"{name}: {type(found).__name__} is no MethodEntry")
    return found


def get_method(
    name: str,
    *,
    weights: str | Path | None = None,
    precision: str = "f32",
    threads: int | None = None,
) -> Method:
    """Load a method, ready to run.

    Parameters
    ----------
    name : str
        One of `method_names`.
    weights : path or None
        A weights file of this method; None means the weights shipped with the package, which
        only ``sspd`` has.
    precision : str
        Arithmetic precision of the network, see `sspd.network.load_network`.
    threads : int or None
        Number of inference threads; None leaves it to the runtime.

    Returns
    -------
    Method

    Raises
    ------
    UsageError
        There is no such method, weights are given for a method without a network, or none
        are given for a network that needs them.
    WeightsError
        The weights cannot be used.

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
    if not isinstance(made, Method):  # an error in the module, not in the user's input
        raise TypeError(f"{name}: build() gave {type(made).__name__}, not Method")
    return made
