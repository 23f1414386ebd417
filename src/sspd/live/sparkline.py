"""A waveform as text: dots of Braille in a terminal, signs of ASCII elsewhere."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sspd.types import Signal

#: Dots of a Braille character (Unicode 15, 21.1), by column and by row from the top.
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_BRAILLE, _ROWS, _COLUMNS = 0x2800, 4, 2
#: Heights of ASCII signs, from low to high.
_SIGNS = "_.-'^"


def _columns(signal: Signal, n: int) -> NDArray[np.float64]:
    """Heights of n columns, 0 to 1; NaN where there is nothing. The newest is at the right."""
    values = np.full(n, np.nan)
    known = signal.values[np.isfinite(signal.values)]
    if known.size < 2 or not np.ptp(known) > 0:
        return values
    at = np.linspace(0, len(signal) - 1, n)
    values = np.interp(at, np.arange(len(signal)), signal.values)
    # the newest half second is not settled yet, and may lie far off: it must not set the scale
    low, high = np.percentile(known, [5, 95])
    margin = 0.2 * (high - low)
    span = max(high - low + 2 * margin, 1e-12)
    return np.asarray(np.clip((values - low + margin) / span, 0, 1))


def braille(signal: Signal | None, width: int, height: int) -> list[str]:
    """Draw a waveform with dots, two by four a character.

    Parameters
    ----------
    signal : Signal or None
        NaN leaves a gap.
    width, height : int
        Characters.

    Returns
    -------
    list of str
        Lines, from the top.

    >>> wave = Signal(np.sin(np.arange(40) / 3), 30.0)
    >>> [len(line) for line in braille(wave, 12, 3)]
    [12, 12, 12]
    >>> braille(None, 3, 1)
    ['   ']
    """
    if signal is None or not len(signal):
        return [" " * width] * height
    heights = _columns(signal, _COLUMNS * width)
    codes = np.zeros((height, width), np.int64)
    rows = _ROWS * height - 1
    before: int | None = None
    for x, value in enumerate(heights):
        if not np.isfinite(value):
            before = None
            continue
        y = rows - round(float(value) * rows)
        low, high = (y, y) if before is None else (min(y, before), max(y, before))
        for each in range(low, high + 1):  # joined by a line, as a pen would
            codes[each // _ROWS, x // _COLUMNS] |= _DOTS[x % _COLUMNS][each % _ROWS]
        before = y
    return ["".join(chr(_BRAILLE + code) if code else " " for code in row) for row in codes]


def signs(signal: Signal | None, width: int) -> str:
    """Draw a waveform as one line of ASCII.

    Parameters
    ----------
    signal : Signal or None
    width : int
        Characters.

    Returns
    -------
    str

    >>> signs(Signal(np.linspace(0, 1, 30), 30.0), 5)
    "_.-'^"
    """
    if signal is None or not len(signal):
        return " " * width
    top = len(_SIGNS) - 1
    return "".join(
        " " if not np.isfinite(value) else _SIGNS[round(float(value) * top)]
        for value in _columns(signal, width)
    )


def bar(share: float, width: int, *, full: str = "━", empty: str = " ") -> str:
    """Draw a bar.

    Parameters
    ----------
    share : float
        Its filled part; what is outside of 0 to 1 is cut.
    width : int
        Characters.
    full, empty : str
        One character each.

    Returns
    -------
    str

    >>> bar(0.5, 4, full="#", empty=".")
    '##..'
    """
    n = round(min(1.0, max(0.0, share)) * width)
    return full * n + empty * (width - n)
