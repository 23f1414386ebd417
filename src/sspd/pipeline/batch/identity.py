"""Everything beside the video that a result depends on, as data that a later run can compare."""

from __future__ import annotations

from typing import Any

from sspd.errors import WeightsError
from sspd.methods.method import Method
from sspd.types import MeasureOptions
from sspd.utils.content import file_digest
from sspd.version import package_version


def identity(options: MeasureOptions, method: Method) -> dict[str, Any]:
    """Return all that a result depends on beside the video: options, weights, version.

    Parameters
    ----------
    options : MeasureOptions
    method : Method
        What `sspd.pipeline.load_method` gave.

    Returns
    -------
    dict
        JSON types. The weights are given by their content, not by their path.

    Raises
    ------
    WeightsError
        The weights cannot be read.

    >>> from sspd.pipeline.loading import load_method
    >>> options = MeasureOptions(method="pos")
    >>> identity(options, load_method(options))["weights_sha256"] is None
    True
    """
    made_of = options.to_dict()
    made_of["weights"] = method.weights
    made_of["weights_sha256"] = weights_digest(options) if method.weights is not None else None
    return made_of | {"version": package_version()}


def weights_digest(options: MeasureOptions) -> str:
    """Return the SHA-256 of the weights that options name, as this machine has them.

    Parameters
    ----------
    options : MeasureOptions

    Returns
    -------
    str

    Raises
    ------
    WeightsError
        They cannot be read.

    >>> len(weights_digest(MeasureOptions()))
    64
    """
    from sspd.network.load import find_weights

    path = find_weights(options.weights)
    try:
        return file_digest(path)
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read ({error.strerror})") from error
