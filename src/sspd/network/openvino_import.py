"""OpenVINO, imported without telemetry."""

from __future__ import annotations

import sys
from threading import Lock
from typing import Any

import numpy as np

#: Package that reports each import to OpenVINO's makers over the internet; OpenVINO works
#: without it.
_TELEMETRY = "openvino_telemetry"
_ONE_IMPORTS = Lock()


def import_without_telemetry() -> Any:
    """Import OpenVINO without its report to its makers.

    Its import starts a process that reports to a web address, whatever is then done with
    it, unless the user has forbidden that in a file of their own. A program that imported
    OpenVINO before has decided for itself.

    Returns
    -------
    module

    Examples
    --------
    >>> import_without_telemetry().__name__
    'openvino'
    """
    with _ONE_IMPORTS:
        openvino = _imported()
        # What first looks at numpy's arrays waits, Python's lock in its hands, for another
        # thread that does so and wants that lock: both for ever, if they meet (pybind11).
        openvino.op.Constant(np.zeros(1, np.float32)).get_data()
    return openvino


def _imported() -> Any:
    if _TELEMETRY in sys.modules:
        import openvino

        return openvino
    sys.modules[_TELEMETRY] = None  # type: ignore[assignment]
    try:
        import openvino
    finally:
        sys.modules.pop(_TELEMETRY, None)
    return openvino
