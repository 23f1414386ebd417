"""What a method is, and the table of those there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from sspd.containers import Frames, Signal
from sspd.errors import UsageError
from sspd.recipes.network import ConfidenceSpec

#: Name -> module, loaded on use. A module holds ``CITATION`` and ``build``.
_MODULES = {
    "2sr": "sspd.methods.ssr",
    "can": "sspd.methods.can",
    "chrom": "sspd.methods.chrom",
    "contrast-phys": "sspd.methods.contrast_phys",
    "deepphys": "sspd.methods.deepphys",
    "efficientphys": "sspd.methods.efficientphys",
    "green": "sspd.methods.green",
    "hr-cnn": "sspd.methods.hr_cnn",
    "ica": "sspd.methods.ica",
    "lgi": "sspd.methods.lgi",
    "omit": "sspd.methods.omit",
    "pbv": "sspd.methods.pbv",
    "pca": "sspd.methods.pca",
    "physformer": "sspd.methods.physformer",
    "physnet": "sspd.methods.physnet",
    "pos": "sspd.methods.pos",
    "remotephys": "sspd.methods.remotephys",
    "sinc": "sspd.methods.sinc",
    "sspd": "sspd.methods.sspd",
}
#: What a method needs of a film: three colours that differ, or any light (also infrared).
COLOUR, ANY_LIGHT = "colour", "any light"
#: What the needs of networks begin with.
WEIGHTS = "weights"


@dataclass(frozen=True)
class Method:
    """A way from faces to a waveform.

    Parameters
    ----------
    name : str
    citation : str
        Where it was published.
    fs : float
        Rate of the waveforms it gives, Hz.
    size : int
        Side of the face crops it wants, pixels.
    run : callable
        Face crops of one fixed box, in pieces of any length (an iterable of `Frames`,
        in order, none twice), become a `Signal` that rises with the blood volume, or
        None where there are too few pictures for one. It takes a piece when it has
        served the one before, so that a long film is never held whole.
    weights : str or None
        Name of the weights it uses; None: it uses none.
    confidence : ConfidenceSpec or None
        How the evidence for its readings is weighed; None: not calibrated.
    needs : str
        What a film must have. A method of colour gives a flat line for a grey film.
    prepare : callable or None
        Does beforehand what the first pictures would wait for.
    """

    name: str
    citation: str
    fs: float
    size: int
    run: Callable[[Iterable[Frames]], Signal | None]
    weights: str | None = None
    confidence: ConfidenceSpec | None = None
    needs: str = COLOUR
    prepare: Callable[[], object] | None = None


def method_names() -> tuple[str, ...]:
    """Names of all methods, sorted.

    >>> method_names()[:4]
    ('2sr', 'can', 'chrom', 'contrast-phys')
    """
    return tuple(sorted(_MODULES))


def takes_weights(name: str) -> bool:
    """Whether a method is a network, whose weights can be given.

    >>> takes_weights("physnet"), takes_weights("pos")
    (True, False)
    """
    return needs(name).startswith(WEIGHTS)


def citation(name: str) -> str:
    """Where a method was published.

    >>> citation("pos").split(",")[0]
    'W. Wang'
    """
    return str(import_module(_module(name)).CITATION)


def needs(name: str) -> str:
    """What a film must have for a method, in a few words.

    >>> needs("pos"), needs("green")
    ('colour', 'any light')
    """
    return str(getattr(import_module(_module(name)), "NEEDS", COLOUR))


def _module(name: str) -> str:
    if name not in _MODULES:
        raise UsageError(f"no method named {name!r}; there are: {', '.join(method_names())}")
    return _MODULES[name]


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
        Of the network's arithmetic, see `sspd.runtime.load_network`.
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
    module = import_module(_module(name))
    if takes_weights(name):
        made = module.build(weights=weights, precision=precision, threads=threads)
    elif weights is not None:
        raise UsageError(f"the method {name!r} uses no weights; --weights is for networks")
    else:
        made = module.build()
    if not isinstance(made, Method):  # a module's slip, not a user's
        raise TypeError(f"{module.__name__}.build() gave {type(made).__name__}, not Method")
    return made
