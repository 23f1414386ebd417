"""One switch for everything that exists only for speed or memory.

``SSPD_ACCEL=off`` replaces each trick by its plain twin: the same answers to rounding, slower
and in more memory. It is for finding out whether a trick is to blame, and for reading the code
without them. What is switched off:

===============================  ================================================
trick                            plain twin
===============================  ================================================
graphs rewritten for OpenVINO    the network as it was exported
streaming with a state           chunks that overlap, each run from its beginning
precision ``auto``               ``f32`` (``int8`` and ``bf16`` are still the user's choice)
arrays that are used again       ``numpy.empty``
trimmed heap, tuned process      nothing
background threads               the same work, done at once
torch norms and convolutions     ``torch.nn``'s own
===============================  ================================================
"""

from __future__ import annotations

import os

from sspd.errors import UsageError

#: The environment variable that is read.
VARIABLE = "SSPD_ACCEL"
_ON, _OFF = ("", "1", "on", "yes"), ("0", "no", "off")


def enabled() -> bool:
    """Return whether tricks for speed and memory are used.

    The environment is read at each call, so that a test may change it.

    Returns
    -------
    bool
        False where `VARIABLE` is ``off``, ``0`` or ``no``.

    Raises
    ------
    UsageError
        It is something else than those, ``on``, ``1``, ``yes`` or empty.

    Examples
    --------
    >>> enabled() in (True, False)
    True
    """
    value = os.environ.get(VARIABLE, "").strip().lower()
    if value in _ON:
        return True
    if value in _OFF:
        return False
    raise UsageError(f"{VARIABLE} is on or off (also 1, yes, 0, no), not {value!a}")
