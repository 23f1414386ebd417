"""Equalizer of a network's waveform, as data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sspd.errors import UsageError
from sspd.utils import schema

#: Most taps of an equalizer: 2 s at 60 Hz.
MOST_TAPS = 121
#: Largest absolute tap.
MOST_TAP = 100.0
#: Largest absolute delay that is corrected, seconds.
MOST_DELAY_S = 0.2
#: Key of the delay in files, and that of older files, whose times were late by half a step for
#: each integration.
DELAY_KEY, OLD_DELAY_KEY = "delay_after_integral_s", "delay_s"
#: Range of the gain at `LEVEL_HZ`: neither inverts nor removes the pulse.
LEVEL_HZ, LEVEL_GAIN = 1.0, (0.05, 20.0)


@dataclass(frozen=True)
class EqualizerSpec:
    """Linear-phase filter that turns a network's waveform into a pulse, and the waveform's delay.

    Examples
    --------
    >>> EqualizerSpec((0.25, 0.5, 0.25), delay_s=0.02).gain([0.0, 15.0], fs=30.0).round(3)
    array([1., 0.])
    """

    taps: tuple[float, ...]
    """Coefficients at the network's rate: an odd number, symmetric about the middle one."""
    delay_s: float = 0.0
    """Time by which the network's waveform, integrated without delay, follows the blood volume,
    seconds; below 0 if it is early. It belongs to the times of the waveform
    (`NetworkSpec.lag_steps`), not to the filter."""

    def __post_init__(self) -> None:
        n = len(self.taps) if isinstance(self.taps, tuple) else 0
        if not (n % 2 and n <= MOST_TAPS):
            raise UsageError(f"equalizer: taps must be an odd number of up to {MOST_TAPS}, got {n}")
        for tap in self.taps:
            schema.number("equalizer: a tap", tap, -MOST_TAP, MOST_TAP)
        if self.taps != self.taps[::-1]:
            raise UsageError("equalizer: taps must be symmetric, the first like the last")
        schema.number("equalizer: delay_s", self.delay_s, -MOST_DELAY_S, MOST_DELAY_S)

    def gain(self, freqs_hz: Any, fs: float) -> Any:
        """Return the filter's gain, which is real: below 0 the sign is inverted.

        Parameters
        ----------
        freqs_hz : array, shape (n,)
        fs : float
            The network's rate, Hz.

        Returns
        -------
        float64 array, shape (n,)
        """
        taps = np.asarray(self.taps, np.float64)
        steps = np.arange(taps.size) - taps.size // 2
        return np.cos(2 * np.pi / fs * np.multiply.outer(np.asarray(freqs_hz), steps)) @ taps

    def check_gain(self, fs: float) -> None:
        """Raise an error for a filter that inverts or removes the pulse.

        Parameters
        ----------
        fs : float
            The network's rate, Hz.

        Raises
        ------
        UsageError
        """
        level = float(self.gain(LEVEL_HZ, fs))
        schema.number(f"equalizer: gain at {LEVEL_HZ:g} Hz", level, *LEVEL_GAIN)

    def to_dict(self) -> dict[str, Any]:
        """Return the specification as plain types for JSON.

        Returns
        -------
        dict
            Taps and `DELAY_KEY`.
        """
        return {"taps": self.taps, DELAY_KEY: self.delay_s}

    @classmethod
    def from_dict(cls, data: Any, counted_s: float = 0.0) -> EqualizerSpec:
        """Build a specification from a dictionary, such as one read from JSON.

        Parameters
        ----------
        data : dict
            As from `to_dict`. Older ones have ``delay_s``, relative to the times of that version.
        counted_s : float
            What the times of that version were late, seconds; an older delay lacks it.

        Returns
        -------
        EqualizerSpec

        Raises
        ------
        UsageError
            A value is missing, unknown, or out of range.

        >>> facts = EqualizerSpec((0.0, 1.0, 0.0), delay_s=0.01).to_dict()
        >>> EqualizerSpec.from_dict(facts).delay_s
        0.01
        >>> round(EqualizerSpec.from_dict({"taps": [1.0], "delay_s": 0.01}, 0.03).delay_s, 6)
        -0.02
        """
        found = schema.table("equalizer settings", data, {"taps", DELAY_KEY, OLD_DELAY_KEY})
        taps = found.get("taps")
        if not isinstance(taps, list | tuple):
            raise UsageError("equalizer: taps must be a list of numbers")
        if DELAY_KEY in found or OLD_DELAY_KEY not in found:
            return cls(tuple(taps), found.get(DELAY_KEY, 0.0))
        older = cls(tuple(taps), found[OLD_DELAY_KEY])
        return replace(older, delay_s=older.delay_s - counted_s)
