"""Tracking of a changing heart rate inside one window, and resampling to beat time.

A heart that speeds up or slows down has no sharp line in the spectrum of half a minute. Its
rate is tracked instead: the ridge of a short-time spectrum near the rate that was read, found
by dynamic programming (as pitch trackers do; Ney, "Dynamic programming algorithm for optimal
estimation of speech parameter contours", IEEE Trans. SMC 1983). Resampled to equal steps of
the beat (order tracking), the waveform has a constant rate and a sharp line again, to which
all other read-outs apply.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

#: Length of the sections of the short-time spectrum, and time between their starts, seconds.
SECTION_S, HOP_S = 8.0, 0.5
#: The rate is searched within these multiples of the rate that was read, and within `TRACK_HZ`.
SPAN = (0.62, 1.6)
TRACK_HZ = (0.5, 3.8)
#: Spacing of the candidate rates, Hz.
RATE_GRID_HZ = 0.5 / 60
#: Fastest change of the rate that is allowed, Hz per second (15 bpm per second).
FASTEST_CHANGE = 0.25
#: A change of `USUAL_CHANGE`, Hz per second, costs `CHANGE_COST`, in units of the natural
#: logarithm of the amplitude; the cost grows with the square of the change.
USUAL_CHANGE, CHANGE_COST = 0.06, 0.15
#: Amplitudes below this fraction of a section's highest are treated as noise.
AMPLITUDE_FLOOR = 0.05
#: Standard deviation of the Gaussian that smooths the track, seconds.
TRACK_SMOOTH_S = 1.0


@dataclass(frozen=True, eq=False)
class RateTrack:
    """Heart rate at each sample of a window.

    Parameters
    ----------
    f_hz : float64 array, shape (time,)
        Rate, Hz.
    fs : float
        Sampling rate, Hz.

    Examples
    --------
    >>> RateTrack(np.linspace(1.0, 1.5, 300), 30.0).range_bpm
    30.0
    """

    f_hz: NDArray[np.float64]
    fs: float

    @property
    def cycles(self) -> NDArray[np.float64]:
        """Beats since the first sample, shape (time,)."""
        steps = (self.f_hz[1:] + self.f_hz[:-1]) / (2 * self.fs)
        return np.concatenate([[0.0], np.cumsum(steps)])

    @property
    def mean_hz(self) -> float:
        """Number of beats divided by their duration, Hz."""
        cycles = self.cycles
        return float(cycles[-1]) * self.fs / (cycles.size - 1)

    @property
    def range_bpm(self) -> float:
        """Difference of the highest and the lowest rate, beats per minute."""
        return 60 * float(np.ptp(self.f_hz))

    def on_beat_clock(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Resample rows from equal steps of time to equal steps of the beat.

        Parameters
        ----------
        rows : float64 array, shape (time, ...)

        Returns
        -------
        float64 array, shape (time, ...)
            Of the same length; a component at the tracked rate becomes one at `mean_hz`.
        """
        cycles = self.cycles
        even = np.linspace(0.0, cycles[-1], cycles.size)
        at = np.interp(even, cycles, np.arange(cycles.size))
        first = np.minimum(at.astype(int), cycles.size - 2)
        share = (at - first).reshape(-1, *[1] * (rows.ndim - 1))
        return np.asarray(rows[first] * (1 - share) + rows[first + 1] * share)


def track_rate(values: NDArray[np.float64], fs: float, f_hz: float) -> RateTrack:
    """Track the heart rate through one window.

    Parameters
    ----------
    values : float64 array, shape (time,)
        Band-passed waveform, 4 s or more.
    fs : float
        Sampling rate, Hz.
    f_hz : float
        Rate that was read from the whole window, Hz.

    Returns
    -------
    RateTrack

    Examples
    --------
    >>> t = np.arange(900) / 30
    >>> speeding_up = np.sin(2 * np.pi * (1.0 * t + 0.01 * t**2))
    >>> track = track_rate(speeding_up, 30.0, 1.3)
    >>> round(float(track.f_hz[150]), 1), round(float(track.f_hz[750]), 1)
    (1.1, 1.5)
    """
    low, high = max(TRACK_HZ[0], SPAN[0] * f_hz), min(TRACK_HZ[1], SPAN[1] * f_hz)
    grid = np.arange(low, max(high, low + 4 * RATE_GRID_HZ), RATE_GRID_HZ)
    starts, amplitude = _sections(values, fs, grid)
    peak = np.maximum(amplitude.max(axis=1, keepdims=True), 1e-30)
    ridge = _ridge(np.log(amplitude / peak + AMPLITUDE_FLOOR), HOP_S)
    at = np.interp(np.arange(values.size), starts, grid[ridge])
    smooth = scipy.ndimage.gaussian_filter1d(at, TRACK_SMOOTH_S * fs, mode="nearest")
    return RateTrack(np.asarray(smooth, np.float64), fs)


def _sections(
    values: NDArray[np.float64], fs: float, grid: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the middle of each section, samples, and its amplitudes, (sections, rates)."""
    n = min(round(SECTION_S * fs), values.size)
    window = np.hanning(n + 2)[1:-1]
    middles = np.arange(0, values.size, max(1, round(HOP_S * fs)))
    padded = np.pad(values, (n // 2, n))  # a section at an edge is half empty
    parts = np.lib.stride_tricks.sliding_window_view(padded, n)[middles] * window
    n_fft = scipy.fft.next_fast_len(max(2 * n, int(np.ceil(fs / RATE_GRID_HZ))), real=True)
    freqs = scipy.fft.rfftfreq(n_fft, 1 / fs)
    keep = (freqs >= grid[0] - 0.1) & (freqs <= grid[-1] + 0.1)
    spectra = np.abs(scipy.fft.rfft(parts, n_fft, axis=1))[:, keep] * np.sqrt(freqs[keep])
    rows = [np.interp(grid, freqs[keep], row) for row in spectra]
    return middles.astype(np.float64), np.stack(rows)


def _ridge(gain: NDArray[np.float64], hop_s: float) -> NDArray[np.int64]:
    """Return the index of the rate in each section on the path of highest gain minus cost.

    Parameters
    ----------
    gain : float64 array, shape (sections, rates)
    """
    reach = round(FASTEST_CHANGE * hop_s / RATE_GRID_HZ)
    changes = np.arange(-reach, reach + 1) * RATE_GRID_HZ / hop_s
    cost = CHANGE_COST * (changes / USUAL_CHANGE) ** 2
    best, came_from = gain[0], np.empty(gain.shape, np.int64)
    for k, row in enumerate(gain[1:], start=1):
        padded = np.pad(best, reach, constant_values=-np.inf)
        options = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1) - cost
        chosen = options.argmax(axis=1)
        came_from[k] = np.arange(row.size) + chosen - reach
        best = options[np.arange(row.size), chosen] + row
    path = [int(best.argmax())]
    for k in range(gain.shape[0] - 1, 0, -1):
        path.append(int(came_from[k, path[-1]]))
    return np.array(path[::-1])
