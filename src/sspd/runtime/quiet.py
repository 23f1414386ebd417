"""OpenVINO, imported without a word to anybody."""

from __future__ import annotations

import sys
from typing import Any

#: What tells OpenVINO's makers over the internet that somebody imported it. Where it is not
#: installed OpenVINO does without.
_TELLS = "openvino_telemetry"


def import_openvino() -> Any:
    """OpenVINO; films and whoever measures them are nobody's business.

    Its import starts a process that reports to a web address, whatever is then done with
    it, unless the user has forbidden that in a file of his own. Who imported OpenVINO
    before us has decided for himself.

    Returns
    -------
    module

    Examples
    --------
    >>> import_openvino().__name__
    'openvino'
    """
    if _TELLS in sys.modules:
        import openvino

        return openvino
    sys.modules[_TELLS] = None  # type: ignore[assignment]
    try:
        import openvino
    finally:
        sys.modules.pop(_TELLS, None)  # another thread may have done so
    return openvino
