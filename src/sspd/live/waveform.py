"""The last minute of a live waveform, with its beats and breathing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sspd.signal import join_signals
from sspd.types import Respiration, Signal, Update, WindowVitals
from sspd.vitals import analyze_beats

#: Length of the waveform that is kept, seconds: breathing needs half a minute.
KEPT_S = 60.0
#: Time between two analyses of the beats, seconds.
ANALYZE_S = 2.0


class LiveWaveform:
    """A waveform that grows at its end by what updates bring, and is forgotten at its start.

    Beats and breathing are those of the accepted windows alone.
    """

    def __init__(self) -> None:
        self.signal: Signal | None = None
        """The last minute, NaN where there was no face."""
        self.beats_s: NDArray[np.float64] = np.zeros(0)
        """Times of the beats in it, seconds."""
        self.respiration = Respiration(None, reason="no accepted stretch")
        self._windows: list[WindowVitals] = []
        self._next_s = -np.inf

    def add(self, update: Update) -> None:
        """Add what an update brings.

        Parameters
        ----------
        update : Update
        """
        if update.signal is not None:
            self.signal = _joined([self.signal, update.signal])
        if update.window is not None and update.window.accepted:
            self._windows.append(update.window)
        if self.signal is None:
            return
        start_s = self.signal.start_s
        self._windows = [each for each in self._windows if each.start_s >= start_s - 1e-6]
        if update.time_s >= self._next_s:
            self._next_s = update.time_s + ANALYZE_S
            self._analyze()

    def _analyze(self) -> None:
        rhythm = analyze_beats(self.signal, self._windows)
        self.beats_s, self.respiration = rhythm.beats_s, rhythm.respiration

    def last(self, length_s: float) -> Signal | None:
        """Return the last seconds of the waveform.

        Parameters
        ----------
        length_s : float
            Seconds.

        Returns
        -------
        Signal or None
        """
        if self.signal is None:
            return None
        end_s = self.signal.start_s + self.signal.duration_s
        return self.signal.between(end_s - length_s, np.inf)


def _joined(parts: Sequence[Signal | None]) -> Signal:
    whole = join_signals([part for part in parts if part is not None and len(part)])
    end_s = whole.start_s + whole.duration_s
    return whole.between(end_s - KEPT_S, np.inf)
