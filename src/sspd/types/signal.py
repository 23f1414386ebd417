"""A waveform with its sampling rate and start time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Signal:
    """Uniformly sampled waveform.

    Parameters
    ----------
    values : float64 array, shape (time,)
    fs : float
        Sampling rate, Hz.
    start_s : float
        Time of the first sample, seconds.

    >>> signal = Signal(np.zeros(300), fs=30.0, start_s=1.0)
    >>> signal, signal.duration_s
    (Signal(300 samples at 30 Hz from 1 s), 10.0)
    """

    values: NDArray[np.float64]
    fs: float
    start_s: float = 0.0

    def __post_init__(self) -> None:
        if self.values.ndim != 1:
            raise ValueError(f"Signal: values must be one-dimensional, got {self.values.shape}")
        if not self.fs > 0:
            raise ValueError(f"Signal: fs must be positive, got {self.fs}")

    def __repr__(self) -> str:
        return f"Signal({len(self)} samples at {self.fs:g} Hz from {self.start_s:g} s)"

    def __len__(self) -> int:
        return int(self.values.shape[0])

    @property
    def t(self) -> NDArray[np.float64]:
        """Time of each sample, seconds, shape (time,)."""
        return self.start_s + np.arange(len(self)) / self.fs

    @property
    def duration_s(self) -> float:
        """Number of samples divided by the rate, seconds."""
        return len(self) / self.fs

    def between(self, start_s: float, end_s: float) -> Signal:
        """Return the samples with ``start_s <= t < end_s``.

        Parameters
        ----------
        start_s, end_s : float
            Seconds.

        Returns
        -------
        Signal
            Empty if there are no such samples.
        """
        keep = (self.t >= start_s - 1e-9) & (self.t < end_s - 1e-9)
        first = float(self.t[keep][0]) if keep.any() else start_s
        return Signal(self.values[keep], self.fs, first)
