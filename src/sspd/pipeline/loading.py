"""The method of a measurement, loaded and checked before anything else begins."""

from __future__ import annotations

from sspd.errors import UsageError
from sspd.methods import Method, get_method
from sspd.types import MeasureOptions
from sspd.vitals.confidence import check_terms


def load_method(options: MeasureOptions, threads: int | None = None) -> Method:
    """Load the method that options name.

    Parameters
    ----------
    options : MeasureOptions
    threads : int or None
        See `sspd.get_method`.

    Returns
    -------
    Method

    Raises
    ------
    SSPDError
        See `sspd.get_method`.
    """
    method = get_method(
        options.method, weights=options.weights, precision=options.precision, threads=threads
    )
    return checked_method(method, options)


def checked_method(method: Method | None, options: MeasureOptions) -> Method:
    """Return a method, or load the one that options name, its confidence checked.

    Parameters
    ----------
    method : Method or None
    options : MeasureOptions

    Returns
    -------
    Method

    Raises
    ------
    SSPDError
        See `load_method`; the confidence has terms of another version, or there is none
        although ``options`` need one.
    """
    if method is None:
        return load_method(options)
    if method.confidence is not None:
        check_terms(method.confidence)  # now, not after an hour of video
    elif options.min_confidence is not None or options.smooth:
        raise UsageError(
            f"{method.name} has no calibrated confidence, which min_confidence and smooth need;"
            " sspd with its own weights has one, and `sspd calibrate` makes one"
        )
    return method
